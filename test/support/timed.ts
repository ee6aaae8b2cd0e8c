import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/**
 * For tests that judge times alone: CI's machine is shared, so there a miss is tried once more. What must never happen, a
 * lost or doubled write, a leak, gets no second try.
 */
export const timed = { retry: process.env["CI"] ? 1 : 0 };

const worthCollecting = 100e6;

export interface Cost {
  /** CPU time of this process. */
  readonly cpuMs: number;
  /** By how much the resident memory of this process grew. */
  readonly grownBytes: number;
}

/**
 * What the work costs this process: the lower of two measurements each, because a garbage collection of what other tests
 * left, or the growth of the heap that puts it off, can fall into one. Much that the first left is collected before the
 * second, which then has to grow as well.
 */
export async function leastCost<T>(work: () => T | Promise<T>): Promise<Cost & { readonly answer: T }> {
  const first = await costOf(work);
  if (first.grownBytes > worthCollecting) collectGarbage();
  const second = await costOf(work);
  return {
    answer: second.answer,
    cpuMs: Math.min(first.cpuMs, second.cpuMs),
    grownBytes: Math.min(first.grownBytes, second.grownBytes),
  };
}

async function costOf<T>(work: () => T | Promise<T>) {
  const { rss } = process.memoryUsage();
  const before = process.cpuUsage();
  const answer = await work();
  const { user, system } = process.cpuUsage(before);
  return { answer, cpuMs: (user + system) / 1_000, grownBytes: process.memoryUsage().rss - rss };
}
