/**
 * Why a request failed. Each reason is a value of `moego.error.v1.ErrorReason` without its prefix. The table in
 * `server/pipeline/error-table.ts` maps each to its canonical status code.
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
  | "CROSS_SITE_REQUEST"
  | "RESOURCE_NOT_FOUND"
  | "LEAD_PROMOTED"
  | "ROUTE_NOT_FOUND"
  | "ALREADY_EXISTS"
  | "DUPLICATE_RECORD"
  | "AMBIGUOUS_ID"
  | "RESOURCE_ARCHIVED"
  | "DEFAULT_LIFE_CYCLE"
  | "SYSTEM_FIELD"
  | "PACKAGE_BALANCE_EXCEEDED"
  | "PACKAGE_NOT_IN_FORCE"
  | "LEDGER_ENTRY_REFUNDED"
  | "KEY_NOT_IN_FORCE"
  | "RESOURCE_ERASED"
  | "RESOURCE_MERGED"
  | "MERGE_NOT_UNDOABLE"
  | "EXPORT_EXPIRED"
  | "AMBIGUOUS_MATCH"
  | "CUSTOMER_QUOTA_EXCEEDED"
  | "COMPANY_LIMIT_REACHED"
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
  | "UNSUPPORTED_ENCODING"
  | "INTERNAL";

/** What is wrong with a field. Values of `moego.error.v1.ViolationReason` without their prefix. */
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
  /** Path of the field within the request, in proto names: `address.postal_code`, `tags[0].name`. */
  readonly field: string;
  readonly reason: ViolationReason;
  /** One English sentence. Never contains the value that was sent. */
  readonly description: string;
}

export function violation(field: string, reason: ViolationReason, description: string): Violation {
  return { field, reason, description };
}

interface ListedIds {
  readonly field: string;
  readonly isKnown: (id: string) => boolean;
  /** Describes an id that is not known. */
  readonly unknown: string;
}

/** The ids in a list of entries must be known and unique. An entry without an id is new. */
export function listedIdViolations(
  entries: readonly { readonly id?: string | undefined }[],
  { field, isKnown, unknown }: ListedIds,
): Violation[] {
  return entries.flatMap(({ id }, position) => {
    if (id === undefined) return [];
    const path = `${field}[${position}].id`;
    const isRepeated = entries.findIndex((entry) => entry.id === id) < position;
    if (isRepeated) return [violation(path, "DUPLICATE_FIELD", "Must be unique in the list.")];
    return isKnown(id) ? [] : [violation(path, "NOT_FOUND", unknown)];
  });
}

interface ErrorDetails {
  /** Every variable value of the message, by lowerCamelCase key. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly violations?: readonly Violation[];
  /** Total number of violations, if not all of them are listed. */
  readonly violationCount?: number;
  readonly quota?: { readonly subject: string; readonly description: string };
  /** How long to wait before retrying the request unchanged. */
  readonly retryDelayMs?: number;
}

/**
 * An expected failure that is returned to the client with its reason. Anything else that is thrown is an internal error
 * (INTERNAL).
 */
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

/** Maximum number of violations listed per request. The rest are only counted. */
export const maxViolations = 50;

/**
 * INVALID_ARGUMENT with all violations of the request.
 *
 * @param count total number of violations, if not all of them are passed
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

/** Violation text for an id that does not exist in the company or is archived. */
export const notFoundInCompany = "Not found in this company.";

/** Throws INVALID_ARGUMENT with all violations, if there are any. */
export function throwIfInvalid(violations: readonly Violation[]): void {
  if (violations.length > 0) throw invalidRequest(violations);
}

/**
 * NOT_FOUND for a resource that the request names. The response is identical, byte for byte, whether the id never
 * existed or belongs to another tenant.
 */
export function notFoundError(resource: string, id: string): DomainError {
  return new DomainError("RESOURCE_NOT_FOUND", `${leadingDisplayName(resource)} not found.`, {
    metadata: { resource, id },
  });
}

/** ALREADY_EXISTS for a unique value that is already used, such as an imported id. */
export function alreadyExistsError(resource: string, field: string): DomainError {
  const metadata = { resource, field };
  return new DomainError("ALREADY_EXISTS", `${leadingDisplayName(resource)} with this ${field} already exists.`, {
    metadata,
  });
}

/** FAILED_PRECONDITION for a write to an archived record. */
export function archivedError(resource: string, id: string): DomainError {
  return new DomainError("RESOURCE_ARCHIVED", `${leadingDisplayName(resource)} is archived.`, {
    metadata: { resource, id },
  });
}

/** The same for a create that needs a value of an archived record. */
export function archivedNamesakeError(resource: string, id: string, field: string): DomainError {
  const message = `${leadingDisplayName(resource)} with this ${field} is archived. Restore it with Restore${resource}.`;
  return new DomainError("RESOURCE_ARCHIVED", message, { metadata: { resource, id, field } });
}

/**
 * FAILED_PRECONDITION for a permanently erased record, which must not be created again.
 *
 * @param id the id in the request; absent if the request does not contain it
 */
export function erasedError(resource: string, id?: string): DomainError {
  const metadata = { resource, ...(id === undefined ? {} : { id }) };
  return new DomainError("RESOURCE_ERASED", `${leadingDisplayName(resource)} was permanently erased.`, {
    metadata,
  });
}

/** FAILED_PRECONDITION for a write to a record by an id that was merged into another one. */
export function mergedError(resource: string, id: string, mergedInto: string): DomainError {
  const message = `${leadingDisplayName(resource)} was merged into another one. Send the request with the id of that one.`;
  return new DomainError("RESOURCE_MERGED", message, { metadata: { resource, id, mergedInto } });
}

/** ABORTED for a write that expected another version of the record. */
export function etagMismatch(resource: string, etag: string): DomainError {
  return new DomainError(
    "ETAG_MISMATCH",
    `The ${displayName(resource)} was modified since it was read. Fetch it again and retry.`,
    {
      metadata: { etag },
    },
  );
}

/** Display names for resources whose contract name is abbreviated or ambiguous. */
const displayNames: Readonly<Record<string, string>> = {
  ApiKey: "API key",
  Business: "location",
  ExternalApi: "external API",
  IvrFlow: "IVR flow",
  LifeCycle: "life cycle stage",
  PackageService: "package item",
  Service: "catalog service",
  Staff: "staff member",
  VipLevel: "VIP level",
};

/** The name of a resource within a sentence: `TagGroup` becomes "tag group". */
export function displayName(resource: string): string {
  return displayNames[resource] ?? resource.replace(/(?!^)[A-Z]/g, " $&").toLowerCase();
}

function leadingDisplayName(resource: string): string {
  const name = displayName(resource);
  return name.charAt(0).toUpperCase() + name.slice(1);
}
