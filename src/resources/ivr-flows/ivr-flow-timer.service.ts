export interface RunClock {
  /** Throws the reason of the caller's signal once it has fired. */
  isOver(): boolean;
  /** "OVER" once the time is up, whether or not the work heeds its signal. */
  race<T>(work: (time: AbortSignal) => Promise<T>): Promise<T | "OVER">;
  stop(): void;
}

/**
 * The time of a run. Stop it in the end.
 *
 * @param deadlineMs by performance.now()
 * @param signal of the caller; when it fires, the clock throws its reason
 */
export function startClock(deadlineMs: number, signal: AbortSignal): RunClock {
  const over = new AbortController();
  const cancel = () => over.abort(signal.reason);
  const timer = setTimeout(() => over.abort(), Math.max(0, deadlineMs - performance.now()));
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) cancel();
  const ended = new Promise<"OVER">((resolve) => {
    over.signal.addEventListener("abort", () => resolve("OVER"), { once: true });
  });
  return {
    isOver() {
      signal.throwIfAborted();
      return over.signal.aborted || performance.now() >= deadlineMs;
    },
    async race(work) {
      try {
        return await Promise.race([work(over.signal), ended]);
      } catch (error) {
        // Whatever the work made of the abort, the run is over.
        if (over.signal.aborted && !signal.aborted) return "OVER";
        throw error;
      } finally {
        signal.throwIfAborted();
      }
    },
    stop() {
      clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
    },
  };
}
