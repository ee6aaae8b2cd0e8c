// Restores a backup of each version of PostgreSQL in each other one, and compares the counts and hashes of all tables. The
// versions come from npm packages. Prints a table. Linux on x64 only, and `npm run build` before.
//
//   npm run test:versions:backup -- [15,16,17,18]
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { openPromise } from "yauzl";
import { installPostgres, postgresVersions, root } from "./packages.mjs";
import { startPostgres } from "./postgres.mjs";

const versions = (process.argv[2] ?? "15,16,17,18").split(",");
const print = (line) => process.stdout.write(`${line}\n`);
const temporary = mkdtempSync(join(tmpdir(), "moego-versions-"));
// PostgreSQL may run as another user.
chmodSync(temporary, 0o755);

const secrets = {
  SECRET_KEY: Buffer.alloc(32, 7).toString("base64"),
  PAGE_TOKEN_SECRET: "page-token-secret-of-the-versions",
};
const servers = new Map();

function moego(words, databaseUrl) {
  const env = { PATH: process.env.PATH, DATABASE_URL: databaseUrl, SEED_DEMO: "1", ...secrets };
  return execFileSync(process.execPath, [join(root, "bin/moego.js"), ...words], { env, encoding: "utf8" });
}

async function newDatabase(version, name) {
  const { url } = servers.get(version);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  return url.replace(/\/postgres$/, `/${name}`);
}

/** The number and the hash of the rows of each table. */
async function tablesOf(file) {
  const zip = await openPromise(file, { lazyEntries: true, autoClose: false });
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName !== "manifest.json") continue;
    const chunks = await (await zip.openReadStreamPromise(entry)).toArray();
    zip.close();
    const { tables } = JSON.parse(Buffer.concat(chunks).toString());
    return JSON.stringify(tables.map(({ name, rows, digest, sha256 }) => [name, rows, digest, rows < 2 && sha256]));
  }
  throw new Error(`${file} has no manifest`);
}

let failures = 0;
try {
  for (const version of versions) {
    const folder = installPostgres(join(temporary, `postgresql-${version}`), version);
    servers.set(version, await startPostgres(folder, join(folder, "data"), ["fsync=off"]));
  }
  const [first] = versions;
  const seeded = await newDatabase(first, "seeded");
  moego(["seed"], seeded);
  const original = join(temporary, "original.moego");
  moego(["backup", original], seeded);
  print("| From | To | By | Same rows |\n|---|---|---|---|");
  for (const from of versions) {
    const source = await newDatabase(from, "source");
    moego(["restore", original], source);
    const file = join(temporary, `of-${from}.moego`);
    moego(["backup", file], source);
    for (const to of versions) {
      for (const way of ["restore", "move"]) {
        const target = await newDatabase(to, `${way}_from_${from}`);
        if (way === "restore") moego(["restore", file], target);
        else moego(["move", "--from", source, "--keep-writable"], target);
        const result = join(temporary, `${way}-${from}-${to}.moego`);
        moego(["backup", result], target);
        const same = (await tablesOf(result)) === (await tablesOf(original));
        if (!same) failures += 1;
        print(`| ${postgresVersions[from]} | ${postgresVersions[to]} | ${way} | ${same ? "yes" : "NO"} |`);
      }
    }
  }
} finally {
  for (const server of servers.values()) await server.stop();
  rmSync(temporary, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;
