import { copyFile, readFile, rename, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import type { Log } from "../log.js";

/** A larger log is moved aside and replaces the one moved before, so both files together have about twice as many bytes. */
const maxLogBytes = 10_000_000;
const checkMs = 10_000;

/** An arbitrary number. Of several processes that use the cluster, one rotates the log. */
const rotationLock = 7_460_003;

/**
 * The last lines of the server's own log, for error messages.
 *
 * @param from bytes to skip, because output of earlier starts is irrelevant
 */
export async function logTail(folder: string, from: number): Promise<string> {
  const log = await readFile(fileOf(folder)).catch(() => Buffer.alloc(0));
  return log.subarray(from).toString().trimEnd().split("\n").slice(-12).join("\n");
}

/**
 * Rotates the log of a server that does not run.
 *
 * @returns its length in bytes
 */
export async function rotateLog(folder: string): Promise<number> {
  const file = fileOf(folder);
  const bytes = await bytesOf(file);
  if (bytes <= maxLogBytes) return bytes;
  await rename(file, `${file}.1`);
  return 0;
}

/**
 * Rotates the log of the running server, until the client is closed. Does not keep the process alive.
 *
 * @param presence a connection that nothing else uses
 */
export function keepLogShort(folder: string, presence: pg.Client, { log, everyMs = checkMs }: Rotation): void {
  let isRotating = false;
  const timer = setInterval(() => {
    if (isRotating) return;
    isRotating = true;
    rotateRunning(folder, presence)
      .catch((err: unknown) => log.warn({ err }, "failed to rotate the log of the embedded PostgreSQL"))
      .finally(() => {
        isRotating = false;
      });
  }, everyMs).unref();
  presence.once("end", () => clearInterval(timer));
}

interface Rotation {
  readonly log: Log;
  /** Shortened by tests. */
  readonly everyMs?: number | undefined;
}

/**
 * The server has the file open and appends to it, so the file is copied and emptied. A line that is written between the
 * two is lost.
 */
async function rotateRunning(folder: string, presence: pg.Client): Promise<void> {
  const file = fileOf(folder);
  if ((await bytesOf(file)) <= maxLogBytes) return;
  const { rows } = await presence.query<{ ours: boolean }>("SELECT pg_try_advisory_lock($1) AS ours", [rotationLock]);
  if (!rows[0]?.ours) return;
  try {
    // Another process may have rotated it in the meantime.
    if ((await bytesOf(file)) <= maxLogBytes) return;
    await copyFile(file, `${file}.1`);
    await truncate(file);
  } finally {
    await presence.query("SELECT pg_advisory_unlock($1)", [rotationLock]);
  }
}

function fileOf(folder: string): string {
  return join(folder, "server.log");
}

async function bytesOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}
