import { readdir, readFile } from "node:fs/promises";
import { until } from "../server/service.js";
import { type DataFolder, signalled } from "../support/data-folder.js";

/** Ends the postmaster and its children by SIGKILL, and waits for the postmaster that the service starts in its place. */
export async function killDatabase(folder: DataFolder): Promise<void> {
  const postmaster = await folder.postmasterPid();
  for (const pid of [postmaster, ...(await childrenOf(postmaster))]) signalled(pid, "SIGKILL");
  await until(async () => ![0, postmaster].includes(await readyPostmaster(await folder.clusterFolder())));
}

/** The pid of a postmaster that takes connections; 0 when there is none. */
async function readyPostmaster(clusterFolder: string): Promise<number> {
  const file = await readFile(`${clusterFolder}/data/postmaster.pid`, "utf8").catch(() => "");
  const lines = file.split("\n");
  return lines[7]?.trim() === "ready" ? Number(lines[0]) : 0;
}

async function childrenOf(parent: number): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const parents = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
      // The name of the program stands in brackets and may hold anything.
      return [Number(pid), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1])] as const;
    }),
  );
  return parents.filter(([, ppid]) => ppid === parent).map(([pid]) => pid);
}
