import { displayName, leadingDisplayName } from "./display-name.js";

/**
 * Why a call was refused. Each reason is a value of `moego.error.v1.ErrorReason` without its prefix;
 * the canonical status code of each stands in one table, `pipeline/errors.ts`.
 */
export type Reason =
  | "MALFORMED_REQUEST"
  | "INVALID_REQUEST"
  | "PAGE_TOKEN_INVALID"
  | "IDEMPOTENCY_KEY_REUSED"
  | "TAG_ARCHIVED"
  | "UNSUPPORTED_MEDIA_TYPE"
  | "KEY_MISSING"
  | "KEY_UNKNOWN"
  | "KEY_EXPIRED"
  | "KEY_REVOKED"
  | "SCOPE_REQUIRED"
  | "IP_NOT_ALLOWED"
  | "COMPANY_NOT_ALLOWED"
  | "BUSINESS_NOT_ALLOWED"
  | "REACH_EXCEEDED"
  | "RESOURCE_NOT_FOUND"
  | "LEAD_PROMOTED"
  | "ROUTE_NOT_FOUND"
  | "ALREADY_EXISTS"
  | "AMBIGUOUS_ID"
  | "RESOURCE_ARCHIVED"
  | "DEFAULT_LIFE_CYCLE"
  | "SYSTEM_FIELD"
  | "PACKAGE_BALANCE_EXCEEDED"
  | "PACKAGE_NOT_IN_FORCE"
  | "LEDGER_ENTRY_REFUNDED"
  | "KEY_NOT_IN_FORCE"
  | "RESOURCE_ERASED"
  | "CUSTOMER_QUOTA_EXCEEDED"
  | "MESSAGE_TOO_LARGE"
  | "RATE_LIMITED"
  | "ETAG_MISMATCH"
  | "CONCURRENT_WRITE"
  | "LOCK_TIMEOUT"
  | "DEADLINE_EXCEEDED"
  | "STATEMENT_TIMEOUT"
  | "CALL_CANCELLED"
  | "DATABASE_UNAVAILABLE"
  | "OVERLOADED"
  | "OUTCOME_UNKNOWN"
  | "SHUTTING_DOWN"
  | "METHOD_NOT_IMPLEMENTED"
  | "METHOD_NOT_ALLOWED"
  | "INTERNAL";

/** What is wrong with one field; values of `moego.error.v1.ViolationReason` without their prefix. */
export type ViolationReason =
  | "REQUIRED"
  | "UNKNOWN_FIELD"
  | "WRONG_TYPE"
  | "DUPLICATE_FIELD"
  | "INVALID_FORMAT"
  | "OUT_OF_RANGE"
  | "TOO_LONG"
  | "TOO_SHORT"
  | "TOO_MANY"
  | "TOO_FEW"
  | "NOT_FOUND"
  | "NOT_ALLOWED"
  | "CONFLICT"
  | "IMMUTABLE"
  | "ARCHIVED";

export interface Violation {
  /** Path of the field from the request message, in the proto spelling: `address.postal_code`, `tags[0].name`. */
  readonly field: string;
  readonly reason: ViolationReason;
  /** One English sentence. Never repeats the value that was sent. */
  readonly description: string;
}

export interface ErrorDetails {
  /** Every value that varies in the message, by lowerCamelCase key. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly violations?: readonly Violation[];
  /** How many violations there are, when not all of them are listed. */
  readonly violationCount?: number;
  readonly quota?: { readonly subject: string; readonly description: string };
  /** How long to wait before the call may be sent again unchanged. */
  readonly retryDelayMs?: number;
}

/** A refusal that the caller is told about, with its reason. Everything else that is thrown is a defect (INTERNAL). */
export class DomainError extends Error {
  override readonly name = "DomainError";

  constructor(
    readonly reason: Reason,
    message: string,
    readonly details: ErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Most violations that are kept of one request; the others are counted only. */
export const maxViolations = 50;

/**
 * INVALID_ARGUMENT with everything that is wrong with the request, at once.
 *
 * @param count how many violations there are, when not all of them are given
 */
export function invalidRequest(violations: readonly Violation[], count = violations.length): DomainError {
  const [first] = violations;
  const message =
    count === 1 && first ? `${first.field || "request"}: ${first.description}` : `The request has ${count} violations.`;
  return new DomainError("INVALID_REQUEST", message, {
    violations: violations.slice(0, maxViolations),
    ...(count > maxViolations ? { violationCount: count } : {}),
  });
}

/** Violation text for an id that names nothing in the company, or nothing that is in use. */
export const notFoundInCompany = "Not found in this company.";

/** INVALID_ARGUMENT with all violations, if there are any. */
export function throwIfInvalid(violations: readonly Violation[]): void {
  if (violations.length > 0) throw invalidRequest(violations);
}

/**
 * NOT_FOUND for a resource that the call names. The answer is the same, byte for byte, whether the id never
 * existed or belongs to another tenant.
 */
export function notFoundError(resource: string, id: string): DomainError {
  return new DomainError("RESOURCE_NOT_FOUND", `${leadingDisplayName(resource)} not found.`, {
    metadata: { resource, id },
  });
}

/** ALREADY_EXISTS for what must be unique and is taken, such as an imported id. */
export function alreadyExistsError(resource: string, field: string): DomainError {
  const metadata = { resource, field };
  return new DomainError("ALREADY_EXISTS", `${leadingDisplayName(resource)} with this ${field} already exists.`, {
    metadata,
  });
}

/** FAILED_PRECONDITION for a write to a record that is archived. */
export function archivedError(resource: string, id: string): DomainError {
  return new DomainError("RESOURCE_ARCHIVED", `${leadingDisplayName(resource)} is archived.`, {
    metadata: { resource, id },
  });
}

/**
 * FAILED_PRECONDITION for a record that was erased: nothing may come back in its place.
 *
 * @param id as the call names it; absent when it does not
 */
export function erasedError(resource: string, id?: string): DomainError {
  const metadata = { resource, ...(id === undefined ? {} : { id }) };
  return new DomainError("RESOURCE_ERASED", `${leadingDisplayName(resource)} was permanently erased.`, {
    metadata,
  });
}

/** ABORTED for a write that was meant for another state of the record. */
export function etagMismatch(resource: string, etag: string): DomainError {
  return new DomainError(
    "ETAG_MISMATCH",
    `The ${displayName(resource)} was modified since it was read. Fetch it again and retry.`,
    {
      metadata: { etag },
    },
  );
}
