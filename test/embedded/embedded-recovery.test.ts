import { appendFile, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { startEmbeddedPostgres } from "../../src/db/embedded/embedded-postgres.js";
import { compileChild, runChild } from "../support/child.js";
import { isAlive, newFolder, postmasterPid, query, start, withBinaries } from "../support/embedded-cluster.js";

describe("embedded PostgreSQL in races and after crashes", () => {
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

  it("spares a server that lives but cannot be joined yet, whatever the log says of outlived processes", async () => {
    const dataDir = await newFolder(0o755);
    const { folder, ownerUrl } = await start(dataDir);
    const server = await postmasterPid(folder);
    const file = join(folder, "data/postmaster.pid");
    const ready = await readFile(file, "utf8");
    await writeFile(file, ready.replace("ready", "starting"));
    const log = join(folder, "server.log");
    const line = "FATAL:  pre-existing shared memory block (key 1, ID 1) is still in use\n";
    const others = setInterval(() => void appendFile(log, line), 20);
    try {
      const joining = start(dataDir);
      await sleep(4_000);
      await writeFile(file, ready);
      expect(await joining).toMatchObject({ started: false, ownerUrl });
    } finally {
      clearInterval(others);
    }
    expect(await postmasterPid(folder)).toBe(server);
    expect(await query(ownerUrl, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  it("keeps two files of its log while it runs, the newest lines in the first", async () => {
    const dataDir = await newFolder(0o755);
    const options = { dataDir, logCheckMs: 20 };
    // Two processes would use it as these two do; one of them rotates.
    const [{ folder, ownerUrl }] = await Promise.all([start(dataDir, options), start(dataDir, options)]);
    const log = join(folder, "server.log");
    const wrong = ownerUrl.replace(/:[^:@]+@/, ":wrong@");
    for (const round of ["first", "second"]) {
      await appendFile(log, `${round}\n${"x".repeat(10_000_000)}`);
      await expect.poll(async () => (await stat(log)).size, { timeout: 10_000 }).toBeLessThan(1_000);
      expect((await readFile(`${log}.1`, "utf8")).includes(`${round}\n`)).toBe(true);
      await expect(query(wrong, "SELECT 1")).rejects.toThrow("password");
      // The file begins with what the server appends after it was emptied.
      expect(await readFile(log, "utf8")).toMatch(/^\d{4}-.* FATAL: {2}password authentication failed/);
    }
    expect((await readdir(folder)).toSorted()).toEqual(["data", "lib", "server.log", "server.log.1"]);
  });

  it("does not take what an earlier start wrote into the log for its own failure, and tries no more", async () => {
    const dataDir = await newFolder(0o755);
    const { folder, stop } = await start(dataDir);
    await stop();
    const log = join(folder, "server.log");
    await appendFile(log, "LOG:  could not bind IPv4 address: Address already in use\n");
    await rm(join(folder, "data/global/pg_control"));
    const failure = "could not find the database system";
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(failure);
    expect((await readFile(log, "utf8")).split(failure)).toHaveLength(2);
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
    const program = await compileChild("support/embedded-child.ts", await withBinaries(await newFolder(0o755)));
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
});
