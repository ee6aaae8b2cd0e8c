import { setTimeout as pause } from "node:timers/promises";
import { orderOf, type Plan } from "./measure.js";
import type { NamedService } from "./subjects.js";

/** Resident memory of one process. */
export interface Memory {
  readonly name: string;
  readonly idleMiB: number;
  /** After `calls` calls, and some seconds without any. */
  readonly usedMiB: number;
  readonly calls: number;
}

const idleMs = 3_000;
const settleMs = 10_000;
const stretchSeconds = 1;

/** Resident memory of each service, which has answered nothing yet. */
export async function idleMemory(services: readonly NamedService[]): Promise<readonly number[]> {
  await pause(idleMs);
  return services.map(({ service }) => service.residentMiB());
}

interface Used {
  readonly idleMiB: readonly number[];
  /** Calls that each process has answered so far. */
  readonly answered: ReadonlyMap<number, number>;
  /** What is missing of these is sent, of all kinds. */
  readonly least: number;
}

/** Resident memory of each service once it has answered as many calls. */
export async function usedMemory(
  plan: Plan,
  services: readonly NamedService[],
  { idleMiB, answered, least }: Used,
): Promise<readonly Memory[]> {
  const calls = services.map(({ service: { pid } }) => answered.get(pid) ?? 0);
  for (const [index, { service }] of services.entries()) {
    const kinds = plan.subjects
      .filter(({ pid }) => pid === service.pid)
      .flatMap((subject) => subject.operations.map((operation) => ({ subject, operation })));
    for (let turn = 0; (calls[index] ?? 0) < least; turn += 1) {
      const kind = kinds[turn % kinds.length];
      if (!kind) break;
      const figures = await plan.load.send(orderOf(plan, kind, stretchSeconds));
      calls[index] = (calls[index] ?? 0) + figures.calls;
    }
  }
  await pause(settleMs);
  return services.map(({ name, service }, index) => ({
    ...{ name, idleMiB: idleMiB[index] ?? Number.NaN, calls: calls[index] ?? 0 },
    usedMiB: service.residentMiB(),
  }));
}
