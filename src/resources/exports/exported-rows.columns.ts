import type { CopiedRows } from "../../db/copy-out.js";
import type { ExportFormat } from "./export.model.js";
import { companySetting } from "./exported-person.columns.js";
import type { ExportedColumn, ExportedTable } from "./exported-table.columns.js";
import { jsonLines } from "./json-lines.columns.js";

interface CopyOptions {
  readonly format: ExportFormat;
  readonly isOfPerson: boolean;
  readonly skippedRows: number;
}

/**
 * Reads rows of a table for an export: CSV as it is, JSONL as binary rows. Parameters are settings of the transaction: COPY
 * takes no others.
 */
export function copyStatement(table: ExportedTable, { format, isOfPerson, skippedRows }: CopyOptions): string {
  const rows = `SELECT ${table.columns.map(format === "CSV" ? guarded : inJson).join(", ")} FROM ${table.name}
    WHERE ${table.company} = current_setting('${companySetting}')${isOfPerson ? ` AND ${table.person}` : ""}
    ORDER BY ${stored(table)} OFFSET ${skippedRows}`;
  return format === "CSV"
    ? `COPY (${rows}) TO STDOUT (FORMAT csv, HEADER ${skippedRows === 0}, ENCODING 'UTF8')`
    : `COPY (${rows}) TO STDOUT (FORMAT binary)`;
}

/** Runs the statement, and makes the file of what it returns. */
export function rowsOf(
  table: ExportedTable,
  options: CopyOptions,
  copy: (text: string) => AsyncIterable<CopiedRows>,
): AsyncIterable<CopiedRows> {
  const copied = copy(copyStatement(table, options));
  return options.format === "CSV" ? copied : jsonLines(table.columns, copied);
}

/**
 * The stored columns, which an index has in this order. A name alone would mean the marked text, and
 * PostgreSQL would sort all rows.
 */
function stored({ name, company, order }: ExportedTable): string {
  return [company, ...order.split(", ")].map((column) => `"${name}"."${column}"`).join(", ");
}

function plain({ name }: ExportedColumn): string {
  return `"${name}"`;
}

/** A value for json-lines.columns.ts. */
function inJson({ name, isText, json }: ExportedColumn): string {
  if (json !== "written") return `"${name}"`;
  return isText ? `"${name}"::text` : `to_json("${name}")::text`;
}

/**
 * A text with an additional apostrophe if it starts with one or with a character that makes a formula of it: tab, line
 * feed, carriage return, apostrophe, `+`, `-`, `=` or `@`. Its number is asked, which takes less than a comparison of
 * texts. Most texts start with a letter, and are done after the first question.
 */
function guarded(column: ExportedColumn): string {
  const name = plain(column);
  if (!column.isText) return name;
  const text = `${name}::text`;
  return `CASE WHEN ascii(${text}) > 64 THEN ${text} WHEN ascii(${text}) IN (9, 10, 13, 39, 43, 45, 61, 64)
    THEN '''' || ${text} ELSE ${text} END AS ${name}`;
}
