import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { openPromise } from "yauzl";
import { ZipFile } from "yazl";

/** A folder that is removed when it is disposed of. */
export async function newBackupFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "moego-backup-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** The entries of a backup, by name. */
export async function readEntries(file: string): Promise<Map<string, Buffer>> {
  const zip = await openPromise(file, { lazyEntries: true, autoClose: false });
  const entries = new Map<string, Buffer>();
  for await (const entry of zip.eachEntry())
    entries.set(entry.fileName, await buffer(await zip.openReadStreamPromise(entry)));
  zip.close();
  return entries;
}

/** Writes a ZIP file of these entries. */
export async function writeEntries(file: string, entries: ReadonlyMap<string, Buffer>): Promise<void> {
  const zip = new ZipFile();
  for (const [name, content] of entries) zip.addBuffer(content, name);
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(file));
}

/** Writes a copy of a backup with other entries, whose manifest has a right hash again. */
export async function forge(
  from: string,
  to: string,
  change: (entries: Map<string, Buffer>, manifest: ForgedManifest) => void,
): Promise<void> {
  const entries = await readEntries(from);
  const manifest: ForgedManifest = JSON.parse(entries.get("manifest.json")?.toString() ?? "");
  change(entries, manifest);
  const text = Buffer.from(JSON.stringify(manifest));
  entries.set("manifest.json", text);
  const hash = createHash("sha256").update(text).digest("hex");
  entries.set("manifest.json.sha256", Buffer.from(`${hash}  manifest.json\n`));
  await writeEntries(to, entries);
}

/** The parts of a manifest that tests change. */
export interface ForgedManifest {
  format: string;
  formatVersion: number;
  migrations: { name: string; checksum: string }[];
  tables: { name: string; columns: string[]; rows: number; bytes: number; sha256: string; digest: string }[];
}

/** Replaces the rows of a table, with the right hash of the new ones. */
export function replaceRows(
  entries: Map<string, Buffer>,
  manifest: ForgedManifest,
  { table, change }: { readonly table: string; readonly change: (rows: string) => string },
): void {
  const name = `tables/${table}.copy`;
  const rows = Buffer.from(change(entries.get(name)?.toString() ?? ""));
  entries.set(name, rows);
  const entry = manifest.tables.find((listed) => listed.name === table);
  if (!entry) throw new Error(`the backup has no table ${table}`);
  entry.bytes = rows.length;
  entry.sha256 = createHash("sha256").update(rows).digest("hex");
}

/** A copy of the bytes of a file, with one of them changed. */
export async function withFlippedByte(file: string, place: number): Promise<Buffer> {
  const bytes = await readFile(file);
  bytes[place] = (bytes[place] ?? 0) ^ 0x20;
  return bytes;
}
