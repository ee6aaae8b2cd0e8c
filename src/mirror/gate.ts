/** Runs a task when there is room for it. */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

/** Lets a number of tasks run at the same time. */
export function createGate(limit: number): Gate {
  let free = limit;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
