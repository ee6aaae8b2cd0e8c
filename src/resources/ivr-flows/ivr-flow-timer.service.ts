export interface RunClock {
  /** Throws the reason of the client's signal once it has fired. */
  isOver(): boolean;
  /** "OVER" once the time is up, even if the work ignores its signal. */
  race<T>(work: (time: AbortSignal) => Promise<T>): Promise<T | "OVER">;
  stop(): void;
}

/**
 * Measures the time of a run. Must be stopped at the end.
 *
 * @param deadlineMs on the clock of `performance.now()`
 * @param signal signal of the client; when it fires, the clock throws its reason
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
        // The run is over, whatever error the work made of the abort.
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
