import { setImmediate } from "node:timers/promises";
import { afterEach, expect, it, vi } from "vitest";
import { createCompanyLanes } from "../../src/server/pipeline/company-lanes.js";

const { signal } = new AbortController();
const waitMs = 60_000;
/** The tests end before those who still wait are refused. */
const ignored = () => {};

it("lets so many requests of a company run, the others in order, and none wait for another company", async () => {
  const lanes = createCompanyLanes({ max: 2, waitMs });
  const entered: number[] = [];
  const turns = [0, 1, 2, 3].map((n) => {
    const turn = lanes.turn(signal);
    const wait = turn.enter("cmp_a");
    if (wait) void wait.then(() => entered.push(n), ignored);
    else entered.push(n);
    return turn;
  });
  expect(entered).toEqual([0, 1]);
  expect(lanes.turn(signal).enter("cmp_b")).toBeUndefined();
  turns[1]?.end(0);
  await setImmediate();
  expect(entered).toEqual([0, 1, 2]);
  turns[0]?.end(0);
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
  for (const turn of waiting) {
    const wait = turn.enter("cmp_a");
    expect(wait).toBeInstanceOf(Promise);
    wait?.catch(ignored);
  }
  expect(() => lanes.turn(signal).enter("cmp_a")).toThrow("Too many requests of this company are in flight.");
  // A request that never got a place gives none away.
  lanes.turn(signal).end(0);
  first.end(0);
  await setImmediate();
  expect(() => lanes.turn(signal).enter("cmp_a")?.catch(ignored)).not.toThrow();
});

it("refuses a request that waited too long, and counts its place as free", async () => {
  const lanes = createCompanyLanes({ max: 1, waitMs: 20 });
  const first = lanes.turn(signal);
  first.enter("cmp_a");
  await expect(lanes.turn(signal).enter("cmp_a")).rejects.toMatchObject({ reason: "OVERLOADED" });
  const last = lanes.turn(signal);
  const wait = last.enter("cmp_a");
  first.end(0);
  await wait;
  last.end(0);
  expect(lanes.turn(signal).enter("cmp_a")).toBeUndefined();
});

afterEach(() => {
  vi.useRealTimers();
});

const mebibyte = 1024 * 1024;

/** A company whose requests all wait for places, and what runs of it. */
function busy(lanes: ReturnType<typeof createCompanyLanes>, companyId: string, count: number) {
  const running: ReturnType<typeof lanes.turn>[] = [];
  for (let request = 0; request < count; request += 1) {
    const turn = lanes.turn(signal);
    const wait = turn.enter(companyId);
    if (wait) void wait.then(() => running.push(turn), ignored);
    else running.push(turn);
  }
  return running;
}

it("runs the requests of a company that has the process for itself up to the maximum, whatever their size", async () => {
  vi.useFakeTimers();
  const lanes = createCompanyLanes({ max: 8, waitMs });
  const running = busy(lanes, "cmp_a", 20);
  expect(running).toHaveLength(8);
  running[0]?.end(4 * mebibyte);
  await vi.advanceTimersByTimeAsync(0);
  expect(running).toHaveLength(9);
});

it("lets a company with large responses beside others run one request at a time, at 4 MiB per second", async () => {
  vi.useFakeTimers();
  const lanes = createCompanyLanes({ max: 8, waitMs });
  lanes.turn(signal).enter("cmp_b");
  const running = busy(lanes, "cmp_a", 20);
  expect(running).toHaveLength(2);
  running[0]?.end(mebibyte);
  running[1]?.end(mebibyte);
  await vi.advanceTimersByTimeAsync(400);
  expect(running).toHaveLength(2);
  lanes.turn(signal).enter("cmp_b");
  await vi.advanceTimersByTimeAsync(110);
  expect(running).toHaveLength(3);
});

it("lets a company with small responses beside others run one request more with each, up to the maximum", async () => {
  vi.useFakeTimers();
  const lanes = createCompanyLanes({ max: 4, waitMs });
  lanes.turn(signal).enter("cmp_b");
  const running = busy(lanes, "cmp_a", 20);
  for (const [index, expected] of [4, 6, 7, 8].entries()) {
    running[index]?.end(1_000);
    await vi.advanceTimersByTimeAsync(0);
    expect(running).toHaveLength(expected);
  }
});

it("takes another company into account for a second", async () => {
  vi.useFakeTimers();
  const lanes = createCompanyLanes({ max: 4, waitMs });
  lanes.turn(signal).enter("cmp_b");
  await vi.advanceTimersByTimeAsync(999);
  expect(busy(lanes, "cmp_a", 4)).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(busy(lanes, "cmp_a", 4)).toHaveLength(2);
  expect(busy(lanes, "cmp_c", 4)).toHaveLength(2);
});
