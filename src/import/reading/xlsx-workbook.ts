import sax from "sax";
import { FileError } from "./row.js";
import type { XlsxArchive } from "./xlsx-archive.js";

/** What is needed of a workbook to read the cells of one sheet. */
export interface XlsxWorkbook {
  readonly sheetName: string;
  /** Name of the part with the cells. */
  readonly sheetPart: string;
  readonly sheetNames: readonly string[];
  /** Whether dates count from 1904, as in workbooks of old Macs. */
  readonly countsFrom1904: boolean;
  /** By number of the style of a cell: whether it shows a date. */
  readonly showsDate: readonly boolean[];
}

/** @param wanted name of the sheet; absent: the first that is visible */
export async function readWorkbook(archive: XlsxArchive, wanted?: string): Promise<XlsxWorkbook> {
  const sheets: { readonly name: string; readonly relation: string; readonly isHidden: boolean }[] = [];
  let countsFrom1904 = false;
  eachTag(await archive.text("xl/workbook.xml"), (tag, attributes) => {
    if (tag === "workbookPr") countsFrom1904 = ["1", "true"].includes(attributes("date1904"));
    if (tag !== "sheet") return;
    const isHidden = !["", "visible"].includes(attributes("state"));
    sheets.push({ name: attributes("name"), relation: attributes("id"), isHidden });
  });
  const parts = new Map<string, string>();
  eachTag(await archive.text("xl/_rels/workbook.xml.rels"), (tag, attributes) => {
    if (tag === "Relationship") parts.set(attributes("Id"), attributes("Target"));
  });
  const sheet =
    wanted === undefined ? sheets.find(({ isHidden }) => !isHidden) : sheets.find(({ name }) => name === wanted);
  const sheetNames = sheets.map(({ name }) => name);
  if (!sheet) throw new FileError(`The workbook has no such sheet. Its sheets are: ${sheetNames.join(", ")}.`);
  const target = parts.get(sheet.relation) ?? "";
  const sheetPart = target.startsWith("/") ? target.slice(1) : `xl/${target}`;
  if (!archive.has(sheetPart))
    throw new FileError("The workbook lacks the cells of its sheet. Open it and save it again.");
  return { sheetName: sheet.name, sheetPart, sheetNames, countsFrom1904, showsDate: await readStyles(archive) };
}

async function readStyles(archive: XlsxArchive): Promise<readonly boolean[]> {
  if (!archive.has("xl/styles.xml")) return [];
  const formats = new Map<string, string>();
  const showsDate: boolean[] = [];
  let isOfCells = false;
  eachTag(
    await archive.text("xl/styles.xml"),
    (tag, attributes) => {
      if (tag === "numFmt") formats.set(attributes("numFmtId"), attributes("formatCode"));
      if (tag === "cellXfs") isOfCells = true;
      if (tag !== "xf" || !isOfCells) return;
      const id = attributes("numFmtId");
      showsDate.push(isDateFormat(Number(id), formats.get(id)));
    },
    (tag) => {
      if (tag === "cellXfs") isOfCells = false;
    },
  );
  return showsDate;
}

/** The built-in formats of dates (ECMA-376, 18.8.30), those of East Asian versions among them; 18 to 21 are times alone. */
function isDateFormat(id: number, code: string | undefined): boolean {
  if (code === undefined)
    return (id >= 14 && id <= 17) || id === 22 || (id >= 27 && id <= 36) || (id >= 50 && id <= 58);
  const letters = code.replace(/"[^"]*"|\\.|\[[^\]]*\]/g, "");
  return /[dy]/i.test(letters) && !/general/i.test(letters);
}

type Attributes = (name: string) => string;

/** Calls back for each tag, by its name without prefix. */
export function eachTag(
  xml: string,
  open: (tag: string, attributes: Attributes) => void,
  close: (tag: string) => void = () => {},
): void {
  const parser = xmlParser(open, close);
  parser.write(xml).close();
}

/** A parser that calls back for tags, by their names without prefix. It throws a FileError for invalid XML. */
export function xmlParser(
  open: (tag: string, attributes: Attributes) => void,
  close: (tag: string) => void,
): sax.SAXParser {
  const parser = sax.parser(true);
  parser.onopentag = ({ name, attributes }) => {
    open(localName(name), (wanted) => {
      const direct = attributes[wanted];
      if (direct !== undefined) return String(direct);
      for (const [full, value] of Object.entries(attributes)) if (localName(full) === wanted) return String(value);
      return "";
    });
  };
  parser.onclosetag = (name) => close(localName(name));
  parser.onerror = () => {
    throw new FileError("The workbook has a damaged part. Open it and save it again.");
  };
  return parser;
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}
