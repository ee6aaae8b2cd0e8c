import type pg from "pg";

/** Columns that every change of a record sets. */
const ofEveryChange = ["version", "last_updated_time", "last_updated_by", "change_xid"];

/** Append-only logs, claims, and what tells followers and keys of the past: an undo adds to them. */
export const logTables: readonly string[] = [
  ...["change", "consent_event", "idempotency", "departure", "key_use", "customer_merge", "api_key_change"],
];

/** All rows of a company in all other tables, without the columns that every change sets, in a stable order. */
export async function dumpOf(owner: pg.Pool, companyId: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const { rows: tables } = await owner.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'company_id'
     WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> ALL ($1) ORDER BY c.relname`,
    [logTables],
  );
  const dump: Record<string, readonly string[]> = {};
  for (const { name } of tables) {
    const { rows } = await owner.query<{ row: string }>(
      `SELECT (to_jsonb(t) - $2::text[])::text AS row FROM ${name} t WHERE company_id = $1 ORDER BY 1`,
      [companyId, ofEveryChange],
    );
    if (rows.length > 0) dump[name] = rows.map(({ row }) => row);
  }
  return dump;
}
