/** Sends one request. Rejects unless the response is OK. */
export type Send = (index: number) => Promise<unknown>;

export interface Figures {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const inFlight = 32;
const warmUpMs = 1_500;
const durationMs = 5_000;

/**
 * Keeps a fixed number of requests in flight for some seconds. A response other than OK ends the measurement with its
 * error.
 */
export async function measureLoad(send: Send): Promise<Figures> {
  await callFor(send, warmUpMs);
  const startedAt = performance.now();
  const latencies = await callFor(send, durationMs);
  const seconds = (performance.now() - startedAt) / 1_000;
  return {
    perSecond: latencies.length / seconds,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  };
}

const stretches = 12;
const stretchMs = 1_500;

/**
 * Requests per second for several kinds of request. They alternate in short intervals that are summed up, so that other
 * load on the machine and the warm-up of the server affect all alike.
 */
export async function measureInTurns(sends: readonly Send[]): Promise<readonly number[]> {
  for (const send of sends) await callFor(send, warmUpMs);
  const sums = sends.map((send) => ({ send, calls: 0, seconds: 0 }));
  for (let stretch = 0; stretch < stretches; stretch += 1) {
    // In reverse order every second time, so that after-effects of one kind affect both.
    for (const sum of stretch % 2 === 0 ? sums : sums.toReversed()) {
      const startedAt = performance.now();
      sum.calls += (await callFor(sum.send, stretchMs)).length;
      sum.seconds += (performance.now() - startedAt) / 1_000;
    }
  }
  return sums.map(({ calls, seconds }) => calls / seconds);
}

/** Durations of single requests, one after another, in milliseconds. */
export async function measureOneByOne(send: Send, calls: number): Promise<readonly number[]> {
  const latencies: number[] = [];
  for (let index = 0; index < calls; index += 1) latencies.push(await timed(() => send(index)));
  return latencies;
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Sends a number of requests with 32 in flight. Their indexes start at `first`. */
export async function sendAll(send: Send, count: number, first: number): Promise<void> {
  let next = first;
  const caller = async () => {
    while (next < first + count) {
      next += 1;
      await send(next);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
}

async function callFor(send: Send, milliseconds: number): Promise<number[]> {
  const end = performance.now() + milliseconds;
  const latencies: number[] = [];
  let index = 0;
  const caller = async () => {
    while (performance.now() < end) {
      index += 1;
      const current = index;
      latencies.push(await timed(() => send(current)));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  return latencies;
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await action();
  return performance.now() - startedAt;
}
