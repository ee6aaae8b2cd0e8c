import { createHash, type Hash } from "node:crypto";
import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { finished } from "node:stream/promises";
import { exitOfFile } from "../core/exit-codes.js";
import type { Measured } from "../db/backup/meter.js";
import { syncFolder } from "../db/backup/write-file.js";
import { ExportError } from "./export-error.js";
import { type ExportManifest, manifestHashName, manifestName } from "./export-manifest.js";

/** A folder that is being written. It has another name until it is complete. */
export interface ExportFolder {
  /** Adds bytes to the present file, or to a new one of this name. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** Ends the present file, and flushes it to disk. */
  endFile(): Promise<Measured>;
  /** Adds the manifest, and gives the folder its name. */
  complete(manifest: ExportManifest): Promise<void>;
  /** Removes what was written. */
  abandon(): Promise<void>;
}

interface PresentFile {
  readonly stream: WriteStream;
  readonly hash: Hash;
  bytes: number;
}

/** Enough that the disk and the database work at the same time. */
const bufferedBytes = 1024 * 1024;

/**
 * Creates a folder that only its owner can read, as `<path>.partial`. An export that was killed leaves that name alone.
 *
 * @throws ExportError if one of both names exists
 */
export async function createExportFolder(path: string): Promise<ExportFolder> {
  const target = resolve(path);
  const partial = `${target}.partial`;
  await assertAbsent(path, target);
  await creating(partial, path);
  let present: PresentFile | undefined;

  function open(name: string): PresentFile {
    const stream = createWriteStream(join(partial, name), {
      ...{ flags: "wx", mode: 0o600, flush: true, highWaterMark: bufferedBytes },
    });
    stream.on("error", () => {}); // also reported by what waits for the stream
    present = { stream, hash: createHash("sha256"), bytes: 0 };
    return present;
  }

  return {
    write: (name, bytes) =>
      writing(path, async () => {
        const file = present ?? open(name);
        file.hash.update(bytes);
        file.bytes += bytes.length;
        if (file.stream.errored) throw file.stream.errored;
        if (!file.stream.write(bytes)) await once(file.stream, "drain");
      }),

    endFile: () =>
      writing(path, async () => {
        if (!present) throw new Error("no file was begun");
        const { stream, hash, bytes } = present;
        stream.end();
        await finished(stream);
        present = undefined;
        return { bytes, sha256: hash.digest("hex") };
      }),

    complete: (manifest) =>
      writing(path, async () => {
        const text = `${JSON.stringify(manifest, null, 1)}\n`;
        const hash = createHash("sha256").update(text).digest("hex");
        const options = { mode: 0o600, flag: "wx", flush: true };
        await writeFile(join(partial, manifestName), text, options);
        await writeFile(join(partial, manifestHashName), `${hash}  ${manifestName}\n`, options);
        await syncFolder(partial);
        await assertAbsent(path, target);
        await rename(partial, target);
        await syncFolder(dirname(target));
      }),

    async abandon() {
      present?.stream.destroy();
      await rm(partial, { recursive: true, force: true });
    },
  };
}

async function assertAbsent(path: string, target: string): Promise<void> {
  const found = await stat(target).catch(() => undefined);
  if (found) throw new ExportError(`${path} already exists. Choose another name.`, { exit: "cannotCreate" });
}

async function creating(partial: string, path: string): Promise<void> {
  try {
    await mkdir(partial, { mode: 0o700 });
  } catch (cause) {
    if (codeOf(cause) !== "EEXIST") throw unwritable(path, cause);
    throw new ExportError(
      `${path}.partial already exists: another export to this name is running, or one was killed. If none is running, ` +
        "delete that folder.",
      { cause, exit: "cannotCreate" },
    );
  }
}

async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** An error of the operating system, such as of a full disk. */
function unwritable(path: string, cause: unknown): unknown {
  const code = codeOf(cause);
  return code === undefined
    ? cause
    : new ExportError(`Cannot write ${path} (${code}).`, { cause, exit: exitOfFile(cause, "cannotCreate") });
}

/** Of the operating system. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "syscall" in error && "code" in error ? String(error.code) : undefined;
}
