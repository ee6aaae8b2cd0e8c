import { type Delimiter, detectDelimiter, readCsvRecord } from "./csv-record.js";
import { decodedText } from "./decoded-text.js";
import type { FileEncoding } from "./file-survey.js";
import { bounded, FileError, type FileRow, isBlank, type Refusal, type RowSource, tooLongRow } from "./row.js";

interface CsvFile {
  readonly path: string;
  readonly bytes: number;
  readonly encoding: FileEncoding;
  /** Absent: detected. */
  readonly delimiter?: Delimiter | undefined;
  readonly notes: readonly string[];
}

const sampleChars = 64 * 1024;

/** Reads a CSV file of any size in constant memory. */
export async function openCsv({ path, bytes, encoding, delimiter: stated, notes }: CsvFile): Promise<RowSource> {
  const text = decodedText(path, encoding);
  const chunks = text[Symbol.asyncIterator]();
  let sample = "";
  let isEnd = false;
  while (!isEnd && sample.length < sampleChars) {
    const { value, done } = await chunks.next();
    isEnd = done === true;
    sample += value ?? "";
  }
  if (isBinary(sample)) throw new FileError("The file is not a text file. Save it as CSV or XLSX.");
  const lineEnd = sample.includes("\n") ? "\n" : sample.includes("\r") ? "\r" : "\n";
  const linesOf = (chunk: string) => (lineEnd === "\r" ? chunk.replaceAll("\r", "\n") : chunk);
  const delimiter = stated ?? detectDelimiter(linesOf(sample));
  async function* all() {
    yield linesOf(sample);
    if (isEnd) return;
    for (;;) {
      const { value, done } = await chunks.next();
      if (done) return;
      yield linesOf(value);
    }
  }
  const lists = csvRows(all(), delimiter);
  const { value: first } = await lists.next();
  const [header, ...others] = first ?? [];
  if (!header || header.refusal) {
    throw new FileError(`The header of the file cannot be read. ${header?.refusal?.reason ?? "The file is blank."}`);
  }
  async function* rows() {
    if (others.length > 0) yield others;
    yield* lists;
  }
  return {
    format: "CSV",
    notes: [...notes, ...(delimiter === "," ? [] : [`Cells are separated by ${delimiterNames[delimiter]}.`])],
    header: header.cells,
    rows: rows(),
    progress: () => Math.min(1, text.read() / bytes),
  };
}

/** A zero byte in a row is a fault of that row; several of them, or one in the header, are no text. */
function isBinary(sample: string): boolean {
  const zeros = sample.split("\0").length - 1;
  return zeros > sample.length / 1_000 || /^[^\n]*\0/.test(sample);
}

const zeroByte: Refusal = {
  reason: "The row has a byte that no text has.",
  remedy: "Write the row again, or save the file again as CSV.",
};

const delimiterNames = { ",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars" } as const;

const wrongBytes: Refusal = {
  reason: "The row has bytes that are not of the encoding of the file.",
  remedy: "Save the file as UTF-8, or state its encoding with --encoding.",
};

/** The rows of a CSV text, a list for each of its chunks. */
async function* csvRows(chunks: AsyncIterable<string>, delimiter: Delimiter): AsyncGenerator<readonly FileRow[], void> {
  let pending = "";
  let number = 0;
  let isSkipping = false;

  function take(isEnd: boolean): FileRow[] {
    const rows: FileRow[] = [];
    let at = 0;
    while (at < pending.length) {
      if (isSkipping) {
        const lineEnd = pending.indexOf("\n", at);
        isSkipping = lineEnd < 0;
        at = isSkipping ? pending.length : lineEnd + 1;
        continue;
      }
      const record = readCsvRecord(pending, at, { delimiter, isEnd });
      if (record === undefined) break;
      number += 1;
      if (record === "skip") {
        isSkipping = true;
        rows.push({ row: number, cells: [], refusal: tooLongRow });
        continue;
      }
      at = record.end;
      const row = toRow(number, record.cells, record.refusal);
      if (row.refusal || !isBlank(row.cells)) rows.push(row);
    }
    pending = pending.slice(at);
    return rows;
  }

  for await (const chunk of chunks) {
    pending += chunk;
    const rows = take(false);
    if (rows.length > 0) yield rows;
  }
  const rows = take(true);
  if (rows.length > 0) yield rows;
}

function toRow(row: number, cells: readonly string[], refusal: Refusal | undefined): FileRow {
  if (refusal) return { row, cells, refusal };
  if (cells.some((cell) => cell.includes("\ufffd"))) return { row, cells, refusal: wrongBytes };
  if (cells.some((cell) => cell.includes("\0"))) return { row, cells, refusal: zeroByte };
  return bounded({ row, cells });
}
