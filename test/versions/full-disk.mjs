// Fills the disk of a database under load, frees it again, and prints what clients saw. Needs root on Linux, to mount a
// small disk in memory, and `npm run build` before.
//
//   npm run test:full-disk
import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import pg from "pg";
import { startPostgres } from "./postgres.mjs";

const root = resolve(import.meta.dirname, "../..");
const diskMiB = 48;
const callsWhileFull = 200;
const callsAfter = 50;

const print = (line) => process.stdout.write(`${line}\n`);
const folder = mkdtempSync(join(tmpdir(), "moego-full-disk-"));
// PostgreSQL may run as another user.
chmodSync(folder, 0o755);
symlinkSync(join(root, "dist"), join(folder, "dist"));
const disk = join(folder, "disk");
mkdirSync(disk);
execFileSync("mount", ["-t", "tmpfs", "-o", `size=${diskMiB}m`, "tmpfs", disk]);

async function query(url, ...statements) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let rows = [];
    for (const statement of statements) ({ rows } = await client.query(statement));
    return rows;
  } finally {
    await client.end();
  }
}

const on = (url, user, database) => Object.assign(new URL(url), { username: user, pathname: `/${database}` }).href;

/** Starts the service and resolves with its address. */
function startService(environment) {
  const env = {
    PATH: process.env.PATH,
    HTTP_PORT: "0",
    GRPC_PORT: "0",
    SEED_DEMO: "1",
    LOG_LEVEL: "error",
    ...environment,
  };
  const child = spawn(process.execPath, [join(root, "dist/bundle/main.js")], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  return new Promise((ready, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk) => {
        output += chunk;
        const [, httpUrl] = /REST, Connect, gRPC-Web +(\S+)/.exec(output) ?? [];
        if (httpUrl) ready({ child, httpUrl });
      });
    child.once("exit", () => reject(new Error(output)));
  });
}

const secret = "demo-key-of-the-test-with-a-full-disk";
const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };

/** HTTP status and reason of a create, and the id of what it created. */
async function create(httpUrl, number) {
  const customer = {
    companyId: "cmp_001",
    preferredBusinessId: "biz_001",
    firstName: "Ada",
    lastName: "x".repeat(40),
    phone: "+12125550111",
  };
  const notes = Array.from({ length: 10 }, () => ({ note: "n".repeat(1_000) }));
  const body = JSON.stringify({ ...customer, email: `a${number}@example.com`, notes });
  const response = await fetch(`${httpUrl}/v1/customers`, { method: "POST", headers, body });
  const answer = await response.json();
  const reason = answer.details?.find((detail) => "reason" in detail)?.reason ?? "";
  return {
    seen: response.ok
      ? "created"
      : `${response.status} ${reason}${reason === "INVALID_REQUEST" ? ` ${answer.message}` : ""}`,
    id: answer.id,
  };
}

async function readStatus(httpUrl, id) {
  return (await fetch(`${httpUrl}/v1/customers/${id}`, { headers })).status;
}

function tally(answers) {
  const counts = new Map();
  for (const { seen } of answers) counts.set(seen, (counts.get(seen) ?? 0) + 1);
  return [...counts].map(([seen, count]) => `${count} ${seen}`).join(", ");
}

let postgres;
let service;
try {
  postgres = await startPostgres(folder);
  const { uid, gid } = statSync(folder);
  const space = join(disk, "space");
  mkdirSync(space);
  chownSync(space, uid, gid);
  await query(
    postgres.url,
    "CREATE ROLE owner_login LOGIN PASSWORD 'password'",
    "CREATE ROLE service_login LOGIN PASSWORD 'password'",
    "CREATE ROLE moego_service NOLOGIN",
    "GRANT moego_service TO service_login",
    `CREATE TABLESPACE small LOCATION '${space}'`,
    "CREATE DATABASE moego OWNER owner_login TABLESPACE small",
  );
  const ownerUrl = on(postgres.url, "owner_login", "moego");
  service = await startService({
    DATABASE_URL: on(postgres.url, "service_login", "moego"),
    DATABASE_MIGRATION_URL: ownerUrl,
    SECRET_KEY: Buffer.alloc(32, 7).toString("base64"),
    PAGE_TOKEN_SECRET: "page-token-secret-of-the-full-disk",
    ...{ DEMO_API_KEY: secret, DEMO_API_KEY_2: `${secret}-2` },
  });
  const { httpUrl } = service;
  const ballast = join(disk, "ballast");
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - 2 * 2 ** 20)));
  const before = [];
  let refused;
  for (let number = 0; refused === undefined; number += 1) {
    const answer = await create(httpUrl, number);
    if (answer.id) before.push(answer);
    else refused = answer;
    if (number > 20_000) throw new Error("The disk did not become full.");
  }
  const during = [refused];
  for (let number = 0; number < callsWhileFull; number += 1) during.push(await create(httpUrl, `full${number}`));
  const reads = await Promise.all(before.slice(0, 20).map(({ id }) => readStatus(httpUrl, id)));
  const ready = await fetch(`${httpUrl}/readyz`);
  rmSync(ballast);
  const after = [];
  for (let number = 0; number < callsAfter; number += 1) after.push(await create(httpUrl, `after${number}`));
  const ids = [...before, ...during, ...after].flatMap(({ id }) => (id ? [id] : []));
  const stored = await query(
    ownerUrl,
    "SELECT id FROM customer WHERE company_id = 'cmp_001' AND last_name LIKE 'xxx%'",
  );
  const lost = ids.filter((id) => !stored.some((row) => row.id === id)).length;
  const unknown = during.filter(({ seen }) => seen !== "created" && seen !== "503 DATABASE_UNAVAILABLE").length;
  print("| When | Creates | Must |\n|---|---|---|");
  print(`| disk with space | ${tally(before)} | created |`);
  print(`| disk full | ${tally(during)} | 503 DATABASE_UNAVAILABLE, or created where a page has room |`);
  print(`| disk full | reads: ${[...new Set(reads)].join(", ")}; /readyz: ${ready.status} | 200; 200 |`);
  print(`| space freed | ${tally(after)} | created |`);
  print(
    `| at the end | ${ids.length} acknowledged, ${lost} lost, ${stored.length - ids.length} more stored | 0 lost, 0 more |`,
  );
  const isGood = [unknown, lost, stored.length - ids.length, reads.filter((status) => status !== 200).length];
  if (before.length === 0 || isGood.some((count) => count !== 0) || after.some(({ id }) => !id) || ready.status !== 200)
    process.exitCode = 1;
} finally {
  service?.child.removeAllListeners("exit").kill("SIGTERM");
  if (service) await new Promise((ended) => service.child.once("exit", ended));
  await postgres?.stop();
  execFileSync("umount", [disk]);
  rmSync(folder, { recursive: true, force: true });
}
