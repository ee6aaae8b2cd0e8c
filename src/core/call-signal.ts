/** The signal of one call, and what aborts it. */
export interface CallSignal {
  readonly signal: AbortSignal;
  /** Only the first reason counts. */
  abort(reason: unknown): void;
}

type Listener = Parameters<AbortSignal["addEventListener"]>[1];

/**
 * An AbortSignal for one call. A controller of Node takes longer to create than the whole pipeline needs, and few calls
 * abort. `AbortSignal.any` requires a signal of Node: `nativeSignal`.
 */
export function createCallSignal(): CallSignal {
  const listeners: Listener[] = [];
  let aborted = false;
  let reason: unknown;
  const signal = {
    onabort: null,
    get aborted() {
      return aborted;
    },
    get reason() {
      return reason;
    },
    throwIfAborted() {
      if (aborted) throw reason;
    },
    addEventListener(type: string, listener: Listener) {
      if (type === "abort" && !aborted && !listeners.includes(listener)) listeners.push(listener);
    },
    removeEventListener(_type: string, listener: Listener) {
      const at = listeners.indexOf(listener);
      if (at >= 0) listeners.splice(at, 1);
    },
    dispatchEvent: () => false,
  } satisfies AbortSignal;
  return {
    signal,
    abort(because) {
      if (aborted) return;
      aborted = true;
      reason = because;
      const event = new Event("abort");
      // A listener can remove others.
      for (const listener of [...listeners]) {
        if (!listeners.includes(listener)) continue;
        if (typeof listener === "function") listener.call(signal, event);
        else listener.handleEvent(event);
      }
      listeners.length = 0;
    },
  };
}

/** A signal of Node that aborts with the given one. */
export function nativeSignal(signal: AbortSignal): AbortSignal {
  const isNative: boolean = signal instanceof AbortSignal;
  if (isNative) return signal;
  const controller = new AbortController();
  const abort = () => controller.abort(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  return controller.signal;
}
