import { maxRowChars, type Refusal, tooLongRow } from "./row.js";

export const delimiters = [",", ";", "\t", "|"] as const;

export type Delimiter = (typeof delimiters)[number];

/** One record of a CSV text. */
export interface CsvRecord {
  readonly cells: readonly string[];
  /** Position behind the record and its line break. */
  readonly end: number;
  readonly refusal?: Refusal;
}

/**
 * Reads the record at a position (RFC 4180; `\n` and `\r\n` end lines). Quotes within an unquoted cell are text. A quote
 * that is not closed, or closed within a cell, refuses the record up to the end of its line, so that it hides no other
 * record.
 *
 * @param isEnd whether the text ends where the file ends
 * @returns undefined if the text ends within the record; then it is at most `maxRowChars` long
 */
export function readCsvRecord(
  text: string,
  start: number,
  { delimiter, isEnd }: CsvContext,
): CsvRecord | "skip" | undefined {
  const lineEnd = text.indexOf("\n", start);
  if (lineEnd < 0 && !isEnd) return text.length - start > maxRowChars ? "skip" : undefined;
  const end = lineEnd < 0 ? text.length : lineEnd + 1;
  const line = text.slice(start, lineEnd < 0 ? text.length : lineEnd);
  const plain = line.endsWith("\r") ? line.slice(0, -1) : line;
  if (line.length > maxRowChars) return { cells: [], end, refusal: tooLongRow };
  if (!plain.includes('"')) return { cells: plain.split(delimiter), end };
  const quoted = readQuoted(text, start, { delimiter, isEnd });
  if (quoted === "open") {
    if (!isEnd && text.length - start <= maxRowChars) return undefined;
    return { cells: plain.split(delimiter), end, refusal: openQuote };
  }
  if (quoted === "stray") return { cells: plain.split(delimiter), end, refusal: strayQuote };
  return quoted.end - start > maxRowChars ? { cells: [], end: quoted.end, refusal: tooLongRow } : quoted;
}

interface CsvContext {
  readonly delimiter: Delimiter;
  readonly isEnd: boolean;
}

const openQuote: Refusal = {
  reason: "A quote is opened in this row and never closed.",
  remedy: "Remove the quote, or close it. Write a quote within a quoted cell twice.",
};

const strayQuote: Refusal = {
  reason: "A quote ends within a cell.",
  remedy: "Write a quote within a quoted cell twice, or remove the quotes.",
};

function readQuoted(text: string, start: number, { delimiter, isEnd }: CsvContext): CsvRecord | "open" | "stray" {
  const cells: string[] = [];
  let at = start;
  for (;;) {
    const cell = text[at] === '"' ? quotedCell(text, at) : plainCell(text, at, delimiter);
    if (typeof cell === "string") return cell;
    cells.push(cell.value);
    at = cell.end;
    if (text[at] === delimiter) at += 1;
    else if (at >= text.length) return isEnd ? { cells, end: at } : "open";
    else if (text[at] === "\n") return { cells, end: at + 1 };
    else if (text.startsWith("\r\n", at)) return { cells, end: at + 2 };
    else if (text[at] === "\r" && at + 1 === text.length) return isEnd ? { cells, end: at + 1 } : "open";
    else return "stray";
  }
}

interface CellText {
  readonly value: string;
  /** Position behind the cell. */
  readonly end: number;
}

function quotedCell(text: string, open: number): CellText | "open" {
  let value = "";
  let from = open + 1;
  for (;;) {
    const quote = text.indexOf('"', from);
    // A record that is too long is not read to its end.
    if (quote < 0 || quote - open > maxRowChars) return "open";
    value += text.slice(from, quote);
    if (text[quote + 1] !== '"') return { value, end: quote + 1 };
    value += '"';
    from = quote + 2;
  }
}

function plainCell(text: string, start: number, delimiter: Delimiter): CellText {
  let end = start;
  while (end < text.length && text[end] !== delimiter && text[end] !== "\n") end += 1;
  const isLast = end >= text.length || text[end] === "\n";
  const value = text.slice(start, end);
  return { value: isLast && value.endsWith("\r") ? value.slice(0, -1) : value, end };
}

/** The delimiter that splits the first records into the most cells, the same number in most of them. */
export function detectDelimiter(sample: string): Delimiter {
  const scores = delimiters.map((delimiter) => ({ delimiter, score: score(sample, delimiter) }));
  return scores.reduce((best, one) => (one.score > best.score ? one : best), { delimiter: delimiters[0], score: 0 })
    .delimiter;
}

const sampledRecords = 20;

function score(sample: string, delimiter: Delimiter): number {
  const counts: number[] = [];
  let at = 0;
  while (at < sample.length && counts.length < sampledRecords) {
    const record = readCsvRecord(sample, at, { delimiter, isEnd: false });
    if (record === undefined || record === "skip") break;
    counts.push(record.cells.length);
    at = record.end;
  }
  const [header = readLine(sample).split(delimiter).length] = counts;
  const same = counts.filter((count) => count === header).length;
  return (header - 1) * (1 + same / Math.max(counts.length, 1));
}

function readLine(text: string): string {
  return /^[^\r\n]*/.exec(text)?.[0] ?? "";
}
