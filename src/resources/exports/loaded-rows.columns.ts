import type { ExportFormat } from "./export.model.js";
import type { ExportedColumn, ExportedTable } from "./exported-table.columns.js";

/*
 * The way back of exported-rows.columns.ts: the rows of a file are copied into a temporary table as they are, and stored from
 * there. A file does not name the company of its rows, so none can belong to another one.
 */

const staged = "pg_temp.moego_staged";

/** JSON contains neither of these characters unescaped, so that nothing is quoted. */
const verbatim = "(FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02', ENCODING 'UTF8')";

/** The type of each column of the stored table. */
export type ColumnTypes = ReadonlyMap<string, string>;

export interface LoadStatements {
  readonly create: string;
  /** Reads the file. */
  readonly copy: string;
  /** Stores the rows. The first parameter is the company, unless the table is the one of companies. */
  readonly store: string;
  readonly drop: string;
}

export function loadStatements(table: ExportedTable, format: ExportFormat, types: ColumnTypes): LoadStatements {
  const target = `public."${table.name}"`;
  const names = table.columns.map(({ name }) => `"${name}"`);
  const isCompany = table.company === "id";
  const into = `INSERT INTO ${target} (${(isCompany ? names : [table.company, ...names]).join(", ")})`;
  const drop = `DROP TABLE ${staged}`;
  const of = (values: readonly string[]) => (isCompany ? values : ["$1", ...values]).join(", ");
  if (format === "JSONL") {
    return {
      create: `CREATE TEMPORARY TABLE moego_staged (line json) ON COMMIT DROP`,
      copy: `COPY ${staged} FROM STDIN ${verbatim}`,
      store: `${into} SELECT ${of(names.map((name) => `r.${name}`))}
        FROM ${staged} s, json_populate_record(NULL::${target}, s.line) r`,
      drop,
    };
  }
  const typeOf = ({ name }: ExportedColumn) => {
    const type = types.get(name);
    if (type === undefined) throw new Error(`${table.name} has no column ${name}`);
    return type;
  };
  const columns = table.columns.map((column) => `"${column.name}" ${column.isText ? "text" : typeOf(column)}`);
  const values = table.columns.map((column) =>
    column.isText ? `CAST(${unguarded(column)} AS ${typeOf(column)})` : `s."${column.name}"`,
  );
  return {
    create: `CREATE TEMPORARY TABLE moego_staged (${columns.join(", ")}) ON COMMIT DROP`,
    copy: `COPY ${staged} FROM STDIN (FORMAT csv, HEADER match, ENCODING 'UTF8')`,
    store: `${into} SELECT ${of(values)} FROM ${staged} s`,
    drop,
  };
}

/** The text without the apostrophe that an export adds. */
function unguarded({ name }: ExportedColumn): string {
  return `CASE WHEN starts_with(s."${name}", '''') THEN substr(s."${name}", 2) ELSE s."${name}" END`;
}
