import { DomainError } from "../domain/errors.js";
import type { Call } from "./call.js";

/**
 * Does the work of a call within the caller's timeout and ours, and answers at once when the time is up or the caller
 * is gone, whether or not the work heeds its signal.
 *
 * @param maxDurationMs longest time any call may take
 * @param work is told when its time will be up, by performance.now()
 * @throws DomainError the reason of the abort
 */
export async function withinDeadline<T>(
  call: Pick<Call<unknown>, "signal" | "timeoutMs">,
  maxDurationMs: number,
  work: (signal: AbortSignal, deadlineMs: number) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const { signal } = controller;
  const cancel = (): void => controller.abort(cancellation(call.signal));
  const timeoutMs = Math.min(call.timeoutMs ?? maxDurationMs, maxDurationMs);
  if (call.signal.aborted) throw cancellation(call.signal);
  if (timeoutMs <= 0) throw deadlineExceeded();

  const deadlineMs = performance.now() + timeoutMs;
  const timer = setTimeout(() => controller.abort(deadlineExceeded()), timeoutMs);
  call.signal.addEventListener("abort", cancel, { once: true });
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  try {
    // The race subscribes to the work as well, so its late rejection is not an unhandled one.
    return await Promise.race([work(signal, deadlineMs), aborted]);
  } catch (error) {
    // Whatever the work made of the abort, the caller is told the abort's own reason.
    throw signal.aborted ? signal.reason : error;
  } finally {
    clearTimeout(timer);
    call.signal.removeEventListener("abort", cancel);
  }
}

function cancellation(signal: AbortSignal): DomainError {
  const { reason } = signal;
  return reason instanceof DomainError ? reason : callCancelled();
}

/** The caller went away before it was answered. */
export function callCancelled(): DomainError {
  return new DomainError("CALL_CANCELLED", "The caller cancelled the call.");
}

/** The time that the caller or the server allows for the call is up. */
export function deadlineExceeded(): DomainError {
  return new DomainError("DEADLINE_EXCEEDED", "The deadline passed before the call was answered.");
}
