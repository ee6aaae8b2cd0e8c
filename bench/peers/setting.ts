import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import pg from "pg";
import { companyId, customers as smallest, writeCustomers, writeRows } from "../rows.js";
import { say } from "../table.js";

/** What runs keep: the database, earlier builds. Removing it costs some minutes. */
export const keptFolder = resolve(".bench");

/** Makes the customers that are missing of `rows`, with COPY's speed: one statement a table. */
export async function prepareRows(ownerUrl: string, rows: number): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const { rows: found } = await client.query<{ count: number }>(
      "SELECT count(*)::int AS count FROM customer WHERE company_id = $1 AND id LIKE 'cus\\_bench\\_%'",
      [companyId],
    );
    const count = found[0]?.count ?? 0;
    if (count >= rows) return;
    say(`Making ${rows} customers, which are kept in ${keptFolder}.`);
    if (count === 0) await writeRows(ownerUrl, Math.min(rows, smallest));
    if (rows > smallest) await writeCustomers(client, Math.max(count, smallest) + 1, rows);
    await client.query("VACUUM ANALYZE");
  } finally {
    await client.end();
  }
}

/**
 * Runs a start of an earlier build, which refuses a database of a later one: what it does not know is marked as rolled
 * back meanwhile. It serves such a database as in a rolling upgrade, where it was started before the migrations.
 */
export async function withMigrationsOf<T>(folder: string, ownerUrl: string, start: () => Promise<T>): Promise<T> {
  const known = readdirSync(join(folder, "prisma/migrations"));
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  const mark = (value: string) =>
    client.query(`UPDATE _prisma_migrations SET rolled_back_at = ${value} WHERE NOT migration_name = ANY($1)`, [known]);
  try {
    await mark("now()");
    return await start();
  } finally {
    await mark("NULL");
    await client.end();
  }
}

/** Installs what the peers need, with the versions of their lock file. */
export function installPeers(): void {
  const folder = resolve("bench/peers");
  if (existsSync(join(folder, "node_modules/fastify"))) return;
  execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: folder, stdio: "inherit" });
}

/** Builds an earlier commit, with its own packages. Returns its folder. */
export function buildEarlier(revision: string): string {
  const commit = execFileSync("git", ["rev-parse", "--short", revision], { encoding: "utf8" }).trim();
  const folder = join(keptFolder, commit);
  if (existsSync(join(folder, "dist/main.js"))) return folder;
  say(`Building ${commit}.`);
  mkdirSync(folder, { recursive: true });
  const archive = execFileSync("git", ["archive", commit], { maxBuffer: 2 ** 30 });
  execFileSync("tar", ["--extract"], { cwd: folder, input: archive });
  execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: folder, stdio: "inherit" });
  execFileSync("npm", ["run", "--silent", "build"], { cwd: folder, stdio: "inherit" });
  return folder;
}
