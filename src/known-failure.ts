import { ConfigError } from "./config/config.js";
import type { ExitReason } from "./core/exit-codes.js";
import { OperatorError } from "./core/operator-error.js";

export interface KnownFailure {
  readonly message: string;
  readonly exit: ExitReason;
}

/** The message and exit code of a failure that the operator can fix; undefined for anything else. */
export function knownFailure(error: unknown): KnownFailure | undefined {
  if (error instanceof ConfigError) return { message: error.message, exit: "configuration" };
  if (error instanceof OperatorError) return { message: error.message, exit: error.exit };
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "25006")
    return {
      message:
        "The database is read-only. `moego move` leaves the database that it has copied like this. Use the new database; `moego move --from embedded|URL --unlock` makes the old one writable again.",
      exit: "permission",
    };
  // Codes of the operating system (unknown host, connection refused) or of PostgreSQL (SQLSTATE: wrong password, no
  // such database, no such role).
  if (!/^(ECONN|ENOTFOUND|EHOSTUNREACH|ETIMEDOUT|EAI_|28|3D000|57P03|53300)/.test(code)) return undefined;
  const text = error instanceof Error && error.message ? `: ${error.message}` : "";
  return {
    message: `Cannot connect to the database of DATABASE_URL or DATABASE_MIGRATION_URL (${code})${text}.`,
    exit: code.startsWith("28") ? "permission" : /^(57P03|53300)/.test(code) ? "temporary" : "unavailable",
  };
}
