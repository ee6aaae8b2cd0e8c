import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { createCompanyLanes } from "../../src/server/pipeline/company-lanes.js";

const { signal } = new AbortController();
const waitMs = 60_000;

it("lets so many requests of a company run, the others in order, and none wait for another company", async () => {
  const lanes = createCompanyLanes({ max: 2, waitMs });
  const entered: number[] = [];
  const turns = [0, 1, 2, 3].map((n) => {
    const turn = lanes.turn(signal);
    const wait = turn.enter("cmp_a");
    if (wait) void wait.then(() => entered.push(n));
    else entered.push(n);
    return turn;
  });
  expect(entered).toEqual([0, 1]);
  expect(lanes.turn(signal).enter("cmp_b")).toBeUndefined();
  turns[1]?.end();
  await setImmediate();
  expect(entered).toEqual([0, 1, 2]);
  turns[0]?.end();
  await setImmediate();
  expect(entered).toEqual([0, 1, 2, 3]);
});

it("takes an aborted request out of the line, and refuses more than 1,000 that wait", async () => {
  const lanes = createCompanyLanes({ max: 1, waitMs });
  const first = lanes.turn(signal);
  first.enter("cmp_a");
  const aborted = new AbortController();
  const gone = lanes.turn(aborted.signal).enter("cmp_a");
  aborted.abort(new Error("gone"));
  await expect(gone).rejects.toThrow("gone");
  const waiting = Array.from({ length: 1_000 }, () => lanes.turn(signal));
  for (const turn of waiting) expect(turn.enter("cmp_a")).toBeInstanceOf(Promise);
  expect(() => lanes.turn(signal).enter("cmp_a")).toThrow("Too many requests of this company are in flight.");
  // A request that never got a place gives none away.
  lanes.turn(signal).end();
  first.end();
  await setImmediate();
  expect(() => lanes.turn(signal).enter("cmp_a")).not.toThrow();
});

it("refuses a request that waited too long, and counts its place as free", async () => {
  const lanes = createCompanyLanes({ max: 1, waitMs: 20 });
  const first = lanes.turn(signal);
  first.enter("cmp_a");
  await expect(lanes.turn(signal).enter("cmp_a")).rejects.toMatchObject({ reason: "OVERLOADED" });
  const last = lanes.turn(signal);
  const wait = last.enter("cmp_a");
  first.end();
  await wait;
  last.end();
  expect(lanes.turn(signal).enter("cmp_a")).toBeUndefined();
});
