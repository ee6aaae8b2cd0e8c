import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { type Log, silentLog } from "../log.js";
import { MigrationError } from "./migration-error.js";
import { type Migration, migrationsDirectory, readMigrations } from "./migration-files.js";
import {
  type AppliedRow,
  createHistoryTable,
  letServiceReadHistory,
  readApplied,
  runMigration,
} from "./migration-history.js";
import { connectOwner, ensureRoles, serviceRole } from "./roles.js";

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

interface MigrateOptions {
  /** Connection string of the owner of the tables. */
  readonly url: string;
  /** Directory in Prisma's layout, `<time>_<name>/migration.sql`; default: `prisma/migrations` of this package. */
  readonly directory?: string;
  readonly log?: Log;
}

/** The advisory lock of Prisma's CLI, so that both never migrate a database at the same time. */
export const prismaMigrationLock = 72_707_369;

/**
 * Applies pending migrations, forward only, each in its own transaction together with its row in Prisma's
 * `_prisma_migrations`. Any number of processes may call it concurrently: one migrates, the others wait.
 *
 * @returns names of the migrations applied by this call
 * @throws MigrationError if an applied migration was changed, is unknown here, or was left unfinished by Prisma's CLI
 */
export async function migrate(options: MigrateOptions): Promise<readonly string[]> {
  const log = options.log ?? silentLog;
  const migrations = await readMigrations(options.directory ?? migrationsDirectory);
  const client = await connectOwner(options.url, "moego-migrate");
  try {
    await client.query("SELECT pg_advisory_lock($1)", [prismaMigrationLock]);
    await client.query("SET client_min_messages = warning");
    await createHistoryTable(client);
    await letServiceReadHistory(client);
    const pending = pendingMigrations(migrations, await readApplied(client));
    for (const migration of pending) {
      const startedAt = performance.now();
      await apply(client, migration);
      const durationMs = Math.round(performance.now() - startedAt);
      log.info({ migration: migration.name, durationMs }, "migration applied");
    }
    return pending.map(({ name }) => name);
  } finally {
    await client.end(); // releases the lock
  }
}

/**
 * Verifies that every migration of this version was applied, with the rights of the server's login.
 *
 * @throws MigrationError if the database is behind, ahead, or was never migrated
 */
export async function assertMigrated({ url, directory = migrationsDirectory }: MigrateOptions): Promise<void> {
  const migrations = await readMigrations(directory);
  const client = await connectOwner(url, "moego-start");
  try {
    await client.query(`SET ROLE ${serviceRole}`);
    const pending = pendingMigrations(migrations, await readApplied(client));
    if (pending.length > 0) throw new MigrationError(outOfDate);
  } catch (cause) {
    // No such role or table, or no right to use it: `moego migrate` creates both and grants the right.
    const isUnprepared = cause instanceof pg.DatabaseError && ["22023", "42P01", "42501"].includes(cause.code ?? "");
    throw isUnprepared ? new MigrationError(outOfDate, { cause }) : cause;
  } finally {
    await client.end();
  }
}

export const outOfDate = "The database schema is out of date. Run: moego migrate";

/**
 * Those that were not applied yet.
 *
 * @throws MigrationError if an applied one was changed, is unknown here, or was left unfinished by Prisma's CLI
 */
export function pendingMigrations(
  migrations: readonly Migration[],
  applied: readonly AppliedRow[],
): readonly Migration[] {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const row of applied) {
    const migration = known.get(row.migration_name);
    if (!row.finished) {
      throw new MigrationError(
        `Migration ${row.migration_name} was started by the Prisma CLI but did not finish. ` +
          "Repair the database, run `prisma migrate resolve`, and restart.",
      );
    }
    if (!migration) {
      throw new MigrationError(
        `The database contains migration ${row.migration_name} from a newer version. ` +
          "Start that version or a later one.",
      );
    }
    if (migration.checksum !== row.checksum) {
      throw new MigrationError(
        `Migration ${row.migration_name} was modified after it was applied. ` +
          "Restore the file and make the change in a new migration.",
      );
    }
  }
  const names = new Set(applied.map((row) => row.migration_name));
  const last = [...names].at(-1) ?? "";
  const pending = migrations.filter(({ name }) => !names.has(name));
  const late = pending.find(({ name }) => name < last);
  if (!late) return pending;
  throw new MigrationError(
    `Migration ${late.name} is older than the applied migration ${last}. Rename it with a later timestamp.`,
  );
}

/** A deadlock with writes of a running server has rolled back everything, so the migration can be tried again. */
async function apply(client: pg.Client, migration: Migration): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await tryToApply(client, migration);
    } catch (error) {
      const isDeadlock = error instanceof MigrationError && isDeadlockError(error.cause);
      if (!isDeadlock || attempt === maxAttempts) throw error;
      await sleep(Math.random() * pauseMs);
    }
  }
}

const maxAttempts = 20;
const pauseMs = 500;

function isDeadlockError(cause: unknown): boolean {
  return cause instanceof pg.DatabaseError && cause.code === "40P01";
}

async function tryToApply(client: pg.Client, migration: Migration): Promise<void> {
  try {
    await client.query("BEGIN");
    // A waiting table lock blocks everyone behind it, so the wait is short and the start is retried.
    await client.query("SET LOCAL lock_timeout = '15s'");
    await client.query("SET LOCAL statement_timeout = 0");
    await runMigration(client, migration);
    await client.query("COMMIT");
  } catch (cause) {
    await client.query("ROLLBACK").catch(() => {});
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new MigrationError(`Migration ${migration.name} failed and was rolled back: ${why}`, { cause });
  }
}
