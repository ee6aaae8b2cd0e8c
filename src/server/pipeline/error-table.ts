import type { Reason } from "../../core/errors.js";
import { Code } from "../../gen/proto/google/rpc/code_pb.js";

/** The canonical status code of every reason, defined only here. */
export const reasonCodes = {
  MALFORMED_REQUEST: Code.INVALID_ARGUMENT,
  INVALID_REQUEST: Code.INVALID_ARGUMENT,
  PAGE_TOKEN_INVALID: Code.INVALID_ARGUMENT,
  IDEMPOTENCY_KEY_REUSED: Code.INVALID_ARGUMENT,
  TAG_ARCHIVED: Code.INVALID_ARGUMENT,
  UNSUPPORTED_MEDIA_TYPE: Code.INVALID_ARGUMENT,
  KEY_MISSING: Code.UNAUTHENTICATED,
  KEY_UNKNOWN: Code.UNAUTHENTICATED,
  KEY_EXPIRED: Code.UNAUTHENTICATED,
  KEY_REVOKED: Code.UNAUTHENTICATED,
  SCOPE_REQUIRED: Code.PERMISSION_DENIED,
  IP_NOT_ALLOWED: Code.PERMISSION_DENIED,
  COMPANY_NOT_ALLOWED: Code.PERMISSION_DENIED,
  BUSINESS_NOT_ALLOWED: Code.PERMISSION_DENIED,
  REACH_EXCEEDED: Code.PERMISSION_DENIED,
  CROSS_SITE_REQUEST: Code.PERMISSION_DENIED,
  RESOURCE_NOT_FOUND: Code.NOT_FOUND,
  LEAD_PROMOTED: Code.NOT_FOUND,
  ROUTE_NOT_FOUND: Code.NOT_FOUND,
  ALREADY_EXISTS: Code.ALREADY_EXISTS,
  AMBIGUOUS_ID: Code.FAILED_PRECONDITION,
  RESOURCE_ARCHIVED: Code.FAILED_PRECONDITION,
  DEFAULT_LIFE_CYCLE: Code.FAILED_PRECONDITION,
  SYSTEM_FIELD: Code.FAILED_PRECONDITION,
  PACKAGE_BALANCE_EXCEEDED: Code.FAILED_PRECONDITION,
  PACKAGE_NOT_IN_FORCE: Code.FAILED_PRECONDITION,
  LEDGER_ENTRY_REFUNDED: Code.FAILED_PRECONDITION,
  KEY_NOT_IN_FORCE: Code.FAILED_PRECONDITION,
  RESOURCE_ERASED: Code.FAILED_PRECONDITION,
  CUSTOMER_QUOTA_EXCEEDED: Code.RESOURCE_EXHAUSTED,
  COMPANY_LIMIT_REACHED: Code.RESOURCE_EXHAUSTED,
  MESSAGE_TOO_LARGE: Code.RESOURCE_EXHAUSTED,
  RATE_LIMITED: Code.RESOURCE_EXHAUSTED,
  ETAG_MISMATCH: Code.ABORTED,
  CONCURRENT_WRITE: Code.ABORTED,
  LOCK_TIMEOUT: Code.ABORTED,
  DEADLINE_EXCEEDED: Code.DEADLINE_EXCEEDED,
  STATEMENT_TIMEOUT: Code.DEADLINE_EXCEEDED,
  CALL_CANCELLED: Code.CANCELLED,
  DATABASE_UNAVAILABLE: Code.UNAVAILABLE,
  OVERLOADED: Code.UNAVAILABLE,
  OUTCOME_UNKNOWN: Code.UNAVAILABLE,
  SHUTTING_DOWN: Code.UNAVAILABLE,
  METHOD_NOT_IMPLEMENTED: Code.UNIMPLEMENTED,
  METHOD_NOT_ALLOWED: Code.UNIMPLEMENTED,
  UNSUPPORTED_ENCODING: Code.UNIMPLEMENTED,
  INTERNAL: Code.INTERNAL,
} satisfies Record<Reason, Code>;

/** Default retry delay for a reason, used if the error has none. */
const retryDelaysMs: Partial<Record<Reason, number>> = {
  CONCURRENT_WRITE: 100,
  LOCK_TIMEOUT: 100,
  DATABASE_UNAVAILABLE: 1_000,
  OVERLOADED: 1_000,
  SHUTTING_DOWN: 1_000,
};

/** Reasons with a more specific HTTP status than Google's mapping of their code. */
const httpStatusOfReason: Partial<Record<Reason, number>> = {
  UNSUPPORTED_MEDIA_TYPE: 415,
  METHOD_NOT_ALLOWED: 405,
  UNSUPPORTED_ENCODING: 415,
  // 429 would tell clients to retry the same request later.
  MESSAGE_TOO_LARGE: 413,
};

/** The mapping of `google/rpc/code.proto`. */
const httpStatusOfCode = {
  [Code.OK]: 200,
  [Code.CANCELLED]: 499,
  [Code.UNKNOWN]: 500,
  [Code.INVALID_ARGUMENT]: 400,
  [Code.DEADLINE_EXCEEDED]: 504,
  [Code.NOT_FOUND]: 404,
  [Code.ALREADY_EXISTS]: 409,
  [Code.PERMISSION_DENIED]: 403,
  [Code.UNAUTHENTICATED]: 401,
  [Code.RESOURCE_EXHAUSTED]: 429,
  [Code.FAILED_PRECONDITION]: 400,
  [Code.ABORTED]: 409,
  [Code.OUT_OF_RANGE]: 400,
  [Code.UNIMPLEMENTED]: 501,
  [Code.INTERNAL]: 500,
  [Code.UNAVAILABLE]: 503,
  [Code.DATA_LOSS]: 500,
} satisfies Record<Code, number>;

export function codeOf(reason: Reason): Code {
  return reasonCodes[reason];
}

/** HTTP status of a reason on the REST routes. */
export function httpStatusOf(reason: Reason): number {
  return httpStatusOfReason[reason] ?? httpStatusOfCode[reasonCodes[reason]];
}

/** Default retry delay in milliseconds; undefined if a retry would fail again. */
export function retryDelayMsOf(reason: Reason): number | undefined {
  return retryDelaysMs[reason];
}
