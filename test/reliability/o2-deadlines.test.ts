import { expect, it } from "vitest";
import { aSecondLater, Hurry, ways } from "./hurried-calls.js";
import { randomOf, record } from "./run.js";

const random = randomOf("O2");
const rounds = 5;
const perRound = 1_000;
const graceMs = 150;
const shortMs = [1, 2, 5, 10, 20, 50, 100, 250];

it("O2: a call ends with its deadline or its cancel, and so does its statement", async (context) => {
  await using hurry = await Hurry.open(40);
  const left: number[] = [];
  const missing: number[] = [];
  const look = async () => {
    await aSecondLater();
    left.push(await hurry.running());
    missing.push(await hurry.missing());
  };
  const ends = await hurry.whileLocked(async () => {
    const all = [];
    for (let round = 0; round < rounds; round += 1) {
      const plans = Array.from({ length: perRound }, () => hurry.plan(random, random.pick(shortMs)));
      all.push(...(await hurry.send(plans, 40)));
      await look();
    }
    // Every rpc once more, with all the time that a caller may give it.
    const patient = hurry.requests.map(({ method, request }) => {
      return { method, request, way: random.pick(ways), limitMs: random.pick([1_000, 2_000, 5_000]) };
    });
    all.push(...(await hurry.send(patient, 40)));
    await look();
    return all;
  });
  const late = ends.flatMap(({ name, limitMs, requestId }) => {
    const servedMs = hurry.servedMs.get(requestId) ?? 0;
    return servedMs - limitMs > graceMs ? [`${name} of ${limitMs} ms: ${Math.round(servedMs)} ms`] : [];
  });
  // Callers and service share one process here, so that this tells of both; the service's own clock decides.
  const lateForCallers = ends.filter(({ limitMs, callerMs }) => callerMs - limitMs > graceMs).length;
  record(context, {
    id: "O2",
    done: `${ends.length} calls of ${hurry.requests.length} rpcs by ${ways.length} ways, deadlines and cancels after 1 ms to 5 s, the database waiting for a lock`,
    seen: `${late.length} served for more than ${graceMs} ms after that (${lateForCallers} by the clock of callers in the same process); statements still running a second later ${Math.max(...left)}, connections missing in the pool ${Math.max(...missing)}`,
    must: "0 late, 0 running, 0 missing",
  });
  expect(late).toEqual([]);
  expect(left).toEqual(left.map(() => 0));
  expect(missing).toEqual(missing.map(() => 0));
});
