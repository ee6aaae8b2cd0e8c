import { cpuMeter } from "../cpu-time.js";
import type { LoadClient } from "./load.js";
import { type LoadFigures, type Operation, operations } from "./load-order.js";
import type { Pgbench } from "./pgbench.js";
import type { Subject } from "./subjects.js";

/** What one subject did in one interval. CPU in seconds per 1,000 calls. */
export interface Interval {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly serverCpu: number;
  readonly databaseCpu: number;
  readonly clientCpu: number;
}

/** The intervals of a subject and an operation, one a round. */
export interface Series {
  readonly subject: Subject;
  readonly operation: Operation;
  readonly intervals: readonly Interval[];
}

export interface Measured {
  readonly series: readonly Series[];
  /** Calls per second of pgbench, one a round. Empty if it is not installed. */
  readonly pgbench: readonly number[];
}

interface Plan {
  readonly subjects: readonly Subject[];
  readonly load: LoadClient;
  readonly pgbench: Pgbench | undefined;
  readonly clusterFolder: string;
  /** Customers that can be read. */
  readonly rows: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

/**
 * Measures every subject once a round, so that other load on the machine and the growth of the database affect all
 * alike, in another order each round.
 *
 * @throws Error if a call fails or is answered without what it asked for
 */
export async function measure(plan: Plan): Promise<Measured> {
  const { load, rows, seconds, warmUpSeconds, rounds } = plan;
  const orderOf = ({ subject, operation }: Pick<Series, "subject" | "operation">) => ({
    ...{ operation, rows, transport: subject.transport, port: subject.port },
  });
  const all = plan.subjects.flatMap((subject) => operations.map((operation) => ({ subject, operation })));
  const meters = new Map(plan.subjects.map((subject) => [subject, cpuMeter(subject.pid, plan.clusterFolder)]));
  for (const each of all) await load.send({ ...orderOf(each), seconds: warmUpSeconds });
  const series = all.map((each) => {
    const intervals: Interval[] = [];
    return { ...each, intervals };
  });
  const pgbench: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const { subject, operation, intervals } of rotated(series, round)) {
      const meter = meters.get(subject);
      const start = meter?.();
      const figures = await load.send({ ...orderOf({ subject, operation }), seconds });
      const end = meter?.();
      if (figures.failures > 0) throw new Error(`${subject.name} failed ${figures.failures} calls of ${operation}.`);
      if (start && end) intervals.push(intervalOf(figures, end.server - start.server, end.database - start.database));
    }
    if (plan.pgbench) pgbench.push(await plan.pgbench.measure(seconds));
  }
  return { series, pgbench };
}

/** Microseconds of CPU for all calls are milliseconds for 1,000 of 1,000 calls. */
function intervalOf(figures: LoadFigures, serverMicroseconds: number, databaseMicroseconds: number): Interval {
  const { calls, seconds, p50Ms, p99Ms, cpuSeconds } = figures;
  const perThousand = (microseconds: number) => microseconds / 1_000 / calls;
  return {
    ...{ perSecond: calls / seconds, p50Ms, p99Ms },
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
