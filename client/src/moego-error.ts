import type { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema } from "./gen/google/rpc/error_details_pb.js";
import type { ErrorReason } from "./gen/moego/error/v1/error_reason_pb.js";
import type { ViolationReason } from "./gen/moego/error/v1/violation_reason_pb.js";
import { statedDelayMs } from "./retry.js";

/** The reason of an error: a name of `ErrorReason` without its prefix. Undefined for errors of the connection. */
export type Reason = Exclude<keyof typeof ErrorReason, "UNSPECIFIED">;

/** One field of a request that the server refused. */
export interface Violation {
  /** Path in names of the contract, such as `pets[0].breed`. */
  readonly field: string;
  readonly reason: Exclude<keyof typeof ViolationReason, "UNSPECIFIED"> | (string & {});
  readonly description: string;
}

/**
 * An error of a call. Decide by `reason`: the text of the message may change. New versions of the server can have reasons
 * that this version does not know.
 */
export class MoegoError extends Error {
  override readonly name = "MoegoError";
  readonly code: Code;
  readonly reason: Reason | (string & {}) | undefined;
  /** The variable parts of the message, such as `mergedInto`. */
  readonly info: Readonly<Record<string, string>>;
  /** All refused fields of an invalid request. */
  readonly violations: readonly Violation[];
  /** Identifies the request in the log of the server. */
  readonly requestId: string | undefined;
  /** Present if the call can be repeated unchanged after this delay. */
  readonly retryDelayMs: number | undefined;

  constructor(error: ConnectError) {
    super(error.message, { cause: error });
    const [info] = error.findDetails(ErrorInfoSchema);
    const fields = error.findDetails(BadRequestSchema).flatMap(({ fieldViolations }) => fieldViolations);
    this.code = error.code;
    this.reason = info?.reason;
    this.info = info?.metadata ?? {};
    this.requestId = this.info["requestId"];
    this.violations = fields.map(({ field, reason, description }) => ({ field, reason, description }));
    this.retryDelayMs = statedDelayMs(error);
  }
}

/** Whether a thrown value is an error of a call, with one of the reasons if any are named. */
export function isMoegoError(thrown: unknown, ...reasons: readonly Reason[]): thrown is MoegoError {
  if (!(thrown instanceof MoegoError)) return false;
  return reasons.length === 0 || reasons.some((reason) => reason === thrown.reason);
}
