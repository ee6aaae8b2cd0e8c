import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { DomainError } from "../../src/core/errors.js";
import { quickStatement, statement } from "../../src/db/statement.js";
import { asAdmin } from "../support/database.js";
import { databaseWith } from "../support/opened-databases.js";
import { timed } from "../support/timed.js";
import { writeWith } from "../support/write.js";

const { test, open } = await databaseWith(
  "CREATE TABLE thing (id text PRIMARY KEY, made timestamptz, day date)",
  "thing",
);

const never = new AbortController().signal;
setMaxListeners(0, never); // shared by many calls here; a call of the service has a signal of its own
const sleepFor = statement("sleep", "SELECT pg_sleep($1::float8)::text AS slept");
const insert = statement("insert", "INSERT INTO thing (id) VALUES ($1) RETURNING id");
const cancelled = () => new DomainError("CALL_CANCELLED", "gone");

/** Statements of the service under way; asked as an administrator, for others do not see them. */
async function running(): Promise<number> {
  const { rowCount } = await asAdmin(
    `SELECT FROM pg_stat_activity
     WHERE datname = '${test.name}' AND application_name = 'moego' AND state IN ('active', 'idle in transaction', 'idle in transaction (aborted)')`,
  );
  return rowCount ?? -1;
}

describe("an abort", () => {
  it("that came before the call sends nothing", async () => {
    const database = open();
    const signal = AbortSignal.abort(cancelled());
    await expect(database.read(sleepFor, [0], signal)).rejects.toMatchObject({ reason: "CALL_CANCELLED" });
    await expect(database.write(insert, ["a"], writeWith({ signal }))).rejects.toMatchObject({
      reason: "CALL_CANCELLED",
    });
    await expect(database.ask(signal, (prisma) => prisma.company.count())).rejects.toMatchObject({
      reason: "CALL_CANCELLED",
    });
    await expect(database.transact(writeWith({ signal }), (tx) => tx.company.count())).rejects.toMatchObject({
      reason: "CALL_CANCELLED",
    });
    expect(database.stats()).toEqual({ total: 0, idle: 0, waiting: 0 });
  });

  it("cancels the statement in the database and answers with the signal's reason", timed, async () => {
    const database = open();
    const abort = new AbortController();
    const call = database.read(sleepFor, [20], abort.signal);
    await expect.poll(running).toBe(1);
    const startedAt = performance.now();
    abort.abort(new DomainError("DEADLINE_EXCEEDED", "late"));
    await expect(call).rejects.toMatchObject({ reason: "DEADLINE_EXCEEDED" });
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(await running()).toBe(0);
  });

  it("cancels the read of Prisma under way, and no other read of the same moment", async () => {
    const database = open();
    await database.ask(never, (prisma) => prisma.company.count());
    const locker = await test.owner.connect();
    await locker.query("BEGIN; LOCK TABLE company IN ACCESS EXCLUSIVE MODE");
    const ask = (signal: AbortSignal) =>
      database.ask(signal, (prisma) =>
        prisma.company.findFirst({ where: { id: "cmp" }, include: { businesses: true } }),
      );
    const abort = new AbortController();
    const given = ask(abort.signal);
    const kept = ask(never);
    await expect.poll(running).toBe(2);
    abort.abort(cancelled());
    await expect(given).rejects.toMatchObject({ reason: "CALL_CANCELLED" });
    expect(await running()).toBe(1);
    expect(database.stats()).toMatchObject({ total: 2, idle: 1, waiting: 0 });
    await locker.query("ROLLBACK");
    locker.release();
    await expect(kept).resolves.toBe(null);
  });

  it("of 1,000 reads leaves no connection and no statement behind, and harms no later statement", async () => {
    const database = open({ size: 10, waitMs: 20_000 });
    let ended = 0;
    const caller = async () => {
      for (let call = 0; call < 100; call += 1) {
        const abort = new AbortController();
        const timer = setTimeout(() => abort.abort(cancelled()), Math.random() * 12);
        await expect(database.read(sleepFor, [20], abort.signal)).rejects.toMatchObject({ reason: "CALL_CANCELLED" });
        clearTimeout(timer);
        // On the connections that were just cancelled: a late cancel request would hit these.
        await database.read(sleepFor, [0.001], never);
        ended += 1;
      }
    };
    await Promise.all(Array.from({ length: 10 }, caller));
    expect(ended).toBe(1_000);
    const { total, idle, waiting } = database.stats();
    expect({ leaked: total - idle, waiting }).toEqual({ leaked: 0, waiting: 0 });
    expect(total).toBeLessThanOrEqual(10);
    expect(await running()).toBe(0);
  }, 120_000);

  it("at the moment its statement ends by itself never hits the next statement on that connection", async () => {
    const database = open({ size: 1 });
    let cancelledLate = 0;
    for (let round = 0; round < 300; round += 1) {
      const abort = new AbortController();
      const timer = setTimeout(() => abort.abort(cancelled()), 3 + Math.random() * 2);
      await database.read(sleepFor, [0.003], abort.signal).catch(() => {
        cancelledLate += 1;
      });
      clearTimeout(timer);
      await database.read(sleepFor, [0.003], never);
    }
    expect(cancelledLate).toBeGreaterThan(0);
  });

  it("ends the wait for a connection at once, and the connection that comes later is put back unharmed", async () => {
    const database = open({ size: 1, waitMs: 10_000 });
    const busy = database.read(sleepFor, [0.6], never);
    const abort = new AbortController();
    const waiting = database.read(sleepFor, [0], abort.signal);
    await expect.poll(() => database.stats().waiting).toBe(1);
    abort.abort(cancelled());
    await expect(waiting).rejects.toMatchObject({ reason: "CALL_CANCELLED" });
    const stillBusy = await Promise.race([busy.then(() => false), sleep(0, true)]);
    expect(stillBusy).toBe(true);
    await busy;
    await expect.poll(() => database.stats()).toEqual({ total: 1, idle: 1, waiting: 0 });
    await database.read(sleepFor, [0], never);
  });

  it("of a write undoes it", async () => {
    const database = open();
    const abort = new AbortController();
    const slowInsert = statement("slow", "INSERT INTO thing (id) SELECT $1 FROM pg_sleep(20)");
    const call = database.write(slowInsert, ["a"], writeWith({ signal: abort.signal }));
    await expect.poll(running).toBe(1);
    abort.abort(cancelled());
    await expect(call).rejects.toMatchObject({ reason: "CALL_CANCELLED" });
    expect((await test.owner.query("SELECT * FROM thing")).rows).toEqual([]);
  });

  it(
    "is not needed where one call waits for several connections: its waits together are bounded as one is",
    timed,
    async () => {
      const database = open({ size: 1, waitMs: 600 });
      const { signal } = new AbortController();
      const startedAt = performance.now();
      const hold = (seconds: number) => database.read(sleepFor, [seconds], new AbortController().signal);
      void hold(0.4);
      await database.read(sleepFor, [0], signal);
      const held = hold(0.55);
      await expect(database.read(sleepFor, [0], signal)).rejects.toMatchObject({ reason: "OVERLOADED" });
      expect(performance.now() - startedAt).toBeLessThan(800);
      await held;
      expect(database.stats()).toEqual({ total: 1, idle: 1, waiting: 0 });
    },
  );

  it("of a transaction cancels its statement, undoes it and gives its connection back", timed, async () => {
    const database = open({ size: 1 });
    const abort = new AbortController();
    const call = database.transact(writeWith({ signal: abort.signal }), async (tx) => {
      await tx.$executeRaw`INSERT INTO thing (id) VALUES ('a')`;
      await tx.$executeRaw`SELECT pg_sleep(20)`;
    });
    const sleeping = "SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(20)%' AND state = 'active'";
    await expect.poll(async () => (await asAdmin(sleeping)).rowCount).toBe(1);
    const startedAt = performance.now();
    abort.abort(cancelled());
    await expect(call).rejects.toMatchObject({ reason: "CALL_CANCELLED" });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    await expect.poll(() => database.stats()).toMatchObject({ total: 1, idle: 1 });
    expect(await running()).toBe(0);
    expect((await test.owner.query("SELECT * FROM thing")).rows).toEqual([]);
  });

  it("between two statements of a transaction refuses the next one and undoes it", async () => {
    const database = open();
    const abort = new AbortController();
    const call = database.transact(writeWith({ signal: abort.signal }), async (tx) => {
      await tx.$executeRaw`INSERT INTO thing (id) VALUES ('a')`;
      abort.abort(cancelled());
      await tx.$executeRaw`INSERT INTO thing (id) VALUES ('b')`;
    });
    await expect(call).rejects.toMatchObject({ reason: "CALL_CANCELLED" });
    await expect.poll(running).toBe(0);
    expect((await test.owner.query("SELECT * FROM thing")).rows).toEqual([]);
  });

  it("of a transaction that waits for a connection ends the wait, and nothing leaks", async () => {
    const database = open({ size: 1, waitMs: 5_000 });
    const busy = database.read(sleepFor, [0.5], never);
    const abort = new AbortController();
    let begun = false;
    const call = database.transact(writeWith({ signal: abort.signal }), async () => {
      begun = true;
    });
    await expect.poll(() => database.stats().waiting).toBe(1);
    abort.abort(cancelled());
    await expect(call).rejects.toMatchObject({ reason: "CALL_CANCELLED" });
    await busy;
    await expect.poll(() => database.stats()).toEqual({ total: 1, idle: 1, waiting: 0 });
    expect(begun).toBe(false);
  });

  it("of 100 transactions leaves no connection, no statement and no row behind", async () => {
    const database = open({ size: 5, waitMs: 20_000 });
    const caller = async (_: unknown, caller_: number) => {
      for (let call = 0; call < 10; call += 1) {
        const abort = new AbortController();
        const timer = setTimeout(() => abort.abort(cancelled()), Math.random() * 40);
        const transaction = database.transact(writeWith({ signal: abort.signal }), async (tx) => {
          await tx.$executeRaw`INSERT INTO thing (id) VALUES (${`${caller_}-${call}`})`;
          await tx.$executeRaw`SELECT pg_sleep(20)`;
        });
        await expect(transaction).rejects.toMatchObject({ reason: "CALL_CANCELLED" });
        clearTimeout(timer);
      }
    };
    await Promise.all(Array.from({ length: 10 }, caller));
    await expect.poll(() => database.stats().total - database.stats().idle, { timeout: 5_000 }).toBe(0);
    expect(await running()).toBe(0);
    expect((await test.owner.query("SELECT * FROM thing")).rows).toEqual([]);
  }, 60_000);
});

describe("reads that are sent together", () => {
  const quick = quickStatement("quick", "SELECT 6 / $1::int AS result, pg_sleep($2::float8)::text AS slept");
  const own = () => new AbortController().signal;

  it("are answered one by one, and only that with an error fails", timed, async () => {
    const database = open();
    for (const round of [1, 2, 3]) {
      const divisors = Array.from({ length: 40 }, (_, index) => (index % 7 === round ? 0 : (index % 3) + 1));
      const ends = await Promise.allSettled(divisors.map((divisor) => database.read(quick, [divisor, 0], own())));
      expect(ends.map((end) => (end.status === "fulfilled" ? end.value : end.reason.code))).toEqual(
        divisors.map((divisor) => (divisor === 0 ? "22012" : [{ result: 6 / divisor, slept: "" }])),
      );
    }
    expect(database.stats().total).toBeLessThan(5);
    await expect.poll(() => database.stats()).toMatchObject({ waiting: 0, idle: database.stats().total });
  });

  it("end at once when they are aborted, without the others, and are canceled when nobody waits for them", async () => {
    const database = open({ size: 1 });
    await database.read(quick, [1, 0], own());
    const [first, second] = [new AbortController(), new AbortController()];
    const gone = database.read(quick, [1, 20], first.signal);
    const kept = database.read(quick, [2, 0], own());
    const later = database.read(quick, [3, 20], second.signal);
    await expect.poll(running).toBe(1);
    first.abort(cancelled());
    await expect(gone).rejects.toMatchObject({ reason: "CALL_CANCELLED" });
    await asAdmin(
      `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = '${test.name}' AND application_name = 'moego'`,
    );
    await expect(kept).resolves.toEqual([{ result: 3, slept: "" }]);
    await expect.poll(running).toBe(1);
    second.abort(cancelled());
    await expect(later).rejects.toMatchObject({ reason: "CALL_CANCELLED" });
    await expect.poll(running).toBe(0);
    await expect.poll(() => database.stats()).toEqual({ total: 1, idle: 1, waiting: 0 });
  });

  it("are all canceled one after the other when nobody waits for any of them", timed, async () => {
    const database = open({ size: 1 });
    await database.read(quick, [1, 0], own());
    const abort = new AbortController();
    setMaxListeners(0, abort.signal);
    const ends = Promise.allSettled(Array.from({ length: 16 }, () => database.read(quick, [1, 20], abort.signal)));
    await expect.poll(running).toBe(1);
    abort.abort(cancelled());
    expect((await ends).map(({ status }) => status)).toEqual(Array.from({ length: 16 }, () => "rejected"));
    await expect.poll(() => database.stats(), { timeout: 2_000 }).toEqual({ total: 1, idle: 1, waiting: 0 });
    expect(await running()).toBe(0);
  });

  it("wait for a connection no longer than others, and survive the loss of one", timed, async () => {
    const database = open({ size: 1, waitMs: 300 });
    await database.read(quick, [1, 0], own());
    const busy = database.read(sleepFor, [1], own());
    await expect(database.read(quick, [1, 0], own())).rejects.toMatchObject({ reason: "OVERLOADED" });
    await busy;
    const lost = Promise.allSettled([database.read(quick, [1, 20], own()), database.read(quick, [1, 0], own())]);
    await expect.poll(running).toBe(1);
    await asAdmin(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${test.name}' AND application_name = 'moego'`,
    );
    const unavailable = { status: "rejected", reason: { reason: "DATABASE_UNAVAILABLE" } };
    expect(await lost).toMatchObject([unavailable, unavailable]);
    await expect(database.read(quick, [2, 0], own())).resolves.toEqual([{ result: 3, slept: "" }]);
  });
});
