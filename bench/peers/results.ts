import { quantile } from "../load.js";
import { comparedWrites, type Operation, peerOperations, type Transport } from "./load-order.js";
import type { Interval } from "./measure.js";
import type { Measured } from "./measured.js";
import { latePage } from "./pages.js";
import { before, ours, workers } from "./subjects.js";

/** What was measured for one target. */
export interface Result {
  readonly name: string;
  /** One a round, or a single one. */
  readonly values: readonly number[];
  /** What must hold for the median, and what is wanted. */
  readonly floor: number | undefined;
  readonly aim: number | undefined;
  readonly digits: number;
}

export interface Results {
  readonly title: string;
  readonly isMoreBetter: boolean;
  readonly all: readonly Result[];
}

type Speed = readonly [operation: Operation, transport: Transport, peer: string, floor: number, aim: number];

const speeds: readonly Speed[] = [
  ["R", "gRPC", "grpc-js + protobuf-es + pg", 1, 1.15],
  ["R", "REST", "Fastify + pg", 0.6, 1.05],
  ["W", "gRPC", "grpc-js + protobuf-es + pg", 1, 1.15],
  ["W", "REST", "Fastify + pg", 0.9, 1.05],
  ["L", "gRPC", "grpc-js + protobuf-es + pg", 2, 2.8],
  ["L", "REST", "Fastify + pg", 1, 1.2],
  ["R", "REST", "Fastify + Prisma", 6, 9],
  ["W", "REST", "Fastify + Prisma", 4.4, 5.1],
  ["L", "REST", "Fastify + Prisma", 2.8, 3.4],
];

const cpuTimes: readonly Speed[] = [
  ["R", "gRPC", before, 0.65, 0.5],
  ["W", "gRPC", before, 0.65, 0.5],
  ["L", "gRPC", before, 0.35, 0.25],
  ["R", "REST", before, 0.5, 0.35],
  ["W", "REST", before, 0.6, 0.45],
  ["L", "REST", before, 0.35, 0.25],
];

const perSecond = ({ perSecond: calls }: Interval) => calls;
const serverCpu = ({ serverCpu: cpu }: Interval) => cpu;
const cpuOfBoth = (interval: Interval) => interval.serverCpu + interval.databaseCpu;
const p50 = ({ p50Ms }: Interval) => p50Ms;

/** The targets with what was measured for them. Those of parts that were left out are missing. */
export function resultsOf(measured: Measured): readonly Results[] {
  const all: readonly Results[] = [
    {
      title: "Calls per second, as a ratio to a peer",
      isMoreBetter: true,
      all: speeds.map(([operation, transport, peer, floor, aim]) => ({
        ...{ name: `${operation} ${transport}, to ${peer}`, floor, aim, digits: 2 },
        values: ratios(measured, [ours, operation, transport], [peer, operation, transport], perSecond),
      })),
    },
    {
      title: "CPU time of Node.js, as a ratio to the earlier build",
      isMoreBetter: false,
      all: cpuTimes.map(([operation, transport, , floor, aim]) => ({
        ...{ name: `${operation} ${transport}`, floor, aim, digits: 2 },
        values: ratios(measured, [ours, operation, transport], [before, operation, transport], serverCpu),
      })),
    },
    { title: "Other calls", isMoreBetter: false, all: otherCalls(measured) },
    { title: "Memory and start", isMoreBetter: false, all: processes(measured) },
    {
      title: "Two processes (WORKERS=2), median time of a call as a ratio to one process",
      isMoreBetter: false,
      all: (["gRPC", "REST"] as const).flatMap((transport) =>
        peerOperations.map((operation) => ({
          ...{ name: `${operation} ${transport}`, floor: 1.1, aim: undefined, digits: 2 },
          values: ratios(measured, [workers, operation, transport], [ours, operation, transport], p50),
        })),
      ),
    },
  ];
  return all.map((each) => ({ ...each, all: each.all.filter(({ values }) => values.length > 0) }));
}

function otherCalls(measured: Measured): readonly Result[] {
  const [roundTrips] = measured.roundTrips;
  return [
    ...comparedWrites.map((operation) => ({
      ...{ name: `${operation}, round trips to the database`, floor: 2, aim: 1, digits: 0 },
      values: [roundTrips?.get(operation) ?? []].flat(),
    })),
    ...comparedWrites.map((operation) => ({
      ...{ name: `${operation} REST, CPU time of Node.js to CreateCustomer`, floor: 1.5, aim: 1.2, digits: 2 },
      values: ratios(measured, [ours, operation, "REST"], [ours, "W", "REST"], serverCpu),
    })),
    ...(["gRPC", "REST"] as const).map((transport) => ({
      name: `QueryCustomer ${transport}, CPU time of Node.js and PostgreSQL to GetCustomer`,
      ...{ floor: 1.3, aim: 1.15, digits: 2 },
      values: ratios(measured, [ours, "QueryCustomer", transport], [ours, "GetCustomer", transport], cpuOfBoth),
    })),
    {
      name: `ListCustomers, page ${latePage} by number to page 1, time`,
      ...{ values: measured.latePages, floor: undefined, aim: undefined, digits: 1 },
    },
  ];
}

function processes({ memory, starts }: Measured): readonly Result[] {
  const of = memory.find(({ name }) => name === ours);
  const [present, earlier] = [ours, before].map((build) => starts.find(({ name }) => name === build)?.cpuSeconds ?? []);
  return [
    { name: "resident memory, idle, MiB", values: of ? [of.idleMiB] : [], floor: 130, aim: 110, digits: 0 },
    {
      name: `resident memory after ${of?.calls.toLocaleString("en")} calls of all kinds, MiB`,
      ...{ values: of ? [of.usedMiB] : [], floor: 200, aim: 160, digits: 0 },
    },
    {
      name: "start on a used data folder, CPU time until ready, to the earlier build",
      ...{ floor: 0.8, aim: 0.6, digits: 2 },
      values: present?.flatMap((cpu, round) => (earlier?.[round] ? [cpu / earlier[round]] : [])) ?? [],
    },
  ];
}

type Measurement = readonly [subject: string, operation: Operation, transport: Transport];

/** The ratio in each round. Empty if one of both was not measured. */
function ratios(
  { series }: Measured,
  measurement: Measurement,
  other: Measurement,
  read: (interval: Interval) => number,
): readonly number[] {
  const intervalsOf = ([subject, operation, transport]: Measurement) =>
    series.find(
      (each) => each.subject.name === subject && each.subject.transport === transport && each.operation === operation,
    )?.intervals ?? [];
  const others = intervalsOf(other);
  return intervalsOf(measurement).flatMap((interval, round) => {
    const compared = others[round];
    return compared ? [read(interval) / read(compared)] : [];
  });
}

export type Verdict = "aim reached" | "floor holds" | "**floor missed**" | "";

export function verdictOf({ values, floor, aim, digits }: Result, isMoreBetter: boolean): Verdict {
  // As it is shown.
  const median = Number(quantile(values, 0.5).toFixed(digits));
  const reaches = (target: number) => (isMoreBetter ? median >= target : median <= target);
  if (aim !== undefined && reaches(aim)) return "aim reached";
  if (floor === undefined) return "";
  return reaches(floor) ? "floor holds" : "**floor missed**";
}
