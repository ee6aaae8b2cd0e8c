import {
  type AllowedTargets,
  isAllowedTarget,
  type OutboundCalls,
  type OutboundFailure,
  type OutboundRequest,
  targetFault,
} from "../core/outbound-call.js";
import { createBreakers, type Outcome } from "./breakers.js";
import { openConnection, type ResolveName, resolveLocalName, resolvePublicName } from "./connector.js";
import { failureOf, OutboundFault } from "./outbound-failure.js";

export type OutboundOutcome = "ANSWERED" | OutboundFailure;

interface OutboundOptions {
  /** Targets allowed although they are not public. */
  readonly allow: AllowedTargets;
  /** Called with the outcome of each call that its client did not cancel. */
  readonly observe?: (outcome: OutboundOutcome) => void;
  /** Resolves public names; default: the name servers of this machine. */
  readonly resolve?: ResolveName;
  /** Certificate authorities in PEM; default: those of Node. */
  readonly ca?: string;
  /** `false` only in tests that show what the guard prevents. */
  readonly guard?: boolean;
  /** For name resolution, connection and TLS together; default: 3 s. */
  readonly connectTimeoutMs?: number;
  /** How long a breaker stays open; default: 30 s. */
  readonly breakerOpenMs?: number;
}

/** Requests to third-party systems. Disposing ends those in flight as CONNECTION_LOST and waits for them. */
export interface Outbound extends OutboundCalls, AsyncDisposable {}

/** Per company. */
const maxConcurrentCalls = 50;

export function createOutbound({ allow, observe, guard = true, ...options }: OutboundOptions): Outbound {
  const { resolve = resolvePublicName, ca, connectTimeoutMs = 3_000, breakerOpenMs = 30_000 } = options;
  const breakers = createBreakers(breakerOpenMs);
  const running = new Map<string, number>();
  const underWay = new Set<Promise<unknown>>();
  const stops = new Set<() => void>();
  let isStopped = false;

  const onStop = (callback: () => void) => {
    if (isStopped) callback();
    stops.add(callback);
    return () => stops.delete(callback);
  };

  /** One attempt under one timer. Failures are returned as outcomes. */
  const attempt = async (request: OutboundRequest, signal: AbortSignal): Promise<Outcome> => {
    const startedAt = performance.now();
    const url = new URL(request.url);
    const isException = isAllowedTarget(url, allow);
    const route = { url, resolve: isException ? resolveLocalName : resolve, anyAddress: isException || !guard, ca };
    const ending = new AbortController();
    const end = (reason: unknown) => ending.abort(reason);
    const release = [
      onAbort(signal, () => end(signal.reason)),
      onStop(() => end(new OutboundFault("CONNECTION_LOST"))),
      after(request.timeoutMs, () => end(new OutboundFault("TIMEOUT"))),
    ];
    const stopConnecting = after(connectTimeoutMs, () => end(new OutboundFault("TIMEOUT")));
    try {
      // Loaded with the first call: undici is large, and most deployments never need it.
      const { exchange } = await import("./exchange.js");
      ending.signal.throwIfAborted();
      const socket = await openConnection(route, ending.signal).finally(stopConnecting);
      const answer = await exchange(request, socket, ending.signal);
      return { kind: "answered", ...answer, durationMs: performance.now() - startedAt };
    } catch (error) {
      // After the abort, every error is a consequence of it.
      const cause: unknown = ending.signal.aborted ? ending.signal.reason : error;
      if (signal.aborted && cause === signal.reason) throw cause;
      return { kind: "failed", failure: failureOf(cause), durationMs: performance.now() - startedAt };
    } finally {
      for (const free of release) free();
    }
  };

  const run = async (request: OutboundRequest, signal: AbortSignal): Promise<Outcome> => {
    signal.throwIfAborted();
    const count = running.get(request.companyId) ?? 0;
    if (count >= maxConcurrentCalls) return refused("TOO_MANY_CALLS");
    if (guard && targetFault(request.url, allow) !== undefined) return refused("TARGET_FORBIDDEN");
    running.set(request.companyId, count + 1);
    try {
      const key = `${request.companyId}/${request.externalApiId}/${request.version}`;
      return (await breakers.run(key, () => attempt(request, signal))) ?? refused("BREAKER_OPEN");
    } finally {
      const left = (running.get(request.companyId) ?? 1) - 1;
      if (left > 0) running.set(request.companyId, left);
      else running.delete(request.companyId);
    }
  };

  return {
    targetFault: (url) => targetFault(url, allow),
    async call(request, signal) {
      const work = run(request, signal);
      underWay.add(work);
      try {
        const outcome = await work;
        observe?.(outcome.kind === "failed" ? outcome.failure : "ANSWERED");
        return outcome;
      } finally {
        underWay.delete(work);
      }
    },
    async [Symbol.asyncDispose]() {
      isStopped = true;
      for (const stop of stops) stop();
      await Promise.allSettled(underWay);
    },
  };
}

function refused(failure: OutboundFailure): Outcome {
  return { kind: "failed", failure, durationMs: 0 };
}

/** Calls back when the signal fires, or immediately if it already has. Returns a function that unsubscribes. */
function onAbort(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) callback();
  signal.addEventListener("abort", callback, { once: true });
  return () => signal.removeEventListener("abort", callback);
}

function after(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}
