import type { Refusal } from "../reading/row.js";

/** What a cell means, or why it means nothing. Undefined if the cell is empty. */
export type Reading<T> = T | Refusal | undefined;

export function refusal(reason: string, remedy: string): Refusal {
  return { reason, remedy };
}

export function isRefusal<T>(reading: T | Refusal): reading is Refusal {
  return typeof reading === "object" && reading !== null && "remedy" in reading && "reason" in reading;
}

/** Texts that people write into a cell that has no value. */
const nothing: ReadonlySet<string> = new Set([
  ...["", "-", "--", "---", ".", "?", "n/a", "na", "n.a.", "#n/a", "none", "null", "nil", "unknown", "not provided"],
  ...["undefined", "(none)", "(blank)", "tbd", "no phone", "no email", "x"],
]);

/** The text of a cell without what spreadsheets put around it; "" if it says that a value is missing. */
export function meaningful(cell: string): string {
  const text = plainText(cell);
  return nothing.has(text.toLowerCase()) ? "" : text;
}

/** Texts of a missing value that are no name, no breed and no other information either. */
const blanks: ReadonlySet<string> = new Set([
  ...["-", "--", "---", ".", "?", "??", "n/a", "n.a.", "#n/a", "null", "nil", "undefined", "(none)", "(blank)", "tbd"],
  "not provided",
]);

/** The text of a cell of free text; "" if it says that nothing is known. */
export function freeText(cell: string): string {
  const text = plainText(cell);
  return blanks.has(text.toLowerCase()) ? "" : text;
}

/** Characters without width that programs put around numbers and names: byte order marks, directions, soft hyphens. */
const invisible = /[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** The text of a cell without blanks and without the forms that keep a spreadsheet from reading it as a number. */
export function plainText(cell: string): string {
  if (cell === "") return "";
  const text = cell.replaceAll("\u00a0", " ").replaceAll(invisible, "").trim();
  const kept = /^="([^"]*)"$/.exec(text)?.[1];
  return (kept ?? (/^'[\d+=-]/.test(text) ? text.slice(1) : text)).trim();
}

/** A formula that was exported as text. `=` begins no name, number or note of a person. */
export function isFormula(cell: string): boolean {
  return /^\s*=(?!"[^"]*"\s*$)\s*[A-Za-z0-9("'+$@-]/.test(cell);
}

export const formulaCell: Refusal = {
  reason: "The cell is a formula.",
  remedy: "Replace the formula by its value.",
};

/** Words of a text in lower case, without accents and punctuation. */
export function wordsOf(text: string): readonly string[] {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

const yesWords: ReadonlySet<string> = new Set([
  ...["y", "yes", "true", "t", "1", "x", "on", "checked", "✓", "✔"],
  ...["opt in", "opted in", "opted-in", "opt-in", "subscribed", "agreed", "granted", "consented", "allowed"],
]);
const noWords: ReadonlySet<string> = new Set([
  ...["n", "no", "false", "f", "0", "off", "unchecked"],
  ...["opt out", "opted out", "opted-out", "opt-out", "unsubscribed", "declined", "refused", "denied", "stop"],
]);

export function readYesNo(cell: string): Reading<boolean> {
  const text = plainText(cell).toLowerCase();
  if (yesWords.has(text)) return true;
  if (noWords.has(text)) return false;
  if (meaningful(cell) === "") return undefined;
  return refusal("The cell says neither yes nor no.", "Write yes or no.");
}
