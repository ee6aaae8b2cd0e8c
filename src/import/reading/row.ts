import { OperatorError } from "../../core/operator-error.js";

/** Why a row, or one of its cells, is not imported, in words for the person who has the file. */
export interface Refusal {
  /** What was found. Never contains the value of the cell. */
  readonly reason: string;
  /** What to change in the file, or in the command. */
  readonly remedy: string;
}

/** A refused cell of a row that could otherwise be read. */
export interface CellRefusal extends Refusal {
  /** Position of the column, from 0. */
  readonly column: number;
}

/** One row of a file, before its cells have a meaning. */
export interface FileRow {
  /** As a spreadsheet numbers its rows: the header is row 1. */
  readonly row: number;
  /** Empty cells are "". A row can have fewer or more cells than the header. */
  readonly cells: readonly string[];
  /** Set if the whole row cannot be read. */
  readonly refusal?: Refusal;
  /** Cells that cannot be read. Their text is "". */
  readonly refused?: readonly CellRefusal[];
}

/** An opened file. */
export interface RowSource {
  readonly format: "CSV" | "XLSX" | "JSONL";
  /** How the file was read: encoding, delimiter, sheet. One sentence each. */
  readonly notes: readonly string[];
  readonly header: readonly string[];
  /** The rows below the header in lists of a few hundred. Blank rows are left out. Can be read once. */
  readonly rows: AsyncIterable<readonly FileRow[]>;
  /** The share of the file that was read, from 0 to 1. */
  progress(): number;
}

/** A file that cannot be imported at all. */
export class FileError extends OperatorError {
  override readonly name = "FileError";
}

export const maxCellChars = 100_000;
/** A row that is longer is skipped up to its end. It also bounds what an unclosed quote can hide. */
export const maxRowChars = 1 << 20;
export const maxColumns = 1_000;

export const tooLongCell: Refusal = {
  reason: `The cell has more than ${maxCellChars.toLocaleString("en")} characters.`,
  remedy: "Shorten the text.",
};

export const tooLongRow: Refusal = {
  reason: `The row has more than ${maxRowChars.toLocaleString("en")} characters.`,
  remedy: "Shorten its texts, or check for a missing line break.",
};

export function isBlank(cells: readonly string[]): boolean {
  return cells.every((cell) => cell.trim() === "");
}

/** Moves cells that are too long from the cells of a row to its refused cells. */
export function bounded(row: FileRow): FileRow {
  if (row.cells.length > maxColumns) {
    const reason = `The row has more than ${maxColumns.toLocaleString("en")} cells.`;
    return { row: row.row, cells: [], refusal: { reason, remedy: "Check the delimiter and the quotes of the row." } };
  }
  if (row.cells.every((cell) => cell.length <= maxCellChars)) return row;
  const refused = row.cells.flatMap((cell, column) => (cell.length > maxCellChars ? [{ column, ...tooLongCell }] : []));
  const cells = row.cells.map((cell) => (cell.length > maxCellChars ? "" : cell));
  return { ...row, cells, refused: [...(row.refused ?? []), ...refused] };
}
