import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { ErrorInfoSchema, RetryInfoSchema } from "./gen/google/rpc/error_details_pb.js";
import { wait } from "./wait.js";

export interface RetryOptions {
  /** Maximum number of attempts of a call. 1 turns retries off. Default: 5. */
  readonly attempts?: number;
  /** Bound of the first wait, in milliseconds. Each further bound is twice the one before. Default: 100. */
  readonly firstDelayMs?: number;
  /** Highest bound of a wait, in milliseconds. Default: 5,000. */
  readonly maxDelayMs?: number;
}

const transient = new Set([Code.Unavailable, Code.Aborted]);

/**
 * Repeats calls that can be repeated unchanged: those that the server answers with `RetryInfo`, after its delay, and those
 * that did not reach it. All attempts of a write have the same idempotency key, so that it takes effect once.
 */
export function retrying({ attempts = 5, firstDelayMs = 100, maxDelayMs = 5_000 }: RetryOptions = {}): Interceptor {
  return (next) => async (request) => {
    if (request.stream) return next(request);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await next(request);
      } catch (thrown) {
        const error = connectionFault(ConnectError.from(thrown), request.signal);
        if (attempt >= attempts || request.signal.aborted || !isRepeatable(error)) throw error;
        const bound = Math.min(maxDelayMs, firstDelayMs * 2 ** (attempt - 1));
        await wait((statedDelayMs(error) ?? 0) + Math.random() * bound, request.signal);
      }
    }
  };
}

/**
 * connect-node 2.1.2 closes the streams of a lost HTTP/2 connection with CANCEL, so the calls end as canceled, though no one
 * canceled them.
 */
function connectionFault(error: ConnectError, signal: AbortSignal): ConnectError {
  if (error.code !== Code.Canceled || signal.aborted || isOfServer(error)) return error;
  return new ConnectError("The connection was lost.", Code.Unavailable, undefined, undefined, error);
}

/** An error of the connection, or of a proxy, has no reason of the server. */
function isOfServer(error: ConnectError): boolean {
  return error.findDetails(ErrorInfoSchema).length > 0;
}

function isRepeatable(error: ConnectError): boolean {
  if (statedDelayMs(error) !== undefined) return true;
  return transient.has(error.code) && !isOfServer(error);
}

/** The delay that the server asks for, in milliseconds. Undefined if it does not ask for a retry. */
export function statedDelayMs(error: ConnectError): number | undefined {
  const [info] = error.findDetails(RetryInfoSchema);
  if (!info) return undefined;
  const { seconds = 0n, nanos = 0 } = info.retryDelay ?? {};
  return Number(seconds) * 1_000 + nanos / 1_000_000;
}
