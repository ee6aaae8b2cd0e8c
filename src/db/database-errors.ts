import pg from "pg";
import { DomainError, type Reason, type Violation, type ViolationReason } from "../core/errors.js";

/** Retry delay if the database is overloaded or unavailable. */
const retryDelayMs = 1_000;
/** Retry delay after a conflict with another write. */
const conflictDelayMs = 100;

/**
 * Translates the errors of the driver and Prisma; the only place that does. An unknown error is an internal error and
 * returned unchanged. Messages never contain SQL, values or host names; the original error is the `cause`.
 */
export function translateError(error: unknown): unknown {
  if (error instanceof DomainError) return error;
  const fault = readFault(error);
  const meaning = fault && meaningOf(fault);
  if (!meaning) return error;
  const { reason, message, ...details } = meaning;
  return new DomainError(reason, message, details, { cause: error });
}

/** The error of a conflict with another write that no statement reports. */
export function concurrentWrite(): DomainError {
  const { reason, message, ...details } = conflict;
  return new DomainError(reason, message, details);
}

/** The name of the constraint that a write violated. Accepts translated and original errors. */
export function violatedConstraint(error: unknown): string | undefined {
  const fault = readFault(error instanceof DomainError ? error.cause : error);
  return fault?.kind === "answer" ? fault.constraint : undefined;
}

/**
 * A serialization failure or deadlock: the whole transaction can be retried (PostgreSQL, "Serialization Failure
 * Handling").
 */
export function isConflict(fault: DatabaseFault | undefined): boolean {
  return fault?.kind === "answer" && (fault.sqlState === "40001" || fault.sqlState === "40P01");
}

/**
 * The server's prepared statement is stale: a migration changed a result type, or a proxy dropped it. Nothing was
 * executed, and a new connection prepares it again.
 */
export function isStaleStatement(fault: DatabaseFault | undefined): boolean {
  if (fault?.kind !== "answer") return false;
  if (fault.sqlState === "26000" || fault.sqlState === "42P05") return true;
  // Prisma does not expose the routine. The code means "feature not supported", which this SQL causes only in this
  // case.
  return fault.sqlState === "0A000" && (fault.routine ?? staleRoutine) === staleRoutine;
}

/**
 * The response to a statement was lost, so it is unknown whether the statement took effect. A response of classes 08
 * and 57P counts as well: a proxy sends it if it lost the server.
 */
export function isOutcomeLost(fault: DatabaseFault | undefined): boolean {
  if (fault?.kind === "connection") return true;
  return fault?.kind === "answer" && /^(08|57P0[125]|40003)/.test(fault.sqlState);
}

/**
 * The error of a write whose response was lost. With an idempotency key the client can retry safely. Without one,
 * neither the server nor the client can retry before checking the result.
 */
export function outcomeUnknown(claimed: boolean, cause: unknown): DomainError {
  return claimed
    ? new DomainError(
        "DATABASE_UNAVAILABLE",
        "The database connection was lost. Retry with the same idempotency key.",
        { retryDelayMs },
        { cause },
      )
    : new DomainError(
        "OUTCOME_UNKNOWN",
        "The database connection was lost during the write. The write may or may not have been applied.",
        {},
        { cause },
      );
}

/** No connection became available within the time that the request may wait. */
export function overloaded(): DomainError {
  const { reason, message } = atLimit;
  return new DomainError(reason, message, { retryDelayMs });
}

const staleRoutine = "RevalidateCachedQuery";

interface Meaning {
  readonly reason: Reason;
  readonly message: string;
  readonly retryDelayMs?: number;
  readonly violations?: readonly Violation[];
}

function meaningOf(fault: DatabaseFault): Meaning | undefined {
  switch (fault.kind) {
    case "answer":
      return bySqlState[fault.sqlState] ?? bySqlStateClass[fault.sqlState.slice(0, 2)];
    case "connection":
      return unavailable;
    case "wait":
      return atLimit;
    case "expired":
      return tooSlow;
    default:
      return fault satisfies never;
  }
}

const unavailable: Meaning = {
  reason: "DATABASE_UNAVAILABLE",
  message: "The database is unavailable.",
  retryDelayMs,
};
const atLimit: Meaning = {
  reason: "OVERLOADED",
  message: "The server is overloaded. Retry later.",
  retryDelayMs,
};
const tooSlow: Meaning = { reason: "STATEMENT_TIMEOUT", message: "The database statement timed out." };
const conflict: Meaning = {
  reason: "CONCURRENT_WRITE",
  message: "A concurrent request changed the same data. Retry.",
  retryDelayMs: conflictDelayMs,
};
const alreadyExists: Meaning = { reason: "ALREADY_EXISTS", message: "The resource already exists." };

function invalid(description: string, reason: ViolationReason): Meaning {
  return { reason: "INVALID_REQUEST", message: description, violations: [{ field: "", reason, description }] };
}

/**
 * By SQLSTATE (PostgreSQL, Appendix A). Data errors are a second line of defense behind input validation, so that
 * invalid input never ends as INTERNAL.
 */
const bySqlState: Readonly<Record<string, Meaning>> = {
  "22001": invalid("A string is too long.", "TOO_LONG"),
  "22003": invalid("A number is out of range.", "OUT_OF_RANGE"),
  "22007": invalid("A date or time is invalid.", "INVALID_FORMAT"),
  "22008": invalid("A date or time is out of range.", "OUT_OF_RANGE"),
  "22021": invalid("A string contains characters that cannot be stored.", "INVALID_FORMAT"),
  "22P02": invalid("A value has the wrong format.", "INVALID_FORMAT"),
  "22P05": invalid("A string contains characters that cannot be stored.", "INVALID_FORMAT"),
  "23001": invalid("The resource is in use.", "CONFLICT"),
  "23503": invalid("A referenced resource does not exist.", "NOT_FOUND"),
  "23514": invalid("A value is not allowed.", "OUT_OF_RANGE"),
  "23505": alreadyExists,
  "23P01": alreadyExists,
  "25006": unavailable, // read-only: a standby before a failover has completed
  "25P03": tooSlow,
  "25P04": tooSlow,
  "40001": conflict,
  "40P01": conflict,
  "53100": unavailable,
  "53200": unavailable,
  "53300": atLimit,
  "53400": atLimit,
  "55P03": {
    reason: "LOCK_TIMEOUT",
    message: "Timed out waiting for a lock held by another request.",
    retryDelayMs: conflictDelayMs,
  },
  "57014": tooSlow,
  "57P01": unavailable,
  "57P02": unavailable,
  "57P03": unavailable,
  "57P04": unavailable,
  "57P05": unavailable,
  "3D000": unavailable,
};

/** Connection exceptions, rejected logins, system errors. */
const bySqlStateClass: Readonly<Record<string, Meaning>> = { "08": unavailable, "28": unavailable, "58": unavailable };

/** An error of the driver in one form, whether pg or Prisma reported it. */
type DatabaseFault =
  /** The server responded with an error. */
  | { readonly kind: "answer"; readonly sqlState: string; readonly constraint?: string; readonly routine?: string }
  /** The connection could not be opened, or it broke. */
  | { readonly kind: "connection" }
  /** No connection of the pool became available in time. */
  | { readonly kind: "wait" }
  /** A Prisma transaction exceeded its time limit and was rolled back. */
  | { readonly kind: "expired" };

/** Reads an error of pg, Node's sockets or Prisma. Undefined for other errors. */
export function readFault(error: unknown): DatabaseFault | undefined {
  if (error instanceof pg.DatabaseError && error.code) {
    return {
      kind: "answer",
      sqlState: error.code,
      ...(error.constraint ? { constraint: error.constraint } : {}),
      ...(error.routine ? { routine: error.routine } : {}),
    };
  }
  return readPrismaFault(error) ?? readSocketFault(error);
}

/**
 * A Prisma error contains the driver's error at `meta.driverAdapterError.cause` (known request errors) or at `cause`
 * (errors of the adapter): `originalCode` is the SQLSTATE, `constraint.index` the name of a violated constraint.
 */
function readPrismaFault(error: unknown): DatabaseFault | undefined {
  const code = property(error, "code");
  if (code === "P2028") return { kind: startTimedOut(error) ? "wait" : "expired" };
  const adapterError = property(property(error, "meta"), "driverAdapterError") ?? error;
  const cause = property(adapterError, "cause");
  const sqlState = property(cause, "originalCode");
  if (typeof sqlState === "string") {
    const constraint = property(property(cause, "constraint"), "index");
    return { kind: "answer", sqlState, ...(typeof constraint === "string" ? { constraint } : {}) };
  }
  const kind = property(cause, "kind");
  return typeof kind === "string" && connectionKinds.has(kind) ? { kind: "connection" } : undefined;
}

function readSocketFault(error: unknown): DatabaseFault | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = property(error, "code");
  if (typeof code === "string" && connectionCodes.has(code)) return { kind: "connection" };
  // pg and its pool expose these cases only in the message. Prisma passes the same message on.
  if (error.message.includes("timeout exceeded when trying to connect")) return { kind: "wait" };
  return connectionMessages.test(error.message) ? { kind: "connection" } : undefined;
}

function startTimedOut(error: unknown): boolean {
  return error instanceof Error && error.message.includes("Unable to start a transaction in the given time");
}

const connectionKinds = new Set(["DatabaseNotReachable", "ConnectionClosed", "SocketTimeout", "TlsConnectionError"]);

const connectionCodes = new Set([
  ...["ECONNREFUSED", "ECONNRESET", "ECONNABORTED", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"],
  ...["ENOTFOUND", "EAI_AGAIN", "ENOENT"],
]);

const connectionMessages = new RegExp(
  [
    "^Connection terminated", // "... unexpectedly", "... due to connection timeout"
    "^timeout expired$", // while the connection was being opened
    "is not queryable$",
    "^Cannot use a pool after calling end on the pool$",
    "^The server does not support SSL connections$",
    "^There was an error establishing an SSL connection$",
    "^read ETIMEDOUT$",
  ].join("|"),
);

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && name in value ? Reflect.get(value, name) : undefined;
}
