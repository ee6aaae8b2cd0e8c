import { existsSync } from "node:fs";
import { readdir, stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Config } from "../../config/config.js";
import { endOfLife, endOfLifeWarning } from "../../core/node-release.js";
import { rootFolder } from "../../root-folder.js";
import { formatBytes } from "../progress.js";
import { type Check, failed, ok, warning } from "./check.js";

export function checkNode(now: Date): Check {
  const { version } = process;
  const ended = endOfLifeWarning(version, now);
  if (ended !== undefined) return warning("Node.js", ended);
  const end = endOfLife(version);
  return ok("Node.js", end === undefined ? version : `${version}, security fixes until ${end}`);
}

/** The image has no sources, so that its build is always the present one. */
export async function checkBuild(): Promise<Check> {
  const built = await stat(join(rootFolder, "dist/bundle/main.js")).catch(() => undefined);
  if (!built) return failed("Build", "dist/bundle/main.js is missing. Run `npm run build`.");
  const newest = await newestChange(["src", "proto", "prisma"].map((name) => join(rootFolder, name)));
  if (newest > built.mtimeMs)
    return warning("Build", "Sources have changed since the last build. Run `npm run build`.");
  return ok("Build", `of ${built.mtime.toISOString()}`);
}

async function newestChange(folders: readonly string[]): Promise<number> {
  const times = folders
    .filter((folder) => existsSync(folder))
    .map(async (folder) => {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile());
      return Promise.all(files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).mtimeMs));
    });
  return (await Promise.all(times)).flat().reduce((newest, time) => Math.max(newest, time), 0);
}

const tooLittleBytes = 256 * 1024 ** 2;
const littleBytes = 2 * 1024 ** 3;

/** The disk of DATA_DIR, or of the folder in which it will be. */
export async function checkDisk({ dataDir, database }: Config): Promise<Check> {
  const folder = nearestFolder(dataDir);
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const text = `${formatBytes(free)} free for ${dataDir}`;
  if (database.url !== undefined) return ok("Disk", `${text}; the disk of your own database is not checked`);
  if (free < tooLittleBytes)
    return failed("Disk", `${text}. The database stops when the disk is full: free some space.`);
  return free < littleBytes ? warning("Disk", `${text}. Free some space soon.`) : ok("Disk", text);
}

function nearestFolder(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestFolder(dirname(path));
}
