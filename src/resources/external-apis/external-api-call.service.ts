import type { OutboundFailure } from "../../core/outbound-call.js";

/** Why a call of an external API did not end in SUCCESS. */
export type InvocationFailure =
  | OutboundFailure
  /** Redirects and refusals included. */
  | "STATUS_NOT_2XX"
  /** Outputs were asked for, and the body is no JSON or is nested too deep. */
  | "ANSWER_NOT_JSON"
  /** The answer lacks an output that has no default. */
  | "OUTPUT_MISSING"
  /** The answer holds a value of another type. */
  | "OUTPUT_TYPE";

/** Keys under which a flow knows how a call ended, beside its outputs: no output is named so. */
export const invocationKeys = ["status", "reason"] as const;

/** An output that the answer did not give, and why. */
export interface FailedOutput {
  readonly name: string;
  readonly reason: "OUTPUT_MISSING" | "OUTPUT_TYPE";
}

/** One call to make. */
export interface InvocationInput {
  readonly companyId: string;
  readonly id: string;
  /** By name, as text; params with a default may be left out. */
  readonly params: Readonly<Record<string, string>>;
  /** Makes the `Idempotency-Key` that the other system sees; absent = it sees none. */
  readonly idempotencyKey?: string;
}

/** How a call ended. A system that fails is an answer, not an error. */
export interface Invocation {
  /** TIMEOUT for no connection or no whole answer in time; FAILURE for everything else that went wrong. */
  readonly branch: "SUCCESS" | "FAILURE" | "TIMEOUT";
  /** Absent on SUCCESS. */
  readonly reason?: InvocationFailure;
  /** HTTP status; absent when no answer came. */
  readonly status?: number;
  /** By name, as text: what was found, and the defaults of what was not. Empty unless the status was 2xx. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly failedOutputs: readonly FailedOutput[];
  readonly durationMs: number;
}
