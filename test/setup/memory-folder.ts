import { readFile, statfs } from "node:fs/promises";

const folder = "/dev/shm";
const neededBytes = 2 ** 31;

/** A folder in memory for what need not outlive the machine's next start, where Linux has one with room for programs. */
export async function memoryFolder(): Promise<string | undefined> {
  const mounts = await readFile("/proc/mounts", "utf8").catch(() => "");
  const [, options] = mounts
    .split("\n")
    .flatMap((line) => (line.includes(` ${folder} tmpfs `) ? line.split(" tmpfs ") : []));
  if (!options || /\b(ro|noexec)\b/.test(options)) return undefined;
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize >= neededBytes ? folder : undefined;
}
