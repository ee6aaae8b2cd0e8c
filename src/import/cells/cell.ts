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

/** The text of a cell without blanks and without the forms that keep a spreadsheet from reading it as a number. */
export function plainText(cell: string): string {
  const text = cell.replaceAll("\u00a0", " ").trim();
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
