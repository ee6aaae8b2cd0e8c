/**
 * Drain deadline: when it expires, in-flight requests are aborted. Not an AbortSignal: every request would listen to
 * it, and removing a listener searches all of them.
 */
export interface DrainDeadline {
  isExpired(): boolean;
  /** Calls back when the deadline expires. Returns a function that unsubscribes. */
  on(listener: () => void): () => void;
  /** Marks the deadline as expired. */
  expire(): void;
}

export function createDrainDeadline(): DrainDeadline {
  const listeners = new Set<() => void>();
  let isOver = false;
  return {
    isExpired: () => isOver,
    on(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    expire() {
      isOver = true;
      for (const listener of listeners) listener();
    },
  };
}
