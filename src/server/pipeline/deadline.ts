import { createCallSignal } from "../../core/call-signal.js";
import { DomainError } from "../../core/errors.js";
import type { IncomingCall } from "./call.js";

/** Time for an aborted request to find out whether it took effect. Canceling a statement takes less. */
export const outcomeGraceMs = 200;

export interface Limits {
  /** Maximum duration of any request. */
  readonly maxDurationMs: number;
  /** When a server that shuts down aborts its requests. */
  readonly drainDeadline?: DrainDeadline;
  /**
   * Whether the client can retry without knowing if the request took effect: a read, or a write with an idempotency
   * key.
   */
  readonly isRepeatable?: boolean;
  /** Whether the request may have irreversible effects in third-party systems when it is aborted. */
  readonly actsElsewhere?: boolean;
}

/**
 * Runs the work within the timeouts of the client and the server. Responds immediately when the time is up or the
 * client disconnects, even if the work ignores its signal. A request aborted by the shutdown still gets its actual
 * outcome if that is known soon.
 *
 * @param work gets the time of its deadline, by performance.now()
 * @throws DomainError the abort reason
 */
export async function withinDeadline<T>(
  call: Pick<IncomingCall, "signal" | "timeoutMs">,
  { maxDurationMs, drainDeadline, isRepeatable = false, actsElsewhere = false }: Limits,
  work: (signal: AbortSignal, deadlineMs: number) => Promise<T>,
): Promise<T> {
  const timeoutMs = Math.min(call.timeoutMs ?? maxDurationMs, maxDurationMs);
  if (call.signal.aborted) throw cancellation(call.signal);
  if (timeoutMs <= 0) throw deadlineExceeded();
  if (drainDeadline?.isExpired()) throw shuttingDown();

  const { signal, abort } = createCallSignal();
  let told: DomainError | undefined;
  let tell = (_reason: DomainError): void => {};
  const end = (reason: DomainError): void => {
    told ??= reason;
    abort(told);
    tell(told);
  };
  const cancel = (): void => end(cancellation(call.signal));
  const deadlineMs = performance.now() + timeoutMs;
  const timer = setTimeout(() => end(deadlineExceeded()), timeoutMs);
  let settling: NodeJS.Timeout | undefined;
  const leaveCutOff = drainDeadline?.on(() => {
    abort(actsElsewhere ? outcomeUnknown() : shuttingDown());
    settling = setTimeout(() => end(isRepeatable ? shuttingDown() : outcomeUnknown()), outcomeGraceMs);
  });
  call.signal.addEventListener("abort", cancel, { once: true });
  try {
    return await new Promise<T>((resolve, reject) => {
      tell = reject;
      // A late rejection of the work has no effect, and is not reported as unhandled.
      work(signal, deadlineMs).then(resolve, reject);
    });
  } catch (error) {
    // Always report the abort reason, whatever error the work threw.
    if (told) throw told;
    throw signal.aborted && !(error instanceof DomainError) ? signal.reason : error;
  } finally {
    clearTimeout(timer);
    clearTimeout(settling);
    leaveCutOff?.();
    call.signal.removeEventListener("abort", cancel);
  }
}

function cancellation(signal: AbortSignal): DomainError {
  const { reason } = signal;
  return reason instanceof DomainError ? reason : callCancelled();
}

export function callCancelled(): DomainError {
  return new DomainError("CALL_CANCELLED", "The client canceled the request.");
}

export function deadlineExceeded(): DomainError {
  return new DomainError("DEADLINE_EXCEEDED", "The deadline expired before the request completed.");
}

function shuttingDown(): DomainError {
  return new DomainError("SHUTTING_DOWN", "The server is shutting down. Retry the request.");
}

function outcomeUnknown(): DomainError {
  return new DomainError(
    "OUTCOME_UNKNOWN",
    "The server shut down during the request. The request may or may not have taken effect.",
  );
}

/**
 * Drain deadline: when it expires, in-flight requests are aborted. Not an AbortSignal: every request would listen to
 * it, and removing a listener searches all of them.
 */
export interface DrainDeadline {
  isExpired(): boolean;
  /** Calls back when the deadline expires. Returns a function that unsubscribes. */
  on(listener: () => void): () => void;
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
