/**
 * The moment at which a stopping server gives up the calls still under way. No AbortSignal: every call listens to it, and
 * the listeners of one are searched whenever one is taken away.
 */
export interface DrainDeadline {
  isExpired(): boolean;
  /** Calls back when the moment comes; the result takes that back. */
  on(listener: () => void): () => void;
  /** Now it is. */
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
