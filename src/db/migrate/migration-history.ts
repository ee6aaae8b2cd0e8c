import pg from "pg";
import { MigrationError } from "./migration-error.js";
import type { Migration } from "./migration-files.js";
import { serviceRole } from "./roles.js";

export interface AppliedRow {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished: boolean;
}

/** Identical to the table that Prisma's CLI creates. */
const createHistory = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id varchar(36) PRIMARY KEY NOT NULL,
  checksum varchar(64) NOT NULL,
  finished_at timestamptz,
  migration_name varchar(255) NOT NULL,
  logs text,
  rolled_back_at timestamptz,
  started_at timestamptz NOT NULL DEFAULT now(),
  applied_steps_count integer NOT NULL DEFAULT 0
)`;

export async function createHistoryTable(client: pg.Client): Promise<void> {
  try {
    await client.query(createHistory);
  } catch (cause) {
    if (!(cause instanceof pg.DatabaseError) || cause.code !== "42501") throw cause;
    throw new MigrationError(
      "This login cannot create tables. Set DATABASE_MIGRATION_URL to the login of the owner of the database.",
      { cause, exit: "permission" },
    );
  }
}

/** The server verifies the schema without rights of the owner. Granted once, because a grant is a catalog write. */
export async function letServiceReadHistory(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ allowed: boolean }>(
    "SELECT has_table_privilege($1, '_prisma_migrations', 'SELECT') AS allowed",
    [serviceRole],
  );
  if (!rows[0]?.allowed) await client.query(`GRANT SELECT ON _prisma_migrations TO ${serviceRole}`);
}

export async function readApplied(client: pg.Client): Promise<readonly AppliedRow[]> {
  const { rows } = await client.query<AppliedRow>(
    `SELECT migration_name, checksum, finished_at IS NOT NULL AS finished
     FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY migration_name`,
  );
  return rows;
}

/** Runs a migration in the transaction of the client, together with its row in the history. */
export async function runMigration(client: pg.Client, migration: Migration): Promise<void> {
  await client.query(migration.sql);
  await client.query(
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
     VALUES (gen_random_uuid()::text, $1, $2, transaction_timestamp(), clock_timestamp(), 1)`,
    [migration.checksum, migration.name],
  );
}
