import { DomainError } from "../../core/errors.js";
import type { Principal } from "../../core/principal.js";
import type { CallerQuery } from "../callers/caller-query.service.js";
import type { ExternalApis } from "../external-apis/external-api.service.js";
import type { FlowInvocation, FlowSteps } from "./ivr-flow-run.service.js";

/** Longest time of one customer query. */
const queryTimeoutMs = 3_000;

export interface StepDependencies {
  readonly callerQuery: Pick<CallerQuery, "find">;
  readonly externalApis: Pick<ExternalApis, "invoke">;
}

export interface StepContext {
  readonly principal: Principal;
  readonly companyId: string;
  /** Of the call that runs the flow; absent = it has none. */
  readonly idempotencyKey?: string;
}

/** What the nodes of a run do on the caller's behalf: it sees what the caller sees. */
export function createFlowSteps({ callerQuery, externalApis }: StepDependencies, context: StepContext): FlowSteps {
  const { principal, companyId, idempotencyKey } = context;
  let hasCalled = false;
  const refusal = (error: unknown) => (hasCalled ? afterCalls(error) : error);
  return {
    async query(question, signal) {
      const tooLong = AbortSignal.timeout(queryTimeoutMs);
      try {
        return await callerQuery.find(principal, { companyId, ...question }, AbortSignal.any([signal, tooLong]));
      } catch (error) {
        if (tooLong.aborted || isReason(error, ...databaseTimeouts)) return "TIMED_OUT";
        throw refusal(error);
      }
    },

    async invoke({ externalApiId: id, params, step }, signal) {
      // One key for each call of the run, and the same ones when the run is repeated.
      const key = idempotencyKey === undefined ? {} : { idempotencyKey: `${idempotencyKey}/${step}` };
      try {
        const {
          branch,
          reason = "",
          status,
          outputs,
        } = await externalApis.invoke(principal, { companyId, id, params, ...key }, signal);
        hasCalled = true;
        return {
          branch: branch === "TIMEOUT" ? "TIMED_OUT" : branch,
          ...{ reason, status: status === undefined ? "" : String(status), outputs },
        };
      } catch (error) {
        return notCalled(refusal(error));
      }
    },
  };
}

/** The database kept a step waiting: that node is late, which is what its timeout branch is for. */
const databaseTimeouts = ["STATEMENT_TIMEOUT", "LOCK_TIMEOUT"] as const;

/** An API that the flow was checked against may have changed since: the node fails, and the run goes on. */
function notCalled(error: unknown): FlowInvocation {
  for (const reason of ["RESOURCE_NOT_FOUND", "RESOURCE_ARCHIVED", "INVALID_REQUEST"] as const) {
    if (isReason(error, reason)) return { branch: "FAILURE", reason, status: "", outputs: {} };
  }
  if (isReason(error, ...databaseTimeouts)) return { branch: "TIMED_OUT", reason: "TIMEOUT", status: "", outputs: {} };
  throw error;
}

/** What would be told to send the call again: that would call the external APIs again, too. */
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
