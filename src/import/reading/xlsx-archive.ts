import type { Readable } from "node:stream";
import { type Entry, openPromise, type ZipFile } from "yauzl";
import { FileError } from "./row.js";

/** The parts of a workbook. Sizes are checked while a part is read. */
export interface XlsxArchive {
  has(name: string): boolean;
  /** Uncompressed size in bytes. */
  size(name: string): number;
  open(name: string): Promise<Readable>;
  /** The text of a small part. */
  text(name: string): Promise<string>;
  close(): void;
}

const maxEntries = 10_000;
const maxTextBytes = 16 << 20;

export async function openXlsxArchive(path: string): Promise<XlsxArchive> {
  let zip: ZipFile;
  const entries = new Map<string, Entry>();
  try {
    zip = await openPromise(path, { autoClose: false, validateEntrySizes: true });
    if (zip.entryCount > maxEntries) throw new FileError("The workbook has too many parts. Save it as CSV.");
    for await (const entry of zip.eachEntry()) entries.set(entry.fileName, entry);
  } catch (error) {
    if (error instanceof FileError) throw error;
    throw new FileError("The file is not a complete XLSX workbook. Open it and save it again.");
  }
  const entryOf = (name: string) => {
    const entry = entries.get(name);
    if (!entry) throw new FileError("The file is a ZIP archive, but not an XLSX workbook.");
    return entry;
  };
  const archive: XlsxArchive = {
    has: (name) => entries.has(name),
    size: (name) => entryOf(name).uncompressedSize,
    open: (name) => zip.openReadStreamPromise(entryOf(name)),
    async text(name) {
      if (archive.size(name) > maxTextBytes) throw new FileError("The workbook is too complex. Save it as CSV.");
      const parts: Buffer[] = [];
      for await (const part of await archive.open(name)) parts.push(part);
      return Buffer.concat(parts).toString("utf8");
    },
    close: () => zip.close(),
  };
  return archive;
}
