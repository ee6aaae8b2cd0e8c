import { EmbeddedPostgresError } from "./db/embedded/embedded-error.js";
import { MigrationError } from "./db/migrate/migration-error.js";
import { RoleError } from "./db/migrate/roles.js";
import { SecretsError } from "./db/secrets.js";
import { StartError } from "./start-error.js";

/** The message for a startup that failed for a known reason; undefined for a bug. */
export function startupErrorMessage(error: unknown): string | undefined {
  const known = [StartError, EmbeddedPostgresError, MigrationError, RoleError, SecretsError];
  if (known.some((kind) => error instanceof kind) && error instanceof Error) return error.message;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "25006")
    return "The database is read-only. `moego move` leaves the database that it has copied like this. Use the new database; `moego move --from embedded|URL --unlock` makes the old one writable again.";
  // Codes of the operating system (unknown host, connection refused) or of PostgreSQL (SQLSTATE: wrong password, no
  // such database, no such role).
  const isConnection = /^(ECONN|ENOTFOUND|EHOSTUNREACH|ETIMEDOUT|EAI_|28|3D000|57P03|53300)/.test(code);
  if (!isConnection) return undefined;
  const text = error instanceof Error && error.message ? `: ${error.message}` : "";
  return `Cannot connect to the database of DATABASE_URL or DATABASE_MIGRATION_URL (${code})${text}.`;
}
