import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";
import { exitOfFile } from "../../core/exit-codes.js";
import { BackupError } from "./backup-error.js";
import { entryOf, type Manifest, manifestEntry, manifestHashEntry } from "./manifest.js";
import { createMeter, type Measured, type OnBytes } from "./meter.js";

/** Adds the rows of a table, and resolves when all are read. */
type AddTable = (table: string, rows: Readable) => Promise<Measured>;

interface WriteOptions {
  readonly file: string;
  /** Whether an existing file is replaced. */
  readonly replace: boolean;
  readonly onBytes: OnBytes;
  /** Writes the tables, one after another. */
  readonly fill: (add: AddTable) => Promise<Manifest>;
  /** Reads back what was written, before the file gets its name. */
  readonly check: (partial: string) => Promise<void>;
}

/**
 * Writes a ZIP file that only its owner can read. It has another name until it is complete, checked and flushed to
 * disk, so an interrupted backup never replaces a good one.
 */
export async function writeBackupFile(options: WriteOptions): Promise<void> {
  const file = resolve(options.file);
  if (!options.replace) await assertAbsent(file);
  const partial = `${file}.partial`;
  // Of an interrupted backup: only one at a time has the lock of the database.
  await rm(partial, { force: true });
  try {
    await writeZip(partial, options);
    await options.check(partial);
    if (!options.replace) await assertAbsent(file);
    await rename(partial, file);
    await syncFolder(dirname(file));
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

async function writeZip(file: string, { fill, onBytes }: WriteOptions): Promise<void> {
  const zip = new ZipFile();
  const abort = new AbortController();
  const output = createWriteStream(file, { flags: "wx", mode: 0o600, flush: true });
  const written = pipeline(zip.outputStream, output, { signal: abort.signal });
  const failed = new Promise<never>((_, reject) => {
    zip.once("error", reject);
    written.catch(reject);
  });
  failed.catch(() => {}); // also awaited below
  const add: AddTable = async (table, rows) => {
    const meter = createMeter(onBytes);
    zip.addReadStream(meter.stream, entryOf(table), { compressionLevel });
    await pipeline(rows, meter.stream);
    return meter.measured();
  };
  try {
    const manifest = await Promise.race([fill(add), failed]);
    const text = Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`);
    const hash = createHash("sha256").update(text).digest("hex");
    zip.addBuffer(text, manifestEntry);
    zip.addBuffer(Buffer.from(`${hash}  ${manifestEntry}\n`), manifestHashEntry);
    zip.end();
    await Promise.race([written, failed]);
  } catch (error) {
    abort.abort();
    await written.catch(() => {});
    throw output.errored && output.errored === error ? unwritable(file, error) : error;
  }
}

/** More takes twice the time, and saves a tenth of the space. */
const compressionLevel = 3;

async function assertAbsent(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found)
    throw new BackupError(`${file} already exists. Choose another name, or add --force to replace it.`, {
      exit: "cannotCreate",
    });
}

/** An error of the operating system, such as of a full disk. */
function unwritable(file: string, cause: unknown): unknown {
  const isOfSystem = cause instanceof Error && "syscall" in cause && "code" in cause;
  return isOfSystem
    ? new BackupError(`Cannot write ${file} (${String(cause.code)}).`, {
        cause,
        exit: exitOfFile(cause, "cannotCreate"),
      })
    : cause;
}

/** Makes the new name durable. Windows cannot open a folder. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
