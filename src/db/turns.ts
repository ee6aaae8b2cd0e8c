/**
 * Writers of one record in this process take turns, so that none makes the read of another outdated. It only saves work:
 * the version that a write compares keeps the record right, also between processes. So a writer stops waiting after some
 * time.
 */
export function createTurns(patienceMs = 1_000) {
  const last = new Map<string, Promise<unknown>>();
  return async <T>(record: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
    const earlier = last.get(record);
    const { promise: ended, resolve: end } = deferred();
    const turn = earlier ? Promise.all([earlier, ended]) : ended;
    last.set(record, turn);
    try {
      if (earlier) await waitFor(earlier, patienceMs, signal);
      return await work();
    } finally {
      end();
      if (last.get(record) === turn) last.delete(record);
    }
  };
}

function deferred(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** Resolves when the earlier turns have ended or the time is over. Rejects with the signal's reason if it aborts. */
function waitFor(earlier: Promise<unknown>, limitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const settle = (then: () => void) => () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      then();
    };
    const onAbort = settle(() => reject(signal.reason));
    const onEnd = settle(resolve);
    const timer = setTimeout(onEnd, limitMs);
    signal.addEventListener("abort", onAbort, { once: true });
    void earlier.then(onEnd);
  });
}
