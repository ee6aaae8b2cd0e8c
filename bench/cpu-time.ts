import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { quantile, type Send, sendAll } from "./load.js";

/** CPU time in microseconds. */
export interface CpuTime {
  readonly server: number;
  readonly database: number;
}

/** Reads the CPU time that both have used so far, from the files of Linux below `/proc`. */
export type CpuMeter = () => CpuTime;

/**
 * @param serverPid the process that serves requests, or the main process of those that do
 * @param clusterFolder the folder of its database
 */
export function cpuMeter(serverPid: number, clusterFolder: string): CpuMeter {
  const [postmaster = ""] = readFileSync(join(clusterFolder, "data", "postmaster.pid"), "utf8").split("\n");
  const server = sumOverTime();
  const database = sumOverTime();
  return () => ({ server: server(processesOf(serverPid)), database: database(childrenOf(postmaster)) });
}

/** Adds up what processes use, and keeps what ended ones have used. */
function sumOverTime(): (pids: readonly string[]) => number {
  const latest = new Map<string, number>();
  let sum = 0;
  return (pids) => {
    for (const pid of pids) {
      const used = microseconds(pid);
      sum += Math.max(0, used - (latest.get(pid) ?? 0));
      latest.set(pid, used);
    }
    return sum;
  };
}

/** A service and its workers. */
export function processesOf(service: number): readonly string[] {
  const isWorker = (pid: string) => commandOf(pid).includes("worker-main.js");
  return [String(service), ...childrenOf(String(service)).filter(isWorker)];
}

/** A process that has just ended has none. */
function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

function childrenOf(parent: string): readonly string[] {
  return readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").split(" ").filter(Boolean);
}

/** The scheduler counts nanoseconds for each thread. A process that has just ended counts nothing. */
export function microseconds(pid: string): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}`);
    return threads.reduce(
      (sum, thread) => sum + Number(readFileSync(`${thread}/schedstat`, "utf8").split(" ")[0]) / 1_000,
      0,
    );
  } catch {
    return 0;
  }
}

const turns = 15;
const callsPerTurn = 400;

interface Turns {
  readonly send: Send;
  readonly times: CpuTime[];
}

/**
 * CPU time per request for several kinds of request with 32 in flight: medians of short turns, in which the kinds
 * alternate, so that other load on the machine affects all alike.
 */
export async function measureCpuInTurns(sends: readonly Send[], meter: CpuMeter): Promise<readonly CpuTime[]> {
  const turnsOf = sends.map((send): Turns => ({ send, times: [] }));
  for (let turn = 0; turn < turns; turn += 1) {
    for (const { send, times } of turn % 2 === 0 ? turnsOf : turnsOf.toReversed()) {
      const before = meter();
      await sendAll(send, callsPerTurn, turn * callsPerTurn);
      const after = meter();
      times.push({
        server: (after.server - before.server) / callsPerTurn,
        database: (after.database - before.database) / callsPerTurn,
      });
    }
  }
  return turnsOf.map(({ times }) => ({
    server: quantile(
      times.map(({ server }) => server),
      0.5,
    ),
    database: quantile(
      times.map(({ database }) => database),
      0.5,
    ),
  }));
}
