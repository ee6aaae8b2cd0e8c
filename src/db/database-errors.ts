import { DomainError, type Reason, type Violation, type ViolationReason } from "../core/errors.js";
import { type DatabaseFault, readFault } from "./database-fault.js";

/** Advice for a call that met an overloaded or absent database. */
const retryDelayMs = 1_000;
/** Advice for a call that lost a race against another writer. */
const conflictDelayMs = 100;

/**
 * The one translation of driver and Prisma errors. What it does not know is a defect and comes
 * back as it is. Messages never hold SQL, values or hosts; the original is the `cause`.
 */
export function translateError(error: unknown): unknown {
  if (error instanceof DomainError) return error;
  const fault = readFault(error);
  const meaning = fault && meaningOf(fault);
  if (!meaning) return error;
  const { reason, message, ...details } = meaning;
  return new DomainError(reason, message, details, { cause: error });
}

/** The name of the constraint that refused a write, whether the error was translated already or not. */
export function violatedConstraint(error: unknown): string | undefined {
  const fault = readFault(error instanceof DomainError ? error.cause : error);
  return fault?.kind === "answer" ? fault.constraint : undefined;
}

/** Serialization failure or deadlock: the whole transaction may be tried again (PostgreSQL, "Serialization Failure Handling"). */
export function isConflict(fault: DatabaseFault | undefined): boolean {
  return fault?.kind === "answer" && (fault.sqlState === "40001" || fault.sqlState === "40P01");
}

/**
 * The server's plan or memory of a prepared statement does not fit any more: a migration changed a result type, or a
 * proxy dropped it. Nothing was executed; a new connection prepares it anew.
 */
export function isStaleStatement(fault: DatabaseFault | undefined): boolean {
  if (fault?.kind !== "answer") return false;
  if (fault.sqlState === "26000" || fault.sqlState === "42P05") return true;
  // Prisma does not hand on the routine. The code says "feature not supported", which our SQL never means otherwise.
  return fault.sqlState === "0A000" && (fault.routine ?? staleRoutine) === staleRoutine;
}

/**
 * The answer to a statement that was sent was lost, so that nobody can tell whether it took effect. An answer of the
 * classes 08 and 57P counts as well: a proxy gives it for a server that it lost.
 */
export function isOutcomeLost(fault: DatabaseFault | undefined): boolean {
  if (fault?.kind === "connection") return true;
  return fault?.kind === "answer" && /^(08|57P0[125]|40003)/.test(fault.sqlState);
}

/**
 * A write whose answer was lost. With a claim the call may be sent again: its key tells the truth. Without one nothing
 * may be sent again, by us or by the caller, before looking.
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

/** No connection became free within the time that the call may wait. */
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
 * By SQLSTATE (PostgreSQL, Appendix A). The data faults are the last line behind the checks of the handlers: bad input
 * never ends as INTERNAL.
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
  "25006": unavailable, // read-only: a standby, before a failover has ended
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

/** Connection exceptions, refused logins, system errors. */
const bySqlStateClass: Readonly<Record<string, Meaning>> = { "08": unavailable, "28": unavailable, "58": unavailable };
