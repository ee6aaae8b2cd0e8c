/** A `timestamptz` in JSON that has the text of the column. */
export function toDate(text: string): Date {
  return parseUtc(text) ?? new Date(text);
}

/** The length of `2024-01-01 00:00:00.123456+00`. */
const maxLength = 29;

/**
 * A `timestamptz` as PostgreSQL writes it in a session in UTC, with millisecond precision. By its digits, which takes a
 * third of the time of `new Date(text)`.
 *
 * @returns undefined for infinity, and for years below 100 or above 9999
 */
export function parseUtc(text: string): Date | undefined {
  const hasYear = text.charCodeAt(10) === space && !text.startsWith("00");
  if (!hasYear || text.length > maxLength || !text.endsWith("+00")) return undefined;
  const year = 100 * twoDigits(text, 0) + twoDigits(text, 2);
  const seconds = 60 * (60 * twoDigits(text, 11) + twoDigits(text, 14)) + twoDigits(text, 17);
  const ms = 1_000 * seconds + millisecondsOf(text);
  return new Date(Date.UTC(year, twoDigits(text, 5) - 1, twoDigits(text, 8)) + ms);
}

const space = 0x20;
const zero = 0x30;
/** Where the digits of a fraction begin, if there is one. */
const fraction = 20;

function millisecondsOf(text: string): number {
  const end = text.length - "+00".length;
  let ms = 0;
  for (let at = fraction, unit = 100; at < end && unit >= 1; at += 1, unit /= 10) ms += unit * digit(text, at);
  return ms;
}

function twoDigits(text: string, at: number): number {
  return 10 * digit(text, at) + digit(text, at + 1);
}

function digit(text: string, at: number): number {
  return text.charCodeAt(at) - zero;
}
