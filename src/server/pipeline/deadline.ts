import { DomainError } from "../../core/errors.js";
import type { Call } from "./call.js";
import type { DrainDeadline } from "./drain-deadline.js";

/** A call that is cut off has so long to find out whether it took effect. Statements are cancelled in less. */
export const outcomeGraceMs = 200;

export interface Limits {
  /** Longest time any call may take. */
  readonly maxDurationMs: number;
  /** When a stopping server gives up its calls. */
  readonly drainDeadline?: DrainDeadline;
  /** Whether the caller may send the call again without knowing if it took effect: a read, or a write with a claim. */
  readonly isRepeatable?: boolean;
  /** Whether the call may have effects that cannot be taken back when it is cut off: those in systems of others. */
  readonly actsElsewhere?: boolean;
}

/**
 * Does the work of a call within the caller's timeout and ours, and answers at once when the time is up or the caller
 * is gone, whether or not the work heeds its signal. A call that is cut off by the stop of the server is still told what
 * became of it, if that shows soon.
 *
 * @param work is told when its time will be up, by performance.now()
 * @throws DomainError the reason of the abort
 */
export async function withinDeadline<T>(
  call: Pick<Call<unknown>, "signal" | "timeoutMs">,
  { maxDurationMs, drainDeadline, isRepeatable = false, actsElsewhere = false }: Limits,
  work: (signal: AbortSignal, deadlineMs: number) => Promise<T>,
): Promise<T> {
  const timeoutMs = Math.min(call.timeoutMs ?? maxDurationMs, maxDurationMs);
  if (call.signal.aborted) throw cancellation(call.signal);
  if (timeoutMs <= 0) throw deadlineExceeded();
  if (drainDeadline?.isExpired()) throw shuttingDown();

  const controller = new AbortController();
  const { signal } = controller;
  let told: DomainError | undefined;
  let tell = (_reason: DomainError): void => {};
  const ended = new Promise<never>((_, reject) => {
    tell = reject;
  });
  const end = (reason: DomainError): void => {
    told ??= reason;
    controller.abort(told);
    tell(told);
  };
  const cancel = (): void => end(cancellation(call.signal));
  const deadlineMs = performance.now() + timeoutMs;
  const timer = setTimeout(() => end(deadlineExceeded()), timeoutMs);
  let settling: NodeJS.Timeout | undefined;
  const leaveCutOff = drainDeadline?.on(() => {
    controller.abort(actsElsewhere ? outcomeUnknown() : shuttingDown());
    settling = setTimeout(() => end(isRepeatable ? shuttingDown() : outcomeUnknown()), outcomeGraceMs);
  });
  call.signal.addEventListener("abort", cancel, { once: true });
  try {
    // The race subscribes to the work as well, so its late rejection is not an unhandled one.
    return await Promise.race([work(signal, deadlineMs), ended]);
  } catch (error) {
    // Whatever the work made of the abort, the caller is told the abort's own reason.
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

/** The caller went away before it was answered. */
export function callCancelled(): DomainError {
  return new DomainError("CALL_CANCELLED", "The client canceled the request.");
}

/** The time that the caller or the server allows for the call is up. */
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
