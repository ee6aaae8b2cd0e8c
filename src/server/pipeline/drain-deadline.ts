/**
 * The moment at which a stopping server gives up the calls still under way. No AbortSignal: every call listens to it, and
 * the listeners of one are searched whenever one is taken away.
 */
export interface CutOff {
  hasCome(): boolean;
  /** Calls back when the moment comes; the result takes that back. */
  on(listener: () => void): () => void;
  /** Now it is. */
  come(): void;
}

export function createCutOff(): CutOff {
  const listeners = new Set<() => void>();
  let isOver = false;
  return {
    hasCome: () => isOver,
    on(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    come() {
      isOver = true;
      for (const listener of listeners) listener();
    },
  };
}
