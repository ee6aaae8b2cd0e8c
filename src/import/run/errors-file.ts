import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { finished } from "node:stream/promises";
import type { RowFault } from "../records/row-reader.js";

/** The file beside the imported one that lists every fault and warning. It has cells of the file, so only its owner can read it. */
export interface ErrorsFile {
  readonly path: string;
  add(faults: readonly RowFault[]): Promise<void>;
  /** Whether anything was written. */
  close(): Promise<boolean>;
}

/** A file of an earlier run is removed. The new one is created with its first line. */
export async function openErrorsFile(path: string): Promise<ErrorsFile> {
  await rm(path, { force: true });
  let stream: WriteStream | undefined;
  return {
    path,

    async add(faults) {
      if (faults.length === 0) return;
      if (!stream) {
        stream = createWriteStream(path, { mode: 0o600, flags: "wx" });
        stream.write("\ufeffrow,column,value,reason,remedy,kind\r\n");
      }
      const lines = faults.map(({ row, column, value, reason, remedy, isWarning = false }) =>
        [String(row), column, value, reason, remedy, isWarning ? "warning" : "fault"].map(csvCell).join(","),
      );
      const target = stream;
      if (!target.write(`${lines.join("\r\n")}\r\n`)) await once(target, "drain");
    },

    async close() {
      if (!stream) return false;
      stream.end();
      await finished(stream);
      return true;
    },
  };
}

/** Quoted where CSV needs it. A text that a spreadsheet would run as a formula gets an apostrophe. */
export function csvCell(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
