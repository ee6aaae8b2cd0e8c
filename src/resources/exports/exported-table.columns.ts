/** A table of the export. Its rows are those of the company. */
export interface ExportedTable {
  readonly name: string;
  /** In the order of the files. A text that a spreadsheet could read as a formula is marked. */
  readonly columns: readonly ExportedColumn[];
  /** Columns that order the rows of a company, which makes two exports of the same rows equal. */
  readonly order: string;
  /** Column of the company. */
  readonly company: string;
  /** Which rows are about one person; undefined if the table has no data of people, or not of one alone. */
  readonly person: string | undefined;
  /** Columns that are left out, each with the reason. */
  readonly excluded: Readonly<Record<string, string>>;
}

export interface ExportedColumn {
  readonly name: string;
  readonly isText: boolean;
  /** How a line of JSONL is made: of a text, of what PostgreSQL writes as JSON, or of an integer or a boolean. */
  readonly json: "text" | "written" | "number";
}

interface TableOptions {
  /**
   * Names, with `*` after those of texts, `{}` after those of JSON, which a spreadsheet reads as text, and `!` after others
   * that PostgreSQL writes as JSON: times, lists and fractions. The company is left out of every row: the export names it
   * once.
   */
  readonly columns: string;
  readonly order: string;
  readonly person?: string;
  readonly excluded?: Readonly<Record<string, string>>;
}

/** A table with the notation of its columns read. */
export function table(name: string, { columns, order, person, excluded = {} }: TableOptions): ExportedTable {
  const names = columns.trim().split(/\s+/);
  return {
    ...{ name, order, person, excluded, company: name === "company" ? "id" : "company_id" },
    columns: names.map(columnOf),
  };
}

function columnOf(marked: string): ExportedColumn {
  const [, name = "", mark = ""] = /^(\w+)(\*|\{\}|!)?$/.exec(marked) ?? [];
  const json = mark === "*" ? "text" : mark === "" ? "number" : "written";
  return { name, isText: mark === "*" || mark === "{}", json };
}
