import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { exitOfFile } from "../core/exit-codes.js";
import { pipeChecked } from "../db/backup/checked-rows.js";
import type { OnBytes } from "../db/backup/meter.js";
import { ExportError } from "./export-error.js";
import { codeOf } from "./export-folder.js";
import {
  type ExportManifest,
  fileNameOf,
  formatVersion,
  type ManifestTable,
  manifestHashName,
  manifestName,
  manifestSchema,
} from "./export-manifest.js";

/** The folder of an export. */
export interface ExportedFolder {
  readonly manifest: ExportManifest;
  /**
   * Writes the file of a table to the target. The target does not end before the hash was compared with the manifest.
   *
   * @throws ExportError if the file was altered; an error of the target
   */
  pipeTable(table: string, target: Writable, onBytes: OnBytes): Promise<void>;
}

/** @throws ExportError if the folder is not a complete export of a known format */
export async function openExportedFolder(path: string): Promise<ExportedFolder> {
  const manifest = await readManifest(path);
  const tables = new Map(manifest.tables.map((table) => [table.name, table]));
  for (const table of tables.values()) await assertWhole(path, manifest, table);
  return {
    manifest,
    async pipeTable(name, target, onBytes) {
      const table = tables.get(name);
      if (!table) throw new Error(`the manifest does not list ${name}`);
      const file = fileNameOf(name, manifest.rowFormat);
      const rows = {
        open: () => createReadStream(join(path, file), { highWaterMark: 256 * 1024 }),
        expected: table,
        damaged: (how: "altered" | "unreadable", cause?: unknown) =>
          damaged(path, how === "altered" ? `${file} does not match its hash` : `${file} cannot be read`, cause),
      };
      await pipeChecked(rows, target, onBytes);
    },
  };
}

async function readManifest(path: string): Promise<ExportManifest> {
  const [text, hash] = await Promise.all([manifestName, manifestHashName].map((name) => readText(path, name)));
  if (text === undefined || hash === undefined)
    throw new ExportError(`${path} is not the folder of a complete export: ${manifestName} or its hash is missing.`, {
      exit: existsSync(path) ? "data" : "noInput",
    });
  if (hash !== `${createHash("sha256").update(text).digest("hex")}  ${manifestName}\n`)
    throw damaged(path, `${manifestName} does not match its hash`);
  const parsed = manifestSchema.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new ExportError(
    `${path} has an unknown format. This version reads exports of format ${formatVersion}; a later version of moego may ` +
      "have written it.",
    { cause: parsed.error },
  );
}

async function readText(path: string, name: string): Promise<string | undefined> {
  try {
    return await readFile(join(path, name), "utf8");
  } catch (cause) {
    const code = codeOf(cause);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new ExportError(`Cannot read ${path} (${code ?? "unknown"}).`, {
      cause,
      exit: exitOfFile(cause, "noInput"),
    });
  }
}

/** So that a missing or cut file is noticed before the database is asked for anything. */
async function assertWhole(path: string, { rowFormat }: ExportManifest, { name, bytes }: ManifestTable): Promise<void> {
  const file = fileNameOf(name, rowFormat);
  const found = await stat(join(path, file)).catch(() => undefined);
  if (!found) throw damaged(path, `${file} is missing`);
  if (found.size !== bytes) throw damaged(path, `${file} has ${found.size} bytes in place of ${bytes}`);
}

function damaged(path: string, why: string, cause?: unknown): ExportError {
  return new ExportError(`${path} is damaged or incomplete: ${why}. Nothing was changed. Use another export.`, {
    cause,
  });
}
