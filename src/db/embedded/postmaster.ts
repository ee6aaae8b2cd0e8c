import { readdir, readFile, readlink, realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EmbeddedPostgresError } from "./embedded-error.js";
import { isNotFoundError } from "./state.js";

/** The content of `postmaster.pid`. It may be stale; only a connection proves that the server runs. */
interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

/** Reads `postmaster.pid` of a cluster. Undefined if it does not exist or the server is not ready yet. */
export async function readPostmaster(data: string): Promise<Postmaster | undefined> {
  const text = await readFile(join(data, "postmaster.pid"), "utf8").catch((error: unknown) => {
    if (isNotFoundError(error)) return "";
    throw error;
  });
  const lines = text.split("\n");
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  return pid > 0 && port > 0 && lines[7]?.trim() === "ready" ? { pid, port } : undefined;
}

/** The process id in `postmaster.pid`, whatever the state of the server. 0 if the file does not exist. */
export async function postmasterPid(data: string): Promise<number> {
  const text = await readFile(join(data, "postmaster.pid"), "utf8").catch(() => "");
  return Number(text.split("\n")[0]);
}

/** Waits until a stopping server has removed its `postmaster.pid`, which is its last step. */
export async function waitForExit(data: string, pid: number): Promise<void> {
  for (const deadline = Date.now() + stopBudgetMs; (await postmasterPid(data)) === pid && pid > 0; await sleep(20)) {
    if (Date.now() > deadline) throw new EmbeddedPostgresError(`PostgreSQL (process ${pid}) did not stop in time.`);
  }
}

const stopBudgetMs = 60_000;

/** The port of the last start, from `postmaster.opts`. Undefined before the first. */
export async function lastPort(data: string): Promise<number | undefined> {
  const options = await readFile(join(data, "postmaster.opts"), "utf8").catch(() => "");
  const [, port] = /"-p" "(\d+)"/.exec(options) ?? [];
  return port === undefined ? undefined : Number(port);
}

/**
 * Removes `postmaster.pid` if its process is provably not this cluster's server. After a container restart the number
 * may belong to any process, even this one, or to a zombie, and PostgreSQL would never start again. PostgreSQL itself
 * detects shared memory that is still in use. Linux only; on other systems PostgreSQL decides.
 */
export async function removeStalePidFile(data: string): Promise<void> {
  if (process.platform !== "linux") return;
  const file = join(data, "postmaster.pid");
  const pid = await postmasterPid(data);
  if (pid > 0 && (await isServerOf(pid, await realpath(data))) === false) await rm(file, { force: true });
}

/**
 * Terminates server processes of a killed postmaster that still hold its shared memory, which would prevent the next
 * start. Does nothing while a postmaster runs: another process may have started it in the meantime, and the processes
 * are its own. Linux only; on other systems they end with their statement.
 *
 * @returns the number of terminated processes
 */
export async function terminateOrphans(data: string): Promise<number> {
  if (process.platform !== "linux") return 0;
  const folder = await realpath(data);
  const found = await serversOf(folder);
  // Checked after they were found: a postmaster among them has written its file by now, and a later one is not among
  // them.
  if ((await isServerOf(await postmasterPid(data), folder)) !== false) return 0;
  let ended = 0;
  for (const pid of found) {
    try {
      process.kill(pid, "SIGKILL");
      ended += 1;
    } catch {
      // It ended by itself.
    }
  }
  return ended;
}

async function serversOf(folder: string): Promise<readonly number[]> {
  const found: number[] = [];
  for (const entry of await readdir("/proc")) {
    const pid = Number(entry);
    if (Number.isInteger(pid) && (await isServerOf(pid, folder)) === true) found.push(pid);
  }
  return found;
}

/**
 * Whether a process runs and is a server process of the cluster (all of them have the data directory as working
 * directory). Undefined if unknown: without CAP_SYS_PTRACE, root in a container cannot inspect processes of other
 * users.
 */
async function isServerOf(pid: number, folder: string): Promise<boolean | undefined> {
  const status = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  const [, command, state] = /^\d+ \((.*)\) (\S)/s.exec(status ?? "") ?? [];
  if (command !== "postgres" || state === "Z" || state === "X") return false;
  try {
    return (await readlink(`/proc/${pid}/cwd`)) === folder;
  } catch (error) {
    return isNotFoundError(error) ? false : undefined;
  }
}
