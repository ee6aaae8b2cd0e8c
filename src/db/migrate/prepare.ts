import type { Log } from "../log.js";
import { migrate } from "./migrate.js";
import { ensureRoles } from "./roles.js";

interface PrepareOptions {
  /** Connection string of the owner of the tables (`DATABASE_MIGRATION_URL`). */
  readonly migrationUrl: string;
  /** Connection string of the server (`DATABASE_URL`); may be the same. */
  readonly serviceUrl: string;
  /** Migrations in Prisma's layout; default: those of this package. */
  readonly directory?: string;
  readonly log?: Log;
}

/**
 * Prepares a database before the server opens its pool: roles, then migrations. Safe to call from several processes
 * concurrently.
 *
 * @returns names of the migrations applied by this call
 * @throws RoleError or MigrationError with instructions; connection errors of the driver are unchanged
 */
export async function prepareDatabase(options: PrepareOptions): Promise<readonly string[]> {
  await ensureRoles(options);
  return await migrate({
    url: options.migrationUrl,
    ...(options.directory ? { directory: options.directory } : {}),
    ...(options.log ? { log: options.log } : {}),
  });
}
