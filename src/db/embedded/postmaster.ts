import { readdir, readFile, readlink, realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EmbeddedPostgresError } from "./embedded-error.js";
import { isNotFoundError } from "./state.js";

/** What `postmaster.pid` says; it may be stale, so only a connection proves that the server serves. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

/** Reads `postmaster.pid` of a cluster; undefined when there is none or the server is not ready yet. */
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

/** The number in `postmaster.pid`, whatever the state of the server; 0 when there is none. */
export async function postmasterPid(data: string): Promise<number> {
  const text = await readFile(join(data, "postmaster.pid"), "utf8").catch(() => "");
  return Number(text.split("\n")[0]);
}

/** Waits until a server that was told to stop has taken its `postmaster.pid` away, which it does last. */
export async function waitForExit(data: string, pid: number): Promise<void> {
  for (const deadline = Date.now() + stopBudgetMs; (await postmasterPid(data)) === pid && pid > 0; await sleep(20)) {
    if (Date.now() > deadline) throw new EmbeddedPostgresError(`PostgreSQL (process ${pid}) did not stop in time.`);
  }
}

const stopBudgetMs = 60_000;

/** The port of the last start, which `postmaster.opts` keeps; undefined before the first. */
export async function lastPort(data: string): Promise<number | undefined> {
  const options = await readFile(join(data, "postmaster.opts"), "utf8").catch(() => "");
  const [, port] = /"-p" "(\d+)"/.exec(options) ?? [];
  return port === undefined ? undefined : Number(port);
}

/**
 * Removes a `postmaster.pid` whose process is provably not this cluster's server: after a restart of a container the
 * number may belong to any process, even to this one, or to a zombie that nobody reaps, and PostgreSQL would refuse to
 * start for ever. Shared memory still in use is found by PostgreSQL itself. Linux only; elsewhere PostgreSQL judges.
 */
export async function removeStalePidFile(data: string): Promise<void> {
  if (process.platform !== "linux") return;
  const file = join(data, "postmaster.pid");
  const pid = await postmasterPid(data);
  if (pid > 0 && (await isServerOf(pid, await realpath(data))) === false) await rm(file, { force: true });
}

/**
 * Ends server processes that outlived a killed postmaster and still hold its shared memory, which keeps the next one
 * from starting. Does nothing while a postmaster lives: another process may have started one meanwhile, and then they
 * are its own. Linux only; elsewhere they end with their statement.
 *
 * @returns how many were ended
 */
export async function terminateOrphans(data: string): Promise<number> {
  if (process.platform !== "linux") return 0;
  const folder = await realpath(data);
  const found = await serversOf(folder);
  // Asked after they were found: a postmaster among them has written its file by now, a later one is not among them.
  if ((await isServerOf(await postmasterPid(data), folder)) !== false) return 0;
  let ended = 0;
  for (const pid of found) {
    try {
      process.kill(pid, "SIGKILL");
      ended += 1;
    } catch {
      // Ended by itself meanwhile.
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
 * Whether a process is alive and a server process of the cluster (each of them works in the data folder); undefined
 * when that cannot be seen: root in a container without CAP_SYS_PTRACE may not look at another user's processes.
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
