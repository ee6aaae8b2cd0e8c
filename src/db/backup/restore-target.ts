import type pg from "pg";
import { presenceName } from "../embedded/databases.js";
import type { Migration } from "../migrate/migration-files.js";
import { BackupError } from "./backup-error.js";
import { historyTable, type OwnObjects, objectsOf } from "./own-objects.js";
import { filledTables, qualified, readTables } from "./stored-schema.js";

interface TargetOptions {
  readonly known: readonly Migration[];
  readonly replace: boolean;
}

/**
 * Removes the tables and functions of this package, in the transaction of the client, so that the schema of the backup
 * can be created whatever version the database has.
 *
 * @throws BackupError if they have rows that may not be replaced, or a server uses them
 */
export async function prepareTarget(client: pg.ClientBase, { known, replace }: TargetOptions): Promise<void> {
  await assertUnused(client);
  const own = objectsOf(known);
  await assertKnownHistory(client, known);
  const tables = await readTables(client, own);
  // Nothing can be written to them until the transaction ends.
  if (tables.length > 0) await client.query(`LOCK TABLE ${tables.map(({ name }) => qualified(name)).join(", ")}`);
  const filled = await filledTables(client, tables);
  if (filled.length > 0 && !replace) {
    throw new BackupError(
      "The database already contains data, and was not changed. Restore into an empty database: set DATABASE_URL to " +
        "another one, or DATA_DIR to another folder for the embedded one. To delete the data and restore the backup in its " +
        `place, add --replace. Tables with rows: ${filled.join(", ")}.`,
      { exit: "cannotCreate" },
    );
  }
  await removeOwnObjects(client, own);
}

/**
 * Best effort: a server that has been idle for a minute has no connection to its own database, and sees the restored rows
 * with its next request. Each process that uses the embedded database has a connection, this one as well.
 */
export async function assertUnused(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ used: boolean }>(
    `SELECT count(*) FILTER (WHERE datname = current_database() AND pid <> pg_backend_pid()) > 0
       OR count(*) FILTER (WHERE application_name = $1) > 1 AS used
     FROM pg_stat_activity WHERE application_name LIKE 'moego%'`,
    [presenceName],
  );
  if (rows[0]?.used)
    throw new BackupError("A moego server or command uses this database. Stop it first.", { exit: "temporary" });
}

/** What a newer version has created is not known here, and would remain. */
async function assertKnownHistory(client: pg.ClientBase, known: readonly Migration[]): Promise<void> {
  const { rows: found } = await client.query("SELECT FROM pg_tables WHERE schemaname = 'public' AND tablename = $1", [
    historyTable,
  ]);
  if (found.length === 0) return;
  const { rows } = await client.query<{ name: string }>(
    `SELECT migration_name AS name FROM ${qualified(historyTable)} WHERE migration_name <> ALL ($1) ORDER BY 1`,
    [known.map(({ name }) => name)],
  );
  if (rows.length === 0) return;
  throw new BackupError(
    `A newer version has migrated this database. Restore into an empty one. Migrations that this version does not ` +
      `have: ${rows.map(({ name }) => name).join(", ")}.`,
  );
}

/**
 * Not with CASCADE: if an object of the operator depends on one of these, PostgreSQL names both and nothing changes.
 */
async function removeOwnObjects(client: pg.ClientBase, own: OwnObjects): Promise<void> {
  const { rows } = await client.query<{ kind: string; objects: string }>(
    `SELECT kind, string_agg(object, ', ') AS objects FROM (
       SELECT 1 AS step, 'TABLE' AS kind, format('public.%I', relname) AS object FROM pg_class
       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname = ANY ($1)
       UNION ALL
       SELECT 2, 'ROUTINE', format('public.%I(%s)', proname, pg_get_function_identity_arguments(oid)) FROM pg_proc
       WHERE pronamespace = 'public'::regnamespace AND proname = ANY ($2)
       UNION ALL
       SELECT 3, 'DOMAIN', format('public.%I', typname) FROM pg_type
       WHERE typnamespace = 'public'::regnamespace AND typtype = 'd' AND typname = ANY ($3)) own
     GROUP BY step, kind ORDER BY step`,
    [[...own.tables, historyTable], [...own.routines], [...own.domains]],
  );
  for (const { kind, objects } of rows) await client.query(`DROP ${kind} ${objects}`);
}
