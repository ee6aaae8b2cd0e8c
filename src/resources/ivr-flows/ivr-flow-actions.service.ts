import { DomainError } from "../../core/errors.js";
import type { Principal } from "../../core/principal.js";
import type { CallerQuery } from "../callers/caller-query.service.js";
import type { ExternalApis } from "../external-apis/external-api.service.js";
import type { FlowActions, FlowInvocation } from "./ivr-flow-node.service.js";

/** Time limit of one customer query. */
const queryTimeoutMs = 3_000;

/** The time in which an external API that reaches its limit can still report it. */
const graceMs = 10;

export interface ActionDependencies {
  readonly callerQuery: Pick<CallerQuery, "find">;
  readonly externalApis: Pick<ExternalApis, "invoke">;
}

export interface ActionContext {
  readonly principal: Principal;
  readonly companyId: string;
  /** The idempotency key of the request that runs the flow, if any. */
  readonly idempotencyKey?: string;
}

/** The customer queries and external API calls of a run, with the access of the client. */
export function createFlowActions(
  { callerQuery, externalApis }: ActionDependencies,
  context: ActionContext,
): FlowActions {
  const { principal, companyId, idempotencyKey } = context;
  let hasCalled = false;
  const refusal = (error: unknown) => (hasCalled ? afterCalls(error) : error);
  return {
    async query(question, signal, deadlineMs) {
      const limitMs = Math.min(queryTimeoutMs, wholeMsUntil(deadlineMs));
      if (limitMs <= 0) return "TIMED_OUT";
      const tooLong = AbortSignal.timeout(limitMs);
      try {
        const asked = { companyId, needsKeys: true, ...question };
        const answer = await callerQuery.find(principal, asked, AbortSignal.any([signal, tooLong]));
        return { found: answer.caller !== undefined, values: { ...answer.values, ...answer.facts } };
      } catch (error) {
        if (tooLong.aborted || isReason(error, ...databaseTimeouts)) return "TIMED_OUT";
        throw refusal(error);
      }
    },

    async invoke({ externalApiId: id, params, step }, signal, deadlineMs) {
      const limitMs = wholeMsUntil(deadlineMs);
      if (limitMs <= 0) return timedOut;
      const tooLong = AbortSignal.timeout(limitMs + graceMs);
      // A different key for each call of the run, and the same keys if the run is retried.
      const key = idempotencyKey === undefined ? {} : { idempotencyKey: `${idempotencyKey}/${step}` };
      try {
        const {
          branch,
          reason = "",
          status,
          outputs,
        } = await externalApis.invoke(
          { companyId, id, params, deadlineMs, ...key },
          principal,
          AbortSignal.any([signal, tooLong]),
        );
        hasCalled = true;
        return {
          branch: branch === "TIMEOUT" ? "TIMED_OUT" : branch,
          ...{ reason, status: status === undefined ? "" : String(status), outputs },
        };
      } catch (error) {
        if (!tooLong.aborted || signal.aborted) return notCalled(refusal(error));
        // The request may have been sent.
        hasCalled = true;
        return timedOut;
      }
    },
  };
}

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
