import type { ExportFormat } from "./export.model.js";
import { companySetting } from "./exported-person.columns.js";
import type { ExportedColumn, ExportedTable } from "./exported-tables.columns.js";

interface CopyOptions {
  readonly format: ExportFormat;
  readonly isOfPerson: boolean;
  readonly skippedRows: number;
}

/**
 * Writes rows of a table in the format of an export. Parameters are settings of the transaction: COPY takes no others.
 */
export function copyStatement(table: ExportedTable, { format, isOfPerson, skippedRows }: CopyOptions): string {
  const rows = `SELECT ${table.columns.map(format === "CSV" ? guarded : plain).join(", ")} FROM ${table.name}
    WHERE ${table.company} = current_setting('${companySetting}')${isOfPerson ? ` AND ${table.person}` : ""}
    ORDER BY ${table.company}, ${table.order} OFFSET ${skippedRows}`;
  return format === "CSV"
    ? `COPY (${rows}) TO STDOUT (FORMAT csv, HEADER ${skippedRows === 0}, ENCODING 'UTF8')`
    : `COPY (SELECT row_to_json(r) FROM (${rows}) r) TO STDOUT ${verbatim}`;
}

/** JSON contains neither of these characters unescaped, so that nothing is quoted. */
export const verbatim = "(FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02', ENCODING 'UTF8')";

function plain({ name }: ExportedColumn): string {
  return `"${name}"`;
}

/**
 * A text with an additional apostrophe if it starts with one or with a character that makes a formula of it: tab, line
 * feed, carriage return, apostrophe, `+`, `-`, `=` or `@`. Its number is asked, which takes less than a comparison of
 * texts.
 */
function guarded(column: ExportedColumn): string {
  const name = plain(column);
  if (!column.isText) return name;
  return `CASE WHEN ascii(${name}::text) IN (9, 10, 13, 39, 43, 45, 61, 64) THEN '''' || ${name}::text ELSE ${name}::text END AS ${name}`;
}
