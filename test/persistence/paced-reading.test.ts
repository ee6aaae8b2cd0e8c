import { setImmediate as nextTurn } from "node:timers/promises";
import pg from "pg";
import { afterAll, expect, it } from "vitest";
import { silentLog } from "../../src/db/log.js";
import { createPool } from "../../src/db/pool.js";
import { createDatabase } from "../support/database.js";

const test = await createDatabase();
afterAll(() => test.drop());

const kibibyte = 1024;
const rows = 320;

/** Holds the event loop, while what the database sends fills the buffers of the system. */
function standStill(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
}

it("takes at most two chunks of 64 KiB of a large result in a turn of the event loop", async () => {
  const pool = createPool({ url: test.serviceUrl, log: silentLog });
  const client = await pool.connect();
  if (!(client instanceof pg.Client)) throw new Error("the pool has another client");
  const inTurns = [0];
  client.connection.stream.on("data", (bytes: Buffer) => {
    inTurns.push((inTurns.pop() ?? 0) + bytes.length);
  });
  let isRunning = true;
  const answered = client.query(`SELECT repeat('x', ${64 * kibibyte}) FROM generate_series(1, ${rows})`).finally(() => {
    isRunning = false;
  });
  await nextTurn();
  standStill();
  while (isRunning) {
    inTurns.push(0);
    await nextTurn();
  }
  expect((await answered).rows).toHaveLength(rows);
  client.release();
  await pool.end();
  expect(Math.max(...inTurns)).toBeLessThanOrEqual(128 * kibibyte);
  expect(inTurns.reduce((sum, bytes) => sum + bytes)).toBeGreaterThan(rows * 64 * kibibyte);
});
