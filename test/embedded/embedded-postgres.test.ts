import { rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { keepEmbeddedPostgres } from "../../src/db/embedded/embedded-keeper.js";
import { startEmbeddedPostgres } from "../../src/db/embedded/embedded-postgres.js";
import { migrate } from "../../src/db/migrate/migrate.js";
import { maxPoolSize } from "../../src/db/pool.js";
import { newFolder, postmasterPid, query, start } from "../support/embedded-cluster.js";
import { timed } from "../support/timed.js";

describe("embedded PostgreSQL", () => {
  it("starts cold, keeps what was stored, and starts warm in less than a second", timed, async () => {
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

  it("has room for the largest pool that may be configured, and commands beside it", async () => {
    const { ownerUrl, serviceUrl, superuserUrl } = await start(await newFolder(0o755));
    const limits =
      "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int";
    const [{ room } = {}] = await query(superuserUrl, `${limits} AS room`);
    expect(room).toBeGreaterThan(maxPoolSize + 20);
    const clients = Array.from({ length: 120 }, () => new pg.Client({ connectionString: serviceUrl }));
    try {
      await Promise.all(clients.map((client) => client.connect()));
      expect(await query(ownerUrl, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
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
    onTestFinished(() => kept.stop());
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
    onTestFinished(() => kept.stop());
    const folder = join(dataDir, "postgres");
    await rename(join(folder, "data/global/pg_control"), join(folder, "pg_control"));
    const refused = kept.failed.catch((error: unknown) => String(error));
    process.kill(await postmasterPid(folder), "SIGKILL");
    expect(await refused).toMatch(/keeps stopping\. See its log: .*server\.log/);
  }, 60_000);

  it("is not stopped by its starter while somebody else is connected", async () => {
    const first = await start(await newFolder(0o755));
    const other = new pg.Client({ connectionString: first.serviceUrl });
    await other.connect();
    await first.stop();
    expect((await other.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
    await other.end();
  });

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
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(/no embedded-postgres.json/);
  });
});
