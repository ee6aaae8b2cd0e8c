import { FileError } from "../reading/row.js";
import { fieldsOf, headerKey, type ImportField } from "./import-field.js";
import type { ImportKind } from "./import-kind.js";

/** What a column of a file is used for. */
export type ColumnUse =
  | { readonly kind: "field"; readonly field: string }
  /** Kept as a line of a note: `Favorite toy: ball`. */
  | { readonly kind: "note" }
  /** Kept as a custom field of the company, by its id. */
  | { readonly kind: "custom"; readonly id: string }
  | { readonly kind: "drop" };

export interface Column {
  /** From 0. */
  readonly position: number;
  readonly header: string;
  readonly use: ColumnUse;
}

export interface ColumnPlan {
  readonly columns: readonly Column[];
  /** What was decided without being asked. One sentence each. */
  readonly notes: readonly string[];
}

/** Uses by header, as `--map`, a preset and a mapping file state them: a field, `drop`, `note` or `custom:ID`. */
export type Mapping = ReadonlyMap<string, string>;

interface Matching {
  readonly kind: ImportKind;
  readonly header: readonly string[];
  /** Wins over synonyms. */
  readonly mapping?: Mapping;
  /** What happens to a column without a use. */
  readonly unmapped?: "note" | "drop" | undefined;
}

/**
 * Decides what each column is used for.
 *
 * @throws FileError with all problems: two columns for one field, an unknown field, no column that is known
 */
export function planColumns({ kind, header, mapping = new Map(), unmapped }: Matching): ColumnPlan {
  const fields = fieldsOf(kind);
  const stated = new Map([...mapping].map(([name, use]) => [headerKey(name), { name, use }]));
  const problems: string[] = [];
  const notes: string[] = [];
  const columns = header.map((name, position): Column => {
    const given = stated.get(headerKey(name));
    const use = given ? readUse(given.use, fields) : matched(name, fields);
    if (given && !use) problems.push(`${quoted(name)} is mapped to ${given.use}, which is not a field of ${kind}.`);
    const rest: ColumnUse = { kind: unmapped === "note" ? "note" : "drop" };
    return { position, header: name, use: use ?? (name.trim() === "" ? { kind: "drop" } : rest) };
  });
  for (const { name } of stated.values()) {
    if (!header.some((one) => headerKey(one) === headerKey(name)))
      problems.push(`The mapping names the column ${quoted(name)}, which the file does not have.`);
  }
  problems.push(...doubled(columns));
  const used = withoutFullName(columns, notes);
  const idle = used.filter(
    ({ use, header: name }) => use.kind === "drop" && !isStated(name, stated) && name.trim() !== "",
  );
  if (idle.length > 0)
    notes.push(
      `Not imported: ${idle.map(({ header: name }) => quoted(name)).join(", ")}. --unmapped note keeps them as a note.`,
    );
  const isKnown = used.some(({ use }) => use.kind === "field");
  if (!isKnown && problems.length === 0) problems.push(noColumn(header));
  if (problems.length > 0) throw new FileError(problems.join("\n"));
  return { columns: used, notes };
}

function isStated(header: string, stated: ReadonlyMap<string, unknown>): boolean {
  return stated.has(headerKey(header));
}

function noColumn(header: readonly string[]): string {
  const shown = header.slice(0, 10).map((name) => quoted(name.slice(0, 40)));
  return `No column is known. The first row must have the names of the columns; it has ${shown.join(", ")}.`;
}

function matched(header: string, fields: readonly ImportField[]): ColumnUse | undefined {
  const key = headerKey(header);
  const found = fields.find(({ keys }) => keys.includes(key));
  return found && { kind: "field", field: found.name };
}

function readUse(use: string, fields: readonly ImportField[]): ColumnUse | undefined {
  if (use === "drop" || use === "note") return { kind: use };
  if (/^custom:.+/.test(use)) return { kind: "custom", id: use.slice(7) };
  return fields.some(({ name }) => name === use) ? { kind: "field", field: use } : undefined;
}

/** Two columns for one field: nothing says which of them is right. */
function doubled(columns: readonly Column[]): string[] {
  const byField = new Map<string, Column[]>();
  for (const column of columns) {
    if (column.use.kind !== "field") continue;
    const { field } = column.use;
    byField.set(field, [...(byField.get(field) ?? []), column]);
  }
  return [...byField].flatMap(([field, several]) => {
    const [, second] = several;
    if (!second) return [];
    const names = several.map(({ header, position }) => `${quoted(header)} (column ${letterOf(position)})`);
    const remedy =
      new Set(several.map(({ header }) => headerKey(header))).size > 1
        ? `Leave one out with --map ${JSON.stringify(`${second.header}=drop`)}.`
        : "Rename one of them in the file.";
    return [`${names.join(" and ")} both mean ${field}. ${remedy}`];
  });
}

/** A full name beside first and last names says nothing new. */
function withoutFullName(columns: readonly Column[], notes: string[]): readonly Column[] {
  const has = (field: string) => columns.some(({ use }) => use.kind === "field" && use.field === field);
  if (!has("owner.name")) return columns;
  if (!has("owner.first_name") || !has("owner.last_name")) {
    notes.push("Full names are split: the last word is the last name, or the words before a comma.");
    return columns;
  }
  notes.push("The column with full names is not used, because the file has first and last names.");
  return columns.map((column) =>
    column.use.kind === "field" && column.use.field === "owner.name" ? { ...column, use: { kind: "drop" } } : column,
  );
}

export function quoted(header: string): string {
  return JSON.stringify(header.trim());
}

/** As a spreadsheet names a column: 0 is A, 26 is AA. */
export function letterOf(position: number): string {
  const letter = String.fromCodePoint(65 + (position % 26));
  return position < 26 ? letter : letterOf(Math.floor(position / 26) - 1) + letter;
}
