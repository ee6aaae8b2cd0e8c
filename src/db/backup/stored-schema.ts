import pg from "pg";
import { historyTable, type OwnObjects } from "./own-objects.js";

export interface StoredTable {
  readonly name: string;
  /** In their order, without generated ones. */
  readonly columns: readonly string[];
}

/** The tables of this package that the database has, by name. */
export async function readTables(client: pg.ClientBase, { tables }: OwnObjects): Promise<readonly StoredTable[]> {
  const { rows } = await client.query<StoredTable>(
    `SELECT c.relname::text AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname = ANY ($1)
       AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
     GROUP BY c.relname ORDER BY c.relname COLLATE "C"`,
    [[...tables].filter((name) => name !== historyTable)],
  );
  return rows;
}

/** Writes the rows of a table as text in PostgreSQL's own format. */
export function copyToStdout(table: StoredTable): string {
  return `COPY ${copySource(table)} TO STDOUT`;
}

/** Reads them. */
export function copyFromStdin(table: StoredTable): string {
  return `COPY ${copySource(table)} FROM STDIN`;
}

/** `public."pet" ("company_id", "id")`. */
function copySource({ name, columns }: StoredTable): string {
  return `${qualified(name)} (${columns.map((column) => pg.escapeIdentifier(column)).join(", ")})`;
}

export function qualified(name: string): string {
  return `public.${pg.escapeIdentifier(name)}`;
}

/** The last values of the sequences of these tables. Those that have given none are absent. */
export async function readSequences(
  client: pg.ClientBase,
  tables: readonly StoredTable[],
): Promise<readonly { readonly name: string; readonly lastValue: string }[]> {
  const { rows } = await client.query<{ name: string; lastValue: string }>(
    `SELECT s.sequencename::text AS name, s.last_value::text AS "lastValue"
     FROM pg_sequences s
     JOIN pg_depend d ON d.objid = format('public.%I', s.sequencename)::regclass AND d.deptype IN ('a', 'i')
       AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
     JOIN pg_class t ON t.oid = d.refobjid
     WHERE s.schemaname = 'public' AND s.last_value IS NOT NULL AND t.relname = ANY ($1)
     ORDER BY s.sequencename COLLATE "C"`,
    [tables.map(({ name }) => name)],
  );
  return rows;
}

/** Those of the given tables that have rows. */
export async function filledTables(client: pg.ClientBase, tables: readonly StoredTable[]): Promise<readonly string[]> {
  if (tables.length === 0) return [];
  const parts = tables.map(
    ({ name }) => `SELECT ${pg.escapeLiteral(name)} AS name WHERE EXISTS (SELECT FROM ${qualified(name)})`,
  );
  const { rows } = await client.query<{ name: string }>(parts.join(" UNION ALL "));
  return rows.map(({ name }) => name);
}
