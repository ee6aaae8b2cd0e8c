import type { Refusal } from "./row.js";
import type { XlsxWorkbook } from "./xlsx-workbook.js";

/** A cell as a sheet stores it. */
export interface StoredCell {
  /** `s` shared text, `inlineStr`, `str` text of a formula, `b`, `e` error, `d` ISO date, `n` or "" number. */
  readonly type: string;
  readonly style: number;
  readonly value: string;
  readonly hasFormula: boolean;
}

/** The text of a cell as a person would type it, or why it has none. */
export function cellText(
  { type, style, value, hasFormula }: StoredCell,
  workbook: XlsxWorkbook,
  sharedTexts: readonly string[],
): string | Refusal {
  if (value === "" && hasFormula) return formulaWithoutValue;
  switch (type) {
    case "s":
      return sharedTexts[Number(value)] ?? damagedCell;
    case "e":
      return value === "" ? "" : errorCell;
    case "b":
      return value === "1" ? "TRUE" : "FALSE";
    case "inlineStr":
    case "str":
    case "d":
      return value;
    default:
      if (value === "") return "";
      return workbook.showsDate[style] ? dateText(Number(value), workbook.countsFrom1904) : numberText(value);
  }
}

const formulaWithoutValue: Refusal = {
  reason: "The cell is a formula whose result is not in the file.",
  remedy: "Open the file in a spreadsheet and save it, or paste the cells as values.",
};
const errorCell: Refusal = {
  reason: "The cell shows an error of the spreadsheet, such as #REF!.",
  remedy: "Correct the formula, or clear the cell.",
};
const damagedCell: Refusal = { reason: "The cell is damaged.", remedy: "Open the file and save it again." };
const impossibleDate: Refusal = {
  reason: "The cell has a date that cannot be.",
  remedy: "Write the date as text, for example 2019-03-05.",
};

/** Phone numbers are often stored as numbers: `2.12555011E9` is 2125550110. */
function numberText(value: string): string {
  const number = Number(value);
  if (!Number.isFinite(number)) return value;
  if (Number.isSafeInteger(number)) return String(number);
  return Math.abs(number) < 1e15 ? String(Number(number.toPrecision(15))) : value;
}

const msPerDay = 86_400_000;

/** The date, with its time if it has one. */
function dateText(serial: number, countsFrom1904: boolean): string | Refusal {
  if (!(serial >= 0 && serial < 2_958_466)) return impossibleDate;
  // Lotus counted a 29 February 1900, and so do workbooks: day 60.
  if (!countsFrom1904 && Math.floor(serial) === 60) return impossibleDate;
  const epoch = countsFrom1904 ? Date.UTC(1904, 0, 1) : serial < 60 ? Date.UTC(1899, 11, 31) : Date.UTC(1899, 11, 30);
  const iso = new Date(epoch + Math.round(serial * 86_400) * 1_000).toISOString();
  return Math.round((serial % 1) * msPerDay) === 0 ? iso.slice(0, 10) : iso.slice(0, 19);
}
