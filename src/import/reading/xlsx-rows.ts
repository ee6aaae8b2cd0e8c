import { StringDecoder } from "node:string_decoder";
import { bounded, type CellRefusal, FileError, type FileRow, isBlank, maxColumns, type RowSource } from "./row.js";
import { openXlsxArchive, type XlsxArchive } from "./xlsx-archive.js";
import { cellText, type StoredCell } from "./xlsx-cell.js";
import { readWorkbook, type XlsxWorkbook, xmlParser } from "./xlsx-workbook.js";

/** The texts of a workbook are in memory while its cells are read. */
const maxSharedBytes = 128 << 20;

/** Reads one sheet of a workbook: its cells in constant memory, its texts at once. */
export async function openXlsx(path: string, sheet?: string): Promise<RowSource> {
  const archive = await openXlsxArchive(path);
  const workbook = await readWorkbook(archive, sheet);
  const sharedTexts = await readSharedTexts(archive);
  const total = archive.size(workbook.sheetPart);
  let read = 0;
  const lists = sheetRows(archive, workbook, sharedTexts, (bytes) => {
    read += bytes;
  });
  const { value: first } = await lists.next();
  const [header, ...others] = first ?? [];
  if (!header) throw new FileError(`The sheet ${workbook.sheetName} is empty.`);
  async function* rows() {
    if (others.length > 0) yield others;
    yield* lists;
    archive.close();
  }
  const { sheetNames, sheetName } = workbook;
  return {
    format: "XLSX",
    notes: sheetNames.length > 1 ? [`Read the sheet ${sheetName} of ${sheetNames.length}. --sheet names another.`] : [],
    header: header.cells,
    rows: rows(),
    progress: () => Math.min(1, read / Math.max(total, 1)),
  };
}

async function readSharedTexts(archive: XlsxArchive): Promise<readonly string[]> {
  const part = "xl/sharedStrings.xml";
  if (!archive.has(part)) return [];
  if (archive.size(part) > maxSharedBytes) throw new FileError("The workbook has too much text. Save it as CSV.");
  const texts: string[] = [];
  let text = "";
  let isText = false;
  let isPhonetic = false;
  const parser = xmlParser(
    (tag) => {
      if (tag === "si") text = "";
      if (tag === "rPh") isPhonetic = true;
      if (tag === "t") isText = !isPhonetic;
    },
    (tag) => {
      if (tag === "si") texts.push(text);
      if (tag === "rPh") isPhonetic = false;
      if (tag === "t") isText = false;
    },
  );
  const append = (given: string) => {
    if (isText) text += given;
  };
  parser.ontext = append;
  parser.oncdata = append;
  for await (const chunk of xmlOf(archive, part)) parser.write(chunk);
  parser.close();
  return texts;
}

async function* xmlOf(archive: XlsxArchive, part: string, onRead: (bytes: number) => void = () => {}) {
  const decoder = new StringDecoder("utf8");
  try {
    for await (const chunk of await archive.open(part)) {
      onRead(chunk.length);
      yield decoder.write(chunk);
    }
  } catch (error) {
    if (error instanceof FileError) throw error;
    throw new FileError("The workbook is damaged. Open it and save it again.");
  }
}

async function* sheetRows(
  archive: XlsxArchive,
  workbook: XlsxWorkbook,
  sharedTexts: readonly string[],
  onRead: (bytes: number) => void,
): AsyncGenerator<readonly FileRow[], void> {
  let rows: FileRow[] = [];
  let number = 0;
  let cells: string[] = [];
  let refused: CellRefusal[] = [];
  let column = 0;
  let cell = emptyCell;
  let isValue = false;

  function addCell() {
    const text = cellText(cell, workbook, sharedTexts);
    if (column < maxColumns) {
      while (cells.length < column) cells.push("");
      cells[column] = typeof text === "string" ? text : "";
    }
    if (typeof text !== "string") refused.push({ column, ...text });
    column += 1;
  }

  const parser = xmlParser(
    (tag, attributes) => {
      if (tag === "row") {
        number = Number(attributes("r")) || number + 1;
        [cells, refused, column] = [[], [], 0];
      } else if (tag === "c") {
        column = columnOf(attributes("r")) ?? column;
        cell = { ...emptyCell, type: attributes("t"), style: Number(attributes("s")) };
      } else if (tag === "f") cell = { ...cell, hasFormula: true };
      else if (tag === "v" || tag === "t") isValue = true;
    },
    (tag) => {
      if (tag === "v" || tag === "t") isValue = false;
      else if (tag === "c") addCell();
      else if (tag === "row" && (!isBlank(cells) || refused.length > 0)) {
        rows.push(bounded({ row: number, cells, ...(refused.length > 0 ? { refused } : {}) }));
      }
    },
  );
  const append = (text: string) => {
    if (isValue) cell = { ...cell, value: cell.value + text };
  };
  parser.ontext = append;
  parser.oncdata = append;
  for await (const chunk of xmlOf(archive, workbook.sheetPart, onRead)) {
    parser.write(chunk);
    if (rows.length === 0) continue;
    yield rows;
    rows = [];
  }
  parser.close();
  if (rows.length > 0) yield rows;
}

const emptyCell: StoredCell = { type: "", style: 0, value: "", hasFormula: false };

/** The position of `AB12` from 0. */
function columnOf(reference: string): number | undefined {
  const letters = /^[A-Z]{1,3}/.exec(reference)?.[0];
  if (letters === undefined) return undefined;
  return [...letters].reduce((sum, letter) => sum * 26 + (letter.codePointAt(0) ?? 0) - 64, 0) - 1;
}
