import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { IdempotencyClaim } from "../../src/core/write.js";
import { type Database, openDatabase } from "../../src/db/database.js";
import { silentLog } from "../../src/db/log.js";
import { statement } from "../../src/db/statement.js";
import { asAdmin, createDatabase, type TestDatabase } from "../support/database.js";
import { openProxy, type TcpProxy } from "../support/tcp-proxy.js";
import { writeWith } from "../support/write.js";

let test: TestDatabase;
let proxy: TcpProxy;
beforeAll(async () => {
  test = await createDatabase();
  await test.owner.query(`
    CREATE TABLE thing (id text PRIMARY KEY, n int NOT NULL DEFAULT 0);
    CREATE SEQUENCE tries;
    CREATE FUNCTION conflict(times bigint, state text) RETURNS int LANGUAGE plpgsql AS $$
      BEGIN
        IF nextval('tries') <= times THEN RAISE EXCEPTION 'conflict' USING ERRCODE = state; END IF;
        RETURN 1;
      END $$;
    GRANT SELECT, INSERT, UPDATE, DELETE ON thing TO moego_service;
    GRANT USAGE ON SEQUENCE tries TO moego_service;
  `);
  const { hostname, port } = new URL(test.serviceUrl);
  proxy = await openProxy({ host: hostname, port: Number(port) || 5432 });
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await test.drop();
});

const databases: Database[] = [];
function open(options: Partial<Parameters<typeof openDatabase>[0]> = {}): Database {
  const database = openDatabase({ url: test.serviceUrl, log: silentLog, ...options });
  databases.push(database);
  return database;
}
function openThroughProxy(): Database {
  const url = new URL(test.serviceUrl);
  url.host = `127.0.0.1:${proxy.port}`;
  return open({ url: url.href, size: 1 });
}
afterEach(async () => {
  for (const database of databases.splice(0)) await database.close();
  await test.owner.query("TRUNCATE thing; ALTER SEQUENCE tries RESTART");
});

const insert = statement("insert", "INSERT INTO thing (id) VALUES ($1) RETURNING id");
const conflict = statement("conflict", "SELECT conflict($1::bigint, $2::text) AS done");
const claim = (): IdempotencyClaim => ({
  key: "k",
  fingerprint: new Uint8Array(32),
  presences: [new Uint8Array()],
  replayed: false,
});

async function stored(): Promise<readonly string[]> {
  const { rows } = await test.owner.query<{ id: string }>("SELECT id FROM thing ORDER BY id");
  return rows.map(({ id }) => id);
}
async function tries(): Promise<string> {
  const { rows } = await test.owner.query<{ last_value: string }>("SELECT last_value FROM tries");
  return rows[0]?.last_value ?? "";
}

describe.each(["40001", "40P01"])("after SQLSTATE %s", (state) => {
  it("a write is tried again until it succeeds", async () => {
    expect(await open().write(conflict, [4, state], writeWith())).toEqual([{ done: 1 }]);
    expect(await tries()).toBe("5");
  });

  it("a write gives up after 5 tries with CONCURRENT_WRITE", async () => {
    const call = open().write(conflict, [100, state], writeWith());
    await expect(call).rejects.toMatchObject({
      reason: "CONCURRENT_WRITE",
      details: { retryDelayMs: expect.any(Number) },
    });
    expect(await tries()).toBe("5");
  });

  it("a transaction is tried again as a whole", async () => {
    await open().transact(writeWith(), async (tx) => {
      await tx.$executeRaw`INSERT INTO thing (id) VALUES ('once')`;
      await tx.$queryRaw`SELECT conflict(4, ${state})`;
    });
    expect(await stored()).toEqual(["once"]);
    expect(await tries()).toBe("5");
  });

  it("a transaction gives up after 5 tries with CONCURRENT_WRITE and leaves nothing", async () => {
    const call = open().transact(writeWith(), async (tx) => {
      await tx.$executeRaw`INSERT INTO thing (id) VALUES ('never')`;
      await tx.$queryRaw`SELECT conflict(100, ${state})`;
    });
    await expect(call).rejects.toMatchObject({ reason: "CONCURRENT_WRITE" });
    expect(await stored()).toEqual([]);
    expect(await tries()).toBe("5");
  });
});

describe("a transaction", () => {
  it("of two that deadlock is tried again, so that both take effect", async () => {
    await test.owner.query("INSERT INTO thing (id) VALUES ('a'), ('b')");
    const database = open();
    const add = (first: string, second: string) =>
      database.transact(writeWith(), async (tx) => {
        await tx.$executeRaw`UPDATE thing SET n = n + 1 WHERE id = ${first}`;
        await tx.$executeRaw`SELECT pg_sleep(0.05)`;
        await tx.$executeRaw`UPDATE thing SET n = n + 1 WHERE id = ${second}`;
      });
    await Promise.all([add("a", "b"), add("b", "a")]);
    const { rows } = await test.owner.query("SELECT id, n FROM thing ORDER BY id");
    expect(rows).toEqual([
      { id: "a", n: 2 },
      { id: "b", n: 2 },
    ]);
  });

  it("runs as READ COMMITTED whatever the database's default is", async () => {
    await test.owner.query(`ALTER DATABASE ${test.name} SET default_transaction_isolation = 'serializable'`);
    const level = await open().transact(
      writeWith(),
      (tx) => tx.$queryRaw`SELECT current_setting('transaction_isolation') AS level`,
    );
    expect(level).toEqual([{ level: "read committed" }]);
    await test.owner.query(`ALTER DATABASE ${test.name} RESET default_transaction_isolation`);
  });

  it("whose work swallowed a failed statement is an error, not a silent loss", async () => {
    const call = open().transact(writeWith(), async (tx) => {
      await tx.$executeRaw`INSERT INTO thing (id) VALUES ('a')`;
      await tx.$executeRaw`INSERT INTO thing (id) VALUES ('a')`.catch(() => {});
    });
    await expect(call).rejects.toThrow(/continued after a failed statement/);
    expect(await stored()).toEqual([]);
  });

  it("that lives longer than its budget is cancelled and undone", async () => {
    const database = open({ transactionTimeoutMs: 200, size: 1 });
    const call = database.transact(writeWith(), async (tx) => {
      await tx.$executeRaw`INSERT INTO thing (id) VALUES ('a')`;
      await tx.$executeRaw`SELECT pg_sleep(8)`;
    });
    await expect(call).rejects.toMatchObject({ reason: "STATEMENT_TIMEOUT" });
    await expect.poll(() => database.stats()).toMatchObject({ total: 1, idle: 1 });
    expect(await stored()).toEqual([]);
  });
});

describe("a connection lost", () => {
  it("before the answer to a write is OUTCOME_UNKNOWN, and the write is not sent again", async () => {
    const database = openThroughProxy();
    proxy.loseAnswerTo("INSERT INTO thing");
    const call = database.write(insert, ["a"], writeWith());
    await expect(call).rejects.toMatchObject({ reason: "OUTCOME_UNKNOWN" });
    await expect.poll(stored).toEqual(["a"]);
    // The pool has replaced the connection.
    expect(await database.write(insert, ["b"], writeWith())).toEqual([{ id: "b" }]);
  });

  it("before the answer to a write with a claim may be tried again with the same key", async () => {
    const database = openThroughProxy();
    proxy.loseAnswerTo("INSERT INTO thing");
    const call = database.write(insert, ["a"], writeWith({ claim: claim() }));
    await expect(call).rejects.toMatchObject({
      reason: "DATABASE_UNAVAILABLE",
      details: { retryDelayMs: expect.any(Number) },
    });
  });

  it("before the answer to COMMIT is OUTCOME_UNKNOWN although the transaction is stored", async () => {
    const database = openThroughProxy();
    proxy.loseAnswerTo("COMMIT");
    const call = database.transact(writeWith(), (tx) => tx.$executeRaw`INSERT INTO thing (id) VALUES ('a')`);
    await expect(call).rejects.toMatchObject({ reason: "OUTCOME_UNKNOWN" });
    await expect.poll(stored).toEqual(["a"]);
    await database.transact(writeWith(), (tx) => tx.$executeRaw`INSERT INTO thing (id) VALUES ('b')`);
    expect(await stored()).toEqual(["a", "b"]);
  });

  it("before COMMIT arrives is OUTCOME_UNKNOWN although the transaction is not stored", async () => {
    const database = openThroughProxy();
    proxy.loseRequest("COMMIT");
    const call = database.transact(writeWith(), (tx) => tx.$executeRaw`INSERT INTO thing (id) VALUES ('a')`);
    await expect(call).rejects.toMatchObject({ reason: "OUTCOME_UNKNOWN" });
    expect(await stored()).toEqual([]);
  });

  it("before the answer to COMMIT of a transaction with a claim may be tried again with the same key", async () => {
    const database = openThroughProxy();
    proxy.loseAnswerTo("COMMIT");
    const call = database.transact(
      writeWith({ claim: claim() }),
      (tx) => tx.$executeRaw`INSERT INTO thing (id) VALUES ('a')`,
    );
    await expect(call).rejects.toMatchObject({
      reason: "DATABASE_UNAVAILABLE",
      details: { retryDelayMs: expect.any(Number) },
    });
  });

  it("inside a transaction before COMMIT is known to have changed nothing", async () => {
    const database = openThroughProxy();
    proxy.loseAnswerTo("INSERT INTO thing");
    const call = database.transact(writeWith(), (tx) => tx.$executeRaw`INSERT INTO thing (id) VALUES ('a')`);
    await expect(call).rejects.toMatchObject({ reason: "DATABASE_UNAVAILABLE" });
    expect(await stored()).toEqual([]);
  });

  it("during a read is DATABASE_UNAVAILABLE and may be tried again", async () => {
    const database = openThroughProxy();
    proxy.loseAnswerTo("SELECT n FROM thing");
    const call = database.read(statement("read", "SELECT n FROM thing"), [], new AbortController().signal);
    await expect(call).rejects.toMatchObject({
      reason: "DATABASE_UNAVAILABLE",
      details: { retryDelayMs: expect.any(Number) },
    });
  });

  it("while idle is replaced without anybody noticing", async () => {
    const database = open({ size: 3 });
    const signal = new AbortController().signal;
    const pause = statement("pause", "SELECT pg_sleep(0.05)::text");
    await Promise.all([1, 2, 3].map(() => database.read(pause, [], signal)));
    expect(database.stats()).toMatchObject({ total: 3, idle: 3 });
    await asAdmin(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${test.name}' AND application_name = 'moego'`,
    );
    await expect.poll(() => database.stats().total).toBe(0);
    await Promise.all([1, 2, 3].map(() => database.read(pause, [], signal)));
    await database.transact(writeWith(), (tx) => tx.$executeRaw`INSERT INTO thing (id) VALUES ('a')`);
  });

  it("by the server's shutdown during a transaction ends nothing but that transaction", async () => {
    const database = open({ size: 1 });
    const call = database.transact(writeWith(), async (tx) => {
      await tx.$executeRaw`INSERT INTO thing (id) VALUES ('a')`;
      const rows = await tx.$queryRaw<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
      await asAdmin(`SELECT pg_terminate_backend(${rows[0]?.pid})`);
      await tx.$executeRaw`INSERT INTO thing (id) VALUES ('b')`;
    });
    await expect(call).rejects.toMatchObject({ reason: "DATABASE_UNAVAILABLE" });
    expect(await stored()).toEqual([]);
    await database.write(insert, ["c"], writeWith());
  });
});
