import { expect, it } from "vitest";
import { timed } from "../support/timed.js";
import { aSecondLater, cancels, deadlines, type Hurried, Hurry } from "./hurried-calls.js";
import { randomOf, record } from "./run.js";

const random = randomOf("O2");
const rounds = 5;
const cancelsPerRound = 1_000;
const graceMs = 150;
const shortMs = [1, 2, 5, 10, 20, 50, 100];
const longMs = [250, 1_000, 2_000, 5_000];
/** So many calls that end at once keep a process of one core busy; many more would queue before it, which O4 is about. */
const atOnce = { cancels: 10, deadlines: 40 };

it("O2: a call ends with its deadline or its cancel, and so does its statement", timed, async (context) => {
  await using hurry = await Hurry.open(40);
  const { service, requests } = hurry;
  const left: number[] = [];
  const missing: number[] = [];
  const busy: number[] = [];
  const wireMs = new Map<string, number>();
  const look = async () => {
    const { utilization, ...timings } = await service.timings();
    busy.push(utilization);
    for (const [requestId, ms] of timings.wireMs) wireMs.set(requestId, ms);
    await aSecondLater();
    left.push(await hurry.running());
    missing.push(await hurry.missing());
    await service.timings();
  };
  const [cancelled, expired] = await hurry.whileLocked(async () => {
    // The first call of each rpc is compiled and prepared.
    await hurry.send(
      requests.map((request) => ({ ...request, way: "Connect deadline", limitMs: 500 })),
      8,
    );
    await service.timings();
    const cancelled: Hurried[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const plan = () => ({ ...random.pick(requests), way: random.pick(cancels), limitMs: random.pick(shortMs) });
      cancelled.push(...(await hurry.send(Array.from({ length: cancelsPerRound }, plan), atOnce.cancels)));
      await look();
    }
    const plans = requests.flatMap((request) =>
      deadlines.map((way) => ({ ...request, way, limitMs: random.pick(random.pick([shortMs, longMs])) })),
    );
    const expired = await hurry.send(plans, atOnce.deadlines);
    await look();
    return [cancelled, expired];
  });
  const ends = [...cancelled, ...expired];
  const servedMs = service.servedMs();
  // A cancelled exchange closes by itself, so that the log tells when its call ended; a call that never came has no end.
  const endMs = (requestId: string) => Math.max(wireMs.get(requestId) ?? 0, servedMs.get(requestId) ?? 0);
  const late = ends.flatMap(({ name, limitMs, requestId }) => {
    const overMs = Math.round(endMs(requestId) - limitMs);
    return overMs > graceMs ? [`${name} of ${limitMs} ms: ${overMs} ms too long`] : [];
  });
  const worstMs = Math.max(...ends.map(({ limitMs, requestId }) => endMs(requestId) - limitMs));
  const lateForCallers = ends.filter(({ limitMs, callerMs }) => callerMs - limitMs > graceMs).length;
  record(context, {
    id: "O2",
    done: `${cancelled.length} requests canceled after ${shortMs[0]} to ${shortMs.at(-1)} ms, ${atOnce.cancels} concurrently; ${requests.length} RPCs with ${deadlines.length} kinds of deadlines from ${shortMs[0]} ms to ${longMs.at(-1)} ms; the database waits for a lock, the server is ${Math.round(100 * Math.max(...busy))} % busy at most`,
    seen: `${late.length} ended more than ${graceMs} ms late on the connections of the server, the latest ${Math.round(worstMs)} ms (${lateForCallers} by the clock of the clients); statements still running a second later ${Math.max(...left)}, connections missing in the pool ${Math.max(...missing)}`,
    must: "0 late, 0 running, 0 missing",
  });
  expect(late).toEqual([]);
  expect(wireMs.size).toBeGreaterThan(ends.length / 2);
  expect(left).toEqual(left.map(() => 0));
  expect(missing).toEqual(missing.map(() => 0));
});
