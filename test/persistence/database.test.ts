import { setMaxListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { statement } from "../../src/db/statement.js";
import { asAdmin } from "../support/database.js";
import { databaseWith } from "../support/opened-databases.js";
import { writeWith } from "../support/write.js";

const { test, open } = await databaseWith(
  "CREATE TABLE thing (id text PRIMARY KEY, made timestamptz, day date)",
  "thing",
);

const never = new AbortController().signal;
setMaxListeners(0, never); // shared by many calls here; a call of the service has a signal of its own

describe("statements", () => {
  it("never share a name when their texts differ", () => {
    expect(statement("get", "SELECT 1").name).not.toBe(statement("get", "SELECT 2").name);
    expect(statement("get", "SELECT 1")).toEqual(statement("get", "SELECT 1"));
  });

  it("are prepared once per connection under their name", async () => {
    const database = open({ size: 1 });
    const one = statement("one", "SELECT 1 AS one");
    for (let call = 0; call < 3; call += 1) await database.read(one, [], never);
    const found = statement(
      "found",
      "SELECT name, (generic_plans + custom_plans)::int AS runs FROM pg_prepared_statements WHERE name = $1",
    );
    expect(await database.read(found, [one.name], never)).toEqual([{ name: one.name, runs: 3 }]);
  });

  it("return the same rows when they are executed again", async () => {
    const database = open({ size: 1 });
    const { signal } = new AbortController();
    const kinds = statement(
      "kinds",
      `SELECT 'ä' AS text, NULL::text AS missing, 7::int AS number, 9007199254740993::bigint AS large, true AS yes,
              ARRAY['a,b', NULL] AS list, '{"a": [1]}'::jsonb AS json, '2026-11-22 14:17:12.204+00'::timestamptz AS time,
              '\\x00ff'::bytea AS bytes, $1::text[] AS given FROM generate_series(1, 2)`,
    );
    const read = () => database.read(kinds, [["x", 'y"z']], signal);
    const first = await read();
    expect(first).toHaveLength(2);
    expect(await read()).toEqual(first);
    await expect(database.read(statement("divide", "SELECT 1 / $1::int"), [0], signal)).rejects.toMatchObject({
      code: "22012",
    });
    expect(await read()).toEqual(first);
    expect(await database.read(statement("none", "SELECT 1 AS one WHERE $1::boolean"), [false], signal)).toEqual([]);
  });

  it("fail alike when they are executed again", async () => {
    const database = open({ size: 1 });
    const { signal } = new AbortController();
    const divide = statement("divide", "SELECT 1 / $1::int AS result");
    expect(await database.read(divide, [1], signal)).toEqual([{ result: 1 }]);
    const refused = { code: "22012", stack: expect.stringContaining("database.test.ts") };
    for (let call = 0; call < 2; call += 1)
      await expect(database.read(divide, [0], signal)).rejects.toMatchObject(refused);
    expect(await database.read(divide, [1], signal)).toEqual([{ result: 1 }]);
  });

  it("that write return the same rows, and fail alike, when they are executed again", async () => {
    const database = open({ size: 1 });
    const made = statement(
      "made",
      `INSERT INTO thing (id, made) VALUES ($1, '2026-11-22 14:17:12.204+00') ON CONFLICT (id) DO UPDATE SET made = thing.made
       RETURNING made, day, ARRAY['a,b', NULL] AS list, 1 / $2::int AS result`,
    );
    const write = (divisor: number) => database.write(made, ["again", divisor], writeWith());
    const first = await write(1);
    expect(first).toEqual([{ made: new Date("2026-11-22T14:17:12.204Z"), day: null, list: ["a,b", null], result: 1 }]);
    expect(await write(1)).toEqual(first);
    await expect(write(0)).rejects.toMatchObject({ code: "22012" });
    expect(await write(1)).toEqual(first);
    const none = statement("no_thing", "DELETE FROM thing WHERE id = $1 RETURNING id");
    for (let call = 0; call < 2; call += 1) expect(await database.write(none, ["absent"], writeWith())).toEqual([]);
  });

  it("read times in UTC exact to the millisecond, and dates as text", async () => {
    const database = open();
    const times = statement(
      "times",
      `SELECT '2026-11-22 14:17:12.204+00'::timestamptz AS a, '2026-03-29 01:30:00.001+02'::timestamptz AS b,
              '0044-03-15 12:00:00+00 BC'::timestamptz AS c, '2026-11-22 14:17:12.204999+00'::timestamptz AS d,
              '2026-11-22'::date AS day, (extract(epoch FROM $1::timestamptz) * 1000)::bigint::text AS ms`,
    );
    const sent = new Date("2026-07-01T00:00:00.007Z");
    const [row] = await database.read<{ a: Date; b: Date; c: Date; d: Date; day: string; ms: string }>(
      times,
      [sent],
      never,
    );
    expect(row?.a.toISOString()).toBe("2026-11-22T14:17:12.204Z");
    expect(row?.b.toISOString()).toBe("2026-03-28T23:30:00.001Z");
    expect(row?.c.getUTCFullYear()).toBe(-43);
    expect(row?.d.toISOString()).toBe("2026-11-22T14:17:12.204Z");
    expect(row?.day).toBe("2026-11-22");
    expect(row?.ms).toBe(String(sent.getTime()));
  });

  it("survive a migration that changes what a prepared one returns, on every connection", async () => {
    const database = open({ size: 4 });
    const all = statement("all", "SELECT * FROM thing");
    const byPrisma = () => database.ask(never, (prisma) => prisma.$queryRaw`SELECT * FROM thing WHERE true`);
    const inTransaction = () => database.transact(writeWith(), (tx) => tx.$queryRaw`SELECT * FROM thing WHERE 1 = 1`);
    const everywhere = (run: () => Promise<unknown>) => Promise.all(Array.from({ length: 4 }, run));
    const reads = [() => database.read(all, [], never), byPrisma, inTransaction];
    for (const read of reads) await everywhere(read);
    await test.owner.query("ALTER TABLE thing ADD COLUMN more int");
    try {
      for (const read of reads) await everywhere(read);
    } finally {
      await test.owner.query("ALTER TABLE thing DROP COLUMN more");
    }
  });
});

describe("the role of the service", () => {
  const who = statement("who", "SELECT current_user::text AS role, current_setting('statement_timeout') AS timeout");

  it("cannot alter, create or drop tables", async () => {
    const database = open();
    for (const sql of [
      "ALTER TABLE thing ADD COLUMN x int",
      "DROP TABLE thing",
      "CREATE TABLE other ()",
      "TRUNCATE thing",
    ]) {
      await expect(database.read(statement("ddl", sql), [], never)).rejects.toMatchObject({ code: "42501" });
    }
  });

  it("is restricted even when its URL is that of the owner", async () => {
    await asAdmin(`GRANT moego_service TO ${new URL(test.ownerUrl).username}`);
    const database = open({ url: test.ownerUrl });
    expect(await database.read(who, [], never)).toEqual([{ role: "moego_service", timeout: "10s" }]);
    const alter = statement("alter", "ALTER TABLE thing ADD COLUMN x int");
    await expect(database.read(alter, [], never)).rejects.toMatchObject({ code: "42501" });
  });

  it("and its limits are not lifted by options in the URL", async () => {
    const url = new URL(test.serviceUrl);
    url.searchParams.set("options", "-c role=none -c statement_timeout=0 -c application_name=other");
    const database = open({ url: url.href });
    expect(await database.read(who, [], never)).toEqual([{ role: "moego_service", timeout: "10s" }]);
  });
});
