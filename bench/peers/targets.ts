import type { Operation, Transport } from "./load-order.js";
import type { Interval, Measured } from "./measure.js";
import { before, ours } from "./subjects.js";

/** A ratio of this build to another server, over the same transport. */
export interface Target {
  readonly name: string;
  readonly operation: Operation;
  readonly transport: Transport;
  readonly peer: string;
  readonly read: (interval: Interval) => number;
  /** At least, for calls per second. At most, for CPU time. */
  readonly floor: number;
  readonly aim: number;
}

const perSecond = ({ perSecond: calls }: Interval) => calls;
const serverCpu = ({ serverCpu: cpu }: Interval) => cpu;

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

export const targets: readonly Target[] = [
  ...speeds.map((speed) => targetOf(speed, { what: "calls/s", read: perSecond })),
  ...cpuTimes.map((speed) => targetOf(speed, { what: "CPU of the server", read: serverCpu })),
];

function targetOf(
  [operation, transport, peer, floor, aim]: Speed,
  { what, read }: Pick<Target, "read"> & { readonly what: string },
): Target {
  return { name: `${operation} ${transport}, ${what}, to ${peer}`, operation, transport, peer, read, floor, aim };
}

/** The ratio in each round. Empty if the other server was not measured. */
export function ratioOf({ series }: Measured, { operation, transport, peer, read }: Target): readonly number[] {
  const intervalsOf = (name: string) =>
    series.find(
      ({ subject, operation: measured }) =>
        subject.name === name && subject.transport === transport && measured === operation,
    )?.intervals ?? [];
  const others = intervalsOf(peer);
  return intervalsOf(ours).flatMap((interval, round) => {
    const other = others[round];
    return other ? [read(interval) / read(other)] : [];
  });
}
