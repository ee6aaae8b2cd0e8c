import type { Delimiter } from "./csv-record.js";
import { openCsv } from "./csv-rows.js";
import { type FileEncoding, type FileSurvey, surveyFile } from "./file-survey.js";
import { openJsonl } from "./jsonl-rows.js";
import { FileError, type RowSource } from "./row.js";
import { openXlsx } from "./xlsx-rows.js";

/** How a file is read. Absent members are detected. */
export interface ReadingOptions {
  readonly encoding?: FileEncoding | undefined;
  readonly delimiter?: Delimiter | undefined;
  /** Name of a sheet of a workbook. */
  readonly sheet?: string | undefined;
}

export interface OpenedFile extends RowSource {
  readonly survey: FileSurvey;
}

/**
 * Opens a CSV, XLSX or JSONL file, recognized by its content.
 *
 * @throws FileError
 */
export async function openRows(path: string, options: ReadingOptions = {}): Promise<OpenedFile> {
  const survey = await surveyFile(path);
  return { ...(await openSource(path, survey, options)), survey };
}

function openSource(path: string, survey: FileSurvey, options: ReadingOptions): Promise<RowSource> {
  const { head, bytes, encodingNote } = survey;
  const start = Buffer.from(head).toString("latin1", 0, 512).trimStart();
  if (start.startsWith("PK\u0003\u0004")) return openXlsx(path, options.sheet);
  const compact = start.replaceAll(/\s/g, "").toLowerCase();
  const foreign = foreignFormats.find(({ marks }) => marks.some((mark) => compact.startsWith(mark)));
  if (foreign) throw new FileError(`The file is ${foreign.name}. Save it as XLSX or CSV.`);
  const encoding = options.encoding ?? survey.encoding;
  const notes = options.encoding || encodingNote === undefined ? [] : [encodingNote];
  const isJson = /^(?:\u00ef\u00bb\u00bf)?\{/.test(start) || /\.(?:jsonl|ndjson)$/i.test(path);
  if (isJson) return openJsonl({ path, bytes, encoding, notes });
  return openCsv({ path, bytes, encoding, delimiter: options.delimiter, notes });
}

const foreignFormats = [
  { marks: ["\u00f0\u00ef\u0011\u00e0"], name: "an old or password-protected Excel workbook" },
  { marks: ["%pdf"], name: "a PDF" },
  { marks: ["<!doctype", "<html", "<?xml", "<table"], name: "HTML or XML, whatever its name says" },
  { marks: ["\u001f\u008b"], name: "compressed" },
  { marks: ["[{", "[]"], name: "a JSON list instead of one object per line" },
];
