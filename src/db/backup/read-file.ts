import { createHash } from "node:crypto";
import type { Writable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { type Entry, openPromise, type ZipFile } from "yauzl";
import { exitOfFile } from "../../core/exit-codes.js";
import { BackupError } from "./backup-error.js";
import { type CheckedRows, pipeChecked, readChecked } from "./checked-rows.js";
import {
  type BackedUpTable,
  entryOf,
  formatVersion,
  type Manifest,
  manifestEntry,
  manifestHashEntry,
  manifestSchema,
} from "./manifest.js";
import type { OnBytes } from "./meter.js";

/** An open backup. */
export interface BackupFile extends AsyncDisposable {
  readonly manifest: Manifest;
  /**
   * Writes the rows of a table to the target. The target does not end before their hash was compared with the manifest.
   *
   * @throws BackupError if they are damaged; an error of the target
   */
  pipeTable(table: BackedUpTable, target: Writable, onBytes: OnBytes): Promise<void>;
  /** Reads everything, and compares it with the manifest. */
  verify(onBytes: OnBytes): Promise<void>;
}

/** @throws BackupError if the file is not a complete backup of a known format */
export async function openBackupFile(file: string): Promise<BackupFile> {
  const zip = await openZip(file);
  try {
    const entries = await damagedUnless(file, () => readEntries(zip));
    const manifest = await readManifest(zip, file, entries);
    const rowsOf = (table: BackedUpTable): CheckedRows => {
      const entry = entries.get(entryOf(table.name));
      if (!entry) throw damaged(file, `the table ${table.name} is missing`);
      return {
        open: () => damagedUnless(file, () => zip.openReadStreamPromise(entry)),
        expected: table,
        damaged: (how, cause) =>
          damaged(
            file,
            `the rows of ${table.name} ${how === "altered" ? "do not match their hash" : "cannot be read"}`,
            cause,
          ),
      };
    };
    return {
      manifest,
      pipeTable: async (table, target, onBytes) => await pipeChecked(rowsOf(table), target, onBytes),
      async verify(onBytes) {
        for (const table of manifest.tables) await readChecked(rowsOf(table), onBytes);
      },
      [Symbol.asyncDispose]: async () => zip.close(),
    };
  } catch (error) {
    zip.close();
    throw error;
  }
}

async function openZip(file: string): Promise<ZipFile> {
  try {
    return await openPromise(file, { lazyEntries: true, autoClose: false });
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
    if (code === undefined) throw damaged(file, "it is not a ZIP file, or its end is missing", cause);
    throw new BackupError(`Cannot read ${file} (${code}).`, { cause, exit: exitOfFile(cause, "noInput") });
  }
}

async function readEntries(zip: ZipFile): Promise<ReadonlyMap<string, Entry>> {
  const entries = new Map<string, Entry>();
  for await (const entry of zip.eachEntry()) entries.set(entry.fileName, entry);
  return entries;
}

async function readManifest(zip: ZipFile, file: string, entries: ReadonlyMap<string, Entry>): Promise<Manifest> {
  const [text, hash] = await Promise.all([manifestEntry, manifestHashEntry].map(read));
  if (!text || !hash) throw damaged(file, `${manifestEntry} is missing`);
  if (hash.toString() !== `${createHash("sha256").update(text).digest("hex")}  ${manifestEntry}\n`)
    throw damaged(file, `${manifestEntry} does not match its hash`);
  return parseManifest(file, text.toString(), entries);

  async function read(name: string): Promise<Buffer | undefined> {
    const entry = entries.get(name);
    if (!entry) return undefined;
    if (entry.uncompressedSize > maxManifestBytes) throw damaged(file, `${name} is too long`);
    return await damagedUnless(file, async () => await buffer(await zip.openReadStreamPromise(entry)));
  }
}

function parseManifest(file: string, text: string, entries: ReadonlyMap<string, Entry>): Manifest {
  const parsed = manifestSchema.safeParse(JSON.parse(text));
  if (!parsed.success) {
    throw new BackupError(
      `${file} has an unknown format. This version reads backups of format ${formatVersion}; a later version of moego may have written it.`,
      { cause: parsed.error },
    );
  }
  const wanted = new Set([manifestEntry, manifestHashEntry, ...parsed.data.tables.map(({ name }) => entryOf(name))]);
  for (const name of entries.keys())
    if (!wanted.has(name)) throw damaged(file, "it has an entry that it does not list");
  return parsed.data;
}

/** A manifest has less than 1 MiB. */
const maxManifestBytes = 16 * 1024 * 1024;

async function damagedUnless<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw damaged(file, "it cannot be read", cause);
  }
}

function damaged(file: string, why: string, cause?: unknown): BackupError {
  return new BackupError(`${file} is damaged or incomplete: ${why}. Nothing was changed. Use another backup.`, {
    cause,
  });
}
