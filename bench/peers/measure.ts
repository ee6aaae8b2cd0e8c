import { cpuMeter } from "../cpu-time.js";
import type { LoadClient } from "./load.js";
import { type LoadFigures, type LoadOrder, type Operation, peerOperations } from "./load-order.js";
import type { Pgbench } from "./pgbench.js";
import { type Subject, workers } from "./subjects.js";

/** What one subject did in one interval. CPU in seconds per 1,000 calls. */
export interface Interval {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly serverCpu: number;
  readonly databaseCpu: number;
  readonly clientCpu: number;
  /** Calls that were refused, because the machine was busy otherwise. */
  readonly failures: number;
}

/** The intervals of a subject and an operation, one a round. */
export interface Series {
  readonly subject: Subject;
  readonly operation: Operation;
  readonly intervals: readonly Interval[];
}

export interface Speeds {
  readonly series: readonly Series[];
  /** Calls per second of pgbench, one a round. Empty if it is not installed. */
  readonly pgbench: readonly number[];
  /** Calls that each process has answered, by process id. */
  readonly calls: ReadonlyMap<number, number>;
}

export interface Plan {
  readonly subjects: readonly Subject[];
  readonly load: LoadClient;
  readonly pgbench: Pgbench | undefined;
  readonly clusterFolder: string;
  /** Customers that can be read. */
  readonly rows: number;
  readonly firstLead: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

/**
 * Measures every subject once a round, so that other load on the machine and the growth of the database affect all
 * alike, in another order each round.
 *
 * @throws Error if more than a few calls fail or are answered without what they asked for
 */
export async function measure(plan: Plan): Promise<Speeds> {
  const { seconds, warmUpSeconds, rounds } = plan;
  const all = plan.subjects.flatMap((subject) => subject.operations.map((operation) => ({ subject, operation })));
  const meters = new Map(plan.subjects.map((subject) => [subject, cpuMeter(subject.pid, plan.clusterFolder)]));
  const calls = new Map<number, number>();
  const run = async (each: Pick<Series, "subject" | "operation">, howLong: number) => {
    const figures = await plan.load.send(orderOf(plan, each, howLong * shareOf(each)));
    calls.set(each.subject.pid, (calls.get(each.subject.pid) ?? 0) + figures.calls);
    const { failures, failure } = figures;
    if (failures > figures.calls * toleratedFailures)
      throw new Error(`${each.subject.name} failed ${failures} calls of ${each.operation}: ${failure}`);
    return figures;
  };
  for (const each of all) await run(each, warmUpSeconds);
  const series = all.map((each) => {
    const intervals: Interval[] = [];
    return { ...each, intervals };
  });
  const pgbench: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const { intervals, ...each } of rotated(series, round)) {
      const meter = meters.get(each.subject);
      const start = meter?.();
      const figures = await run(each, seconds);
      const end = meter?.();
      if (start && end) intervals.push(intervalOf(figures, end.server - start.server, end.database - start.database));
    }
    if (plan.pgbench) pgbench.push(await plan.pgbench.measure(seconds));
  }
  return { series, pgbench, calls };
}

/** Share of the calls. A server refuses some when other processes take the machine's time; the report says how many. */
const toleratedFailures = 0.01;

export function orderOf(
  { rows, firstLead }: Plan,
  { subject, operation }: Pick<Series, "subject" | "operation">,
  seconds: number,
): LoadOrder {
  return { operation, rows, firstLead, seconds, transport: subject.transport, port: subject.port };
}

/** What is compared beside the peers is measured for half as long, so that a run takes less than 20 minutes. */
function shareOf({ subject, operation }: Pick<Series, "subject" | "operation">): number {
  const isPeer = peerOperations.some((each) => each === operation) && subject.name !== workers;
  return isPeer ? 1 : 0.5;
}

/** Microseconds of CPU for all calls are milliseconds for 1,000 of 1,000 calls. */
function intervalOf(figures: LoadFigures, serverMicroseconds: number, databaseMicroseconds: number): Interval {
  const { calls, failures, seconds, p50Ms, p99Ms, cpuSeconds } = figures;
  const perThousand = (microseconds: number) => microseconds / 1_000 / calls;
  return {
    ...{ perSecond: calls / seconds, p50Ms, p99Ms, failures },
    serverCpu: perThousand(serverMicroseconds),
    databaseCpu: perThousand(databaseMicroseconds),
    clientCpu: (cpuSeconds / calls) * 1_000,
  };
}

/** Starts elsewhere each round, and goes the other way every second time. */
function rotated<T>(all: readonly T[], round: number): readonly T[] {
  const start = (round * 7) % all.length;
  const turned = [...all.slice(start), ...all.slice(0, start)];
  return round % 2 === 0 ? turned : turned.toReversed();
}
