import { decodedText } from "./decoded-text.js";
import type { FileEncoding } from "./file-survey.js";
import { bounded, FileError, type FileRow, maxRowChars, type Refusal, type RowSource, tooLongRow } from "./row.js";

interface JsonlFile {
  readonly path: string;
  readonly bytes: number;
  readonly encoding: FileEncoding;
  readonly notes: readonly string[];
}

/** The members of so many lines become columns. */
const sampledLines = 1_000;

/** Reads a file with one JSON object per line. A member of a nested object is a column such as `address.city`. */
export async function openJsonl({ path, bytes, encoding, notes }: JsonlFile): Promise<RowSource> {
  const text = decodedText(path, encoding);
  const objects = jsonlObjects(text);
  const first: ParsedLine[] = [];
  while (first.length < sampledLines) {
    const { value, done } = await objects.next();
    if (done) break;
    first.push(...value);
  }
  if (!first.some(({ members }) => members)) throw new FileError("The file has no line with a JSON object.");
  const header = [...new Set(first.flatMap(({ members }) => [...(members?.keys() ?? [])]))];
  const toRow = ({ row, members, refusal }: ParsedLine): FileRow => {
    if (!members) return { row, cells: [], ...(refusal ? { refusal } : {}) };
    const late = [...members.keys()].some((name) => !header.includes(name));
    if (late) return { row, cells: [], refusal: lateMember };
    return bounded({ row, cells: header.map((name) => members.get(name) ?? "") });
  };
  async function* rows() {
    yield first.map(toRow);
    for await (const list of objects) yield list.map(toRow);
  }
  return { format: "JSONL", notes, header, rows: rows(), progress: () => Math.min(1, text.read() / bytes) };
}

const lateMember: Refusal = {
  reason: `The line has a member that none of the first ${sampledLines.toLocaleString("en")} lines has.`,
  remedy: "Put a line with all members first.",
};

interface ParsedLine {
  readonly row: number;
  readonly members?: ReadonlyMap<string, string>;
  readonly refusal?: Refusal;
}

async function* jsonlObjects(chunks: AsyncIterable<string>): AsyncGenerator<readonly ParsedLine[], void> {
  let pending = "";
  let row = 0;
  let isSkipping = false;
  for await (const chunk of chunks) {
    const lines = (pending + chunk).split("\n");
    pending = lines.pop() ?? "";
    const parsed: ParsedLine[] = [];
    for (const line of lines) {
      row += isSkipping ? 0 : 1;
      if (!isSkipping) parsed.push(...parseLine(line, row));
      isSkipping = false;
    }
    if (pending.length > maxRowChars) {
      row += isSkipping ? 0 : 1;
      if (!isSkipping) parsed.push({ row, refusal: tooLongRow });
      isSkipping = true;
      pending = "";
    }
    if (parsed.length > 0) yield parsed;
  }
  if (!isSkipping) yield parseLine(pending, row + 1);
}

function parseLine(line: string, row: number): ParsedLine[] {
  if (line.trim() === "") return [];
  if (line.length > maxRowChars) return [{ row, refusal: tooLongRow }];
  try {
    const value: unknown = JSON.parse(line);
    const members = new Map<string, string>();
    if (!isObject(value)) return [{ row, refusal: noObject }];
    const refusal = flatten(value, "", members);
    return [refusal ? { row, refusal } : { row, members }];
  } catch {
    return [{ row, refusal: noObject }];
  }
}

const noObject: Refusal = {
  reason: "The line is not a JSON object.",
  remedy: "Write one JSON object per line, without line breaks and without commas between lines.",
};

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const maxDepth = 4;

function flatten(
  value: Readonly<Record<string, unknown>>,
  prefix: string,
  into: Map<string, string>,
): Refusal | undefined {
  for (const [name, member] of Object.entries(value)) {
    const path = prefix + name;
    if (isObject(member)) {
      if (path.split(".").length >= maxDepth) return deepValue;
      const refusal = flatten(member, `${path}.`, into);
      if (refusal) return refusal;
    } else {
      const text = textOf(member);
      if (text === undefined) return deepValue;
      into.set(path, text);
    }
  }
  return undefined;
}

const deepValue: Refusal = {
  reason: "The line has nested lists.",
  remedy: "Write one line per pet or per owner, with texts and numbers as members.",
};

function textOf(value: unknown): string | undefined {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value) && value.every((item) => typeof item === "string" || typeof item === "number"))
    return value.join("; ");
  return undefined;
}
