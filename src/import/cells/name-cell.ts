import { plainText, type Reading } from "./cell.js";

export interface PersonName {
  readonly firstName: string;
  /** Empty if the cell has only one word. */
  readonly lastName: string;
}

/** Words that belong to the last name when they stand before it. */
const particles: ReadonlySet<string> = new Set([
  ...["de", "da", "do", "dos", "das", "del", "della", "di", "du", "la", "le", "van", "von", "der", "den", "ter", "ten"],
  ...["zu", "zur", "bin", "ibn", "al", "el", "st", "st.", "san", "mac"],
]);

const suffix = /^(?:jr|sr|ii|iii|iv|esq|phd|md|dvm)\.?$/i;
const title = /^(?:mr|mrs|ms|miss|mx|dr|prof|rev|sir|herr|frau|sr|sra|m|mme)\.$|^(?:mr|mrs|ms|miss|mx|dr|prof)$/i;

/**
 * Splits a full name. `Smith, Anna` has the last name first. Otherwise the last word is the last name, with the particles
 * before it and a suffix behind it. A title at the beginning is left out.
 */
export function readFullName(cell: string): Reading<PersonName> {
  const text = plainText(cell).replaceAll(/\s+/g, " ");
  if (text === "") return undefined;
  const [before = "", behind = ""] = text.split(/,\s*/, 2);
  if (behind !== "" && !suffix.test(behind)) return { firstName: withoutTitle(behind), lastName: before };
  const words = withoutTitle(text).split(" ");
  if (words.length === 1) return { firstName: words[0] ?? "", lastName: "" };
  let start = words.length - 1;
  while (start > 1 && suffix.test(words[start] ?? "")) start -= 1;
  while (start > 1 && particles.has((words[start - 1] ?? "").toLowerCase())) start -= 1;
  return { firstName: words.slice(0, start).join(" "), lastName: words.slice(start).join(" ") };
}

function withoutTitle(text: string): string {
  const [first = "", ...others] = text.split(" ");
  return others.length > 0 && title.test(first) ? others.join(" ") : text;
}

/** A cell with a first name alone. */
export function readGivenName(cell: string): string {
  return plainText(cell).replaceAll(/\s+/g, " ");
}
