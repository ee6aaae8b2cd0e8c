import type { Migration } from "../migrate/migration-files.js";

/** The names of what migrations create in the schema `public`. Everything else there belongs to the operator. */
export interface OwnObjects {
  readonly tables: ReadonlySet<string>;
  /** Functions and procedures. */
  readonly routines: ReadonlySet<string>;
  readonly domains: ReadonlySet<string>;
}

/** The table in which the migrations are recorded. It is not in a backup, whose manifest lists them. */
export const historyTable = "_prisma_migrations";

export function objectsOf(migrations: readonly Migration[]): OwnObjects {
  const sql = migrations.map((migration) => migration.sql).join("\n");
  const names = (pattern: RegExp) => new Set([...sql.matchAll(pattern)].flatMap(([, name]) => name ?? []));
  return {
    tables: names(/^CREATE TABLE (\w+)/gm),
    routines: names(/^CREATE (?:OR REPLACE )?(?:FUNCTION|PROCEDURE) (\w+)/gm),
    domains: names(/^CREATE DOMAIN (\w+)/gm),
  };
}
