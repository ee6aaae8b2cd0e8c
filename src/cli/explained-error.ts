import { DomainError, type Reason } from "../core/errors.js";
import { type ExitReason, exitCodes } from "../core/exit-codes.js";
import { knownFailure } from "../known-failure.js";

/** What an error of a command prints, and the exit code. */
export function explainedError(error: unknown): { readonly lines: readonly string[]; readonly code: number } {
  const known = knownFailure(error instanceof DomainError ? error.cause : error);
  if (known) return { lines: [known.message], code: exitCodes[known.exit] };
  if (error instanceof DomainError) return { lines: linesOf(error), code: exitCodes[exits[error.reason] ?? "data"] };
  return { lines: [error instanceof Error ? error.message : String(error)], code: exitCodes[exitOfDatabase(error)] };
}

/** SQLSTATE classes of values and constraints, which rows of a backup can violate, and of missing rights. */
function exitOfDatabase(error: unknown): ExitReason {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (/^2[23]...$/.test(code)) return "data";
  return code === "42501" ? "permission" : "internal";
}

function linesOf(error: DomainError): readonly string[] {
  const violations = error.details.violations ?? [];
  if (violations.length > 0)
    return violations.map(({ field, description }) => (field ? `${field}: ${description}` : description));
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : "";
  return [`${error.message}${cause}`];
}

/** All others are about the values of the command, or the records that they name. */
const exits: Readonly<Partial<Record<Reason, ExitReason>>> = {
  ALREADY_EXISTS: "cannotCreate",
  DUPLICATE_RECORD: "cannotCreate",
  COMPANY_NOT_ALLOWED: "permission",
  BUSINESS_NOT_ALLOWED: "permission",
  SCOPE_REQUIRED: "permission",
  DATABASE_UNAVAILABLE: "unavailable",
  ETAG_MISMATCH: "temporary",
  CONCURRENT_WRITE: "temporary",
  LOCK_TIMEOUT: "temporary",
  DEADLINE_EXCEEDED: "temporary",
  STATEMENT_TIMEOUT: "temporary",
  CALL_CANCELLED: "temporary",
  OVERLOADED: "temporary",
  OUTCOME_UNKNOWN: "temporary",
  SHUTTING_DOWN: "temporary",
  INTERNAL: "internal",
};
