import { nativeSignal } from "../../core/call-signal.js";
import { DomainError } from "../../core/errors.js";
import { type KeyUseLog, type Reader, recordQuery } from "../../core/key-use.js";
import type { Principal } from "../../core/principal.js";
import type { CallerQuery } from "../callers/caller-query.service.js";
import type { ExternalApis } from "../external-apis/external-api.service.js";
import type { FlowActions, FlowInvocation } from "./ivr-flow-node.service.js";
import type { RunPerson } from "./ivr-flow-run.model.js";

/** Time limit of one customer query. */
const queryTimeoutMs = 3_000;

/** Time in which an external API that reaches its limit can still report it: at most an eighth of the limit. */
const maxGraceMs = 40;

export interface ActionDependencies {
  readonly callerQuery: Pick<CallerQuery, "find">;
  readonly externalApis: Pick<ExternalApis, "invoke">;
  readonly keyUse: KeyUseLog;
}

export interface ActionContext {
  readonly principal: Principal;
  readonly companyId: string;
  readonly reader: Reader;
  /** The idempotency key of the request that runs the flow, if any. */
  readonly idempotencyKey?: string;
}

/** What the actions of a run have done. */
interface RunTraces {
  /** Whether external APIs have been called, or may have been. */
  hasCalled(): boolean;
  /** The customers and leads that were found. */
  people(): readonly RunPerson[];
}

/** The customer queries and external API calls of a run, with the access of the client. */
export function createFlowActions(
  { callerQuery, externalApis, keyUse }: ActionDependencies,
  context: ActionContext,
): FlowActions & RunTraces {
  const { principal, companyId, reader, idempotencyKey } = context;
  const people = new Map<string, RunPerson>();
  let callsInProgress = 0;
  let hasCalled = false;
  const refusal = (error: unknown) => (hasCalled ? afterCalls(error) : error);
  return {
    hasCalled: () => hasCalled || callsInProgress > 0,
    people: () => [...people.values()],

    async query(question, signal, deadlineMs) {
      const limitMs = Math.min(queryTimeoutMs, wholeMsUntil(deadlineMs));
      if (limitMs <= 0) return "TIMED_OUT";
      const tooLong = AbortSignal.timeout(limitMs);
      try {
        const asked = { companyId, needsKeys: true, needsRecord: false, ...question };
        const answer = await callerQuery.find(principal, asked, AbortSignal.any([nativeSignal(signal), tooLong]));
        recordQuery(keyUse, reader, answer);
        const [first] = answer.matches;
        if (first) people.set(`${first.kind}/${first.id}`, { kind: personKinds[first.kind], id: first.id });
        return { found: answer.caller !== undefined, values: { ...answer.values, ...answer.facts } };
      } catch (error) {
        if (tooLong.aborted || isReason(error, ...databaseTimeouts)) return "TIMED_OUT";
        throw refusal(error);
      }
    },

    async invoke({ externalApiId: id, params, step }, signal, deadlineMs) {
      const limitMs = wholeMsUntil(deadlineMs);
      if (limitMs <= 0) return timedOut;
      const tooLong = AbortSignal.timeout(limitMs + Math.min(maxGraceMs, Math.floor(limitMs / 8)));
      // A different key for each call of the run, and the same keys if the run is retried.
      const key = idempotencyKey === undefined ? {} : { idempotencyKey: `${idempotencyKey}/${step}` };
      callsInProgress += 1;
      try {
        const {
          branch,
          reason = "",
          status,
          outputs,
        } = await externalApis.invoke(
          { companyId, id, params, deadlineMs, ...key },
          principal,
          AbortSignal.any([nativeSignal(signal), tooLong]),
        );
        hasCalled = true;
        return {
          branch: branch === "TIMEOUT" ? "TIMED_OUT" : branch,
          ...{ reason, status: status === undefined ? "" : String(status), outputs },
        };
      } catch (error) {
        // The request may have been sent.
        if (tooLong.aborted || signal.aborted) hasCalled = true;
        if (tooLong.aborted && !signal.aborted) return timedOut;
        return notCalled(refusal(error));
      } finally {
        callsInProgress -= 1;
      }
    },
  };
}

const personKinds = { CUSTOMER: "customer", LEAD: "lead" } as const;

const timedOut: FlowInvocation = { branch: "TIMED_OUT", reason: "TIMEOUT", status: "", outputs: {} };

/** The database delayed a step: the node has timed out, and its timeout branch is taken. */
const databaseTimeouts = ["STATEMENT_TIMEOUT", "LOCK_TIMEOUT"] as const;

/** An API may have changed since the flow was checked. The node then fails, and the run continues. */
function notCalled(error: unknown): FlowInvocation {
  for (const reason of ["RESOURCE_NOT_FOUND", "RESOURCE_ARCHIVED", "INVALID_REQUEST"] as const) {
    if (isReason(error, reason)) return { branch: "FAILURE", reason, status: "", outputs: {} };
  }
  if (isReason(error, ...databaseTimeouts)) return timedOut;
  throw error;
}

/** Replaces an error that tells the client to retry, because a retry would call the external APIs again. */
function afterCalls(error: unknown): unknown {
  if (!isReason(error, "DATABASE_UNAVAILABLE", "OVERLOADED")) return error;
  return new DomainError(
    "OUTCOME_UNKNOWN",
    "The flow run was interrupted after external APIs had been called.",
    {},
    { cause: error },
  );
}

function isReason(error: unknown, ...reasons: readonly DomainError["reason"][]): boolean {
  return error instanceof DomainError && reasons.includes(error.reason);
}

/** `AbortSignal.timeout` accepts only whole milliseconds. */
function wholeMsUntil(deadlineMs: number): number {
  return Math.floor(deadlineMs - performance.now());
}
