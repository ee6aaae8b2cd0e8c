import { createHash } from "node:crypto";
import type { Writable } from "node:stream";
import pg from "pg";
import { copyIn } from "../../db/copy-in.js";
import { copyOut } from "../../db/copy-out.js";
import type { ExportFormat } from "./export.model.js";
import { companySetting } from "./exported-person.columns.js";
import { rowsOf } from "./exported-rows.columns.js";
import type { ExportedTable } from "./exported-table.columns.js";
import { exportedTables } from "./exported-tables.columns.js";
import { type ColumnTypes, loadStatements } from "./loaded-rows.columns.js";

/** The rows of a company, as an export has them. */
export interface LoadedExport {
  readonly companyId: string;
  readonly format: ExportFormat;
  /** Writes the file of a table to the target. What it throws ends the load. */
  pipeTable(table: string, target: Writable): Promise<void>;
  /** SHA-256 of the file of a table. */
  hashOf(table: string): string;
  /** A secret of the company, encrypted for this installation. */
  readonly secret?: { readonly provider: string; readonly name: string; readonly sealed: Uint8Array };
}

/** A company cannot be loaded. */
export class LoadError extends Error {
  override readonly name = "LoadError";

  constructor(
    readonly fault: LoadFault,
    options?: ErrorOptions,
  ) {
    super(`The company cannot be loaded: ${JSON.stringify(fault)}`, options);
  }
}

export type LoadFault =
  | { readonly kind: "COMPANY_EXISTS" }
  /** Rows that PostgreSQL refuses; the rule is a constraint or an SQLSTATE. */
  | { readonly kind: "REFUSED_ROWS"; readonly table: string; readonly rule: string }
  /** The table of companies has others, or none. */
  | { readonly kind: "OTHER_COMPANY" }
  /** An export of the loaded rows would be another file. */
  | { readonly kind: "DIFFERENT_ROWS"; readonly table: string }
  | { readonly kind: "NOT_OWNER" };

/**
 * Stores the rows of a company in the transaction of the client, which the caller began and ends. Then exports them again
 * and compares the files, so that what is committed is the same company. The triggers that derive rows which the export
 * contains are off in this transaction alone (migration company_export); no other company notices it.
 *
 * @throws LoadError, or what pipeTable threw
 */
export async function loadCompany(
  client: pg.ClientBase,
  loaded: LoadedExport,
  begin: (part: string) => void,
): Promise<void> {
  const { companyId } = loaded;
  await client.query("SELECT set_config('moego.loads_export', 'on', true), set_config($1, $2, true)", [
    companySetting,
    companyId,
  ]);
  if (await explaining("company", () => exists(client, companyId))) throw new LoadError({ kind: "COMPANY_EXISTS" });
  const types = await readTypes(client);
  for (const table of exportedTables) {
    begin(table.name);
    await explaining(table.name, () => loadTable(client, table, loaded, types.get(table.name) ?? new Map()));
    if (table.name === "company" && !(await exists(client, companyId))) throw new LoadError({ kind: "OTHER_COMPANY" });
  }
  await client.query(countCustomers, [companyId]);
  if (loaded.secret) {
    const { provider, name, sealed } = loaded.secret;
    await client.query(insertSecret, [companyId, provider, name, sealed]);
  }
  for (const table of exportedTables) {
    begin(`comparing ${table.name}`);
    if ((await hashOf(client, table, loaded.format)) !== loaded.hashOf(table.name))
      throw new LoadError({ kind: "DIFFERENT_ROWS", table: table.name });
  }
}

async function exists(client: pg.ClientBase, companyId: string): Promise<boolean> {
  const { rowCount } = await client.query("SELECT 1 FROM company WHERE id = $1", [companyId]);
  return rowCount === 1;
}

async function readTypes(client: pg.ClientBase): Promise<ReadonlyMap<string, ColumnTypes>> {
  const { rows } = await client.query<{ table: string; columns: Record<string, string> }>(
    `SELECT c.relname::text AS table, jsonb_object_agg(a.attname, format_type(a.atttypid, a.atttypmod)) AS columns
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY ($1) GROUP BY 1`,
    [exportedTables.map(({ name }) => name)],
  );
  return new Map(rows.map(({ table, columns }) => [table, new Map(Object.entries(columns))]));
}

async function loadTable(
  client: pg.ClientBase,
  table: ExportedTable,
  { companyId, format, pipeTable }: LoadedExport,
  types: ColumnTypes,
): Promise<void> {
  const { create, copy, store, drop } = loadStatements(table, format, types);
  await client.query(create);
  await pipeTable(table.name, copyIn(client, copy));
  const { rowCount } = await client.query(store, table.company === "id" ? [] : [companyId]);
  if (table.company === "id" && rowCount !== 1) throw new LoadError({ kind: "OTHER_COMPANY" });
  await client.query(drop);
}

async function explaining<T>(table: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    const { code = "", constraint } = error;
    if (code === "42501") throw new LoadError({ kind: "NOT_OWNER" }, { cause: error });
    // Of another load of the same company, which has just ended.
    if (constraint === "company_pkey") throw new LoadError({ kind: "COMPANY_EXISTS" }, { cause: error });
    // Integrity and data. The message of PostgreSQL can have values of the row.
    if (/^2[23]/.test(code))
      throw new LoadError({ kind: "REFUSED_ROWS", table, rule: constraint ?? `SQLSTATE ${code}` });
    throw error;
  }
}

async function hashOf(client: pg.ClientBase, table: ExportedTable, format: ExportFormat): Promise<string> {
  const hash = createHash("sha256");
  const { signal } = new AbortController();
  const options = { format, isOfPerson: false, skippedRows: 0 };
  for await (const { bytes } of rowsOf(table, options, (text) => copyOut(client, text, signal))) hash.update(bytes);
  return hash.digest("hex");
}

/** A company without a limit of customers is not counted. */
const countCustomers = `INSERT INTO company_customer_count (company_id, customers)
  SELECT c.id, (SELECT count(*) FROM customer u WHERE u.company_id = c.id AND u.archived_time IS NULL)
  FROM company c WHERE c.id = $1 AND c.max_customers IS NOT NULL`;

const insertSecret = "INSERT INTO company_secret (company_id, provider, name, sealed) VALUES ($1, $2, $3, $4)";
