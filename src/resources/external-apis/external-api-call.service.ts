import { enumeration, type WordOf } from "../../core/enumeration.js";
import type { OutboundFailure } from "../../core/outbound-call.js";

/** Why a call of an external API did not end in SUCCESS. */
export type InvocationFailure =
  | OutboundFailure
  /** Including redirects and client errors. */
  | "STATUS_NOT_2XX"
  /** There are outputs, and the body is not JSON or is nested too deeply. */
  | "ANSWER_NOT_JSON"
  /** The response does not contain an output without a default value. */
  | "OUTPUT_MISSING"
  /** The response contains a value of another type. */
  | "OUTPUT_TYPE";

export const invocationFailures = enumeration<InvocationFailure>(
  "TARGET_FORBIDDEN",
  "NAME_NOT_RESOLVED",
  "CONNECTION_FAILED",
  "TLS_FAILED",
  "CONNECTION_LOST",
  "TIMEOUT",
  "ANSWER_TOO_LARGE",
  "ANSWER_MALFORMED",
  "BREAKER_OPEN",
  "TOO_MANY_CALLS",
  "STATUS_NOT_2XX",
  "ANSWER_NOT_JSON",
  "OUTPUT_MISSING",
  "OUTPUT_TYPE",
);

/** TIMEOUT if there was no connection or no complete response in time, FAILURE for every other failure. */
export const invocationOutcomes = enumeration("SUCCESS", "FAILURE", "TIMEOUT");

/** Names under which a flow can read how a call ended. No output can have one of them. */
export const invocationKeys = ["status", "reason"] as const;

/** An output that the response did not provide, and why. */
export interface FailedOutput {
  readonly name: string;
  readonly reason: "OUTPUT_MISSING" | "OUTPUT_TYPE";
}

/** A call to make. */
export interface InvocationInput {
  readonly companyId: string;
  readonly id: string;
  /** By name, as strings. Parameters with a default value are optional. */
  readonly params: Readonly<Record<string, string>>;
  /** The `Idempotency-Key` sent to the third-party system is derived from it. Absent: none is sent. */
  readonly idempotencyKey?: string;
}

/** How a call ended. A failure of the third-party system is a result, not an error. */
export interface Invocation {
  readonly branch: WordOf<typeof invocationOutcomes>;
  /** Absent on SUCCESS. */
  readonly reason?: InvocationFailure;
  /** HTTP status. Absent if there was no response. */
  readonly status?: number;
  /** By name, as strings: the values found, and the default values of the others. Empty unless the status is 2xx. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly failedOutputs: readonly FailedOutput[];
  readonly durationMs: number;
}
