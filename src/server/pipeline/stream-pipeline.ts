import type { ItemTools, StreamRegistry } from "../../api/rpc.js";
import { DomainError } from "../../core/errors.js";
import type { ExecuteStream, StreamCall } from "./call.js";
import { type DrainDeadline, withinDeadline } from "./deadline.js";
import { type Gate, notImplemented } from "./gate.js";
import { type CallRecord, observe, type Sent } from "./observe.js";
import { createStreamSlots } from "./stream-slots.js";

export interface StreamLimits {
  /** Maximum duration of a stream. */
  readonly maxDurationMs: number;
  /** Streams of one company that run at the same time. */
  readonly perCompany: number;
  /** How long a client may take no response before the stream ends; default: a minute. */
  readonly stalledMs?: number;
}

interface StreamPipelineOptions {
  readonly streams: StreamRegistry;
  readonly drainDeadline?: DrainDeadline;
  readonly limits?: StreamLimits;
}

const defaultLimits: StreamLimits = { maxDurationMs: 60 * 60_000, perCompany: 4 };
const defaultStalledMs = 60_000;

/**
 * The path of a request with a stream of responses. It passes the same gate as any other, and has a longer time. A
 * response is asked of the handler once the client can take it, so the memory of a stream does not depend on its client.
 */
export function createStreamPipeline(gate: Gate, options: StreamPipelineOptions): ExecuteStream {
  const { streams, drainDeadline, limits = defaultLimits } = options;
  const { maxDurationMs, perCompany, stalledMs = defaultStalledMs } = limits;
  const slots = createStreamSlots(perCompany);
  const isHandled = (rpc: string) => streams.has(rpc);
  // A stream has no effects, so that a client can start it again.
  const time = { maxDurationMs, isRepeatable: true, ...(drainDeadline ? { drainDeadline } : {}) };

  async function pump<Chunk extends Uint8Array | string>(
    call: StreamCall<Chunk>,
    record: CallRecord & { readonly sent: Sent },
    { signal, deadlineMs }: { readonly signal: AbortSignal; readonly deadlineMs: number },
  ): Promise<void> {
    let leave = () => {};
    const enter = (companyId: string): undefined => {
      leave = slots.take(companyId);
    };
    try {
      const entered = await gate.enter(call, record, { isHandled, enter });
      const handler = streams.get(entered.rpc);
      if (!handler) throw notImplemented(entered.rpc);
      const context = gate.contextOf(call, record, { ...entered, signal, deadlineMs, items: noItems });
      for await (const message of handler(entered.request, context)) {
        signal.throwIfAborted();
        const chunk = call.encode(message);
        record.sent.messages += 1;
        record.sent.bytes += Buffer.byteLength(chunk);
        const taken = call.send(chunk);
        if (taken) await takenInTime(taken, signal, stalledMs);
        signal.throwIfAborted();
      }
      signal.throwIfAborted();
    } finally {
      leave();
    }
  }

  return (call) =>
    observe(call, gate.observer, (observed) => {
      const record = Object.assign(observed, { sent: { messages: 0, bytes: 0 } });
      return withinDeadline(call, time, (signal, deadlineMs) => pump(call, record, { signal, deadlineMs }));
    });
}

const noItems: ItemTools = { claim: noBatch, status: noBatch };

function noBatch(): never {
  throw new Error("no request for a stream is a batch");
}

/** Waits until the client has taken a response. Rejects if the call ends before, or after the time limit. */
function takenInTime(taken: Promise<void>, signal: AbortSignal, stalledMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    };
    const onAbort = () => {
      stop();
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      stop();
      reject(new DomainError("CALL_CANCELLED", "The client stopped reading the stream."));
    }, stalledMs);
    signal.addEventListener("abort", onAbort, { once: true });
    taken.then(() => {
      stop();
      resolve();
    }, reject);
  });
}
