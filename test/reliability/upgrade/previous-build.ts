import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { isDeepStrictEqual, promisify } from "node:util";
import { z } from "zod";

const execute = promisify(execFile);

/** A built checkout in a directory of its own. Disposing of it removes the directory. */
export interface Build extends AsyncDisposable {
  readonly directory: string;
  /** Names of the RPCs in its contract. */
  readonly rpcs: ReadonlySet<string>;
}

/**
 * Builds a commit of the history by its own scripts.
 *
 * @throws Error that says what to do, when the repository does not have the commit
 */
export async function buildCommit(commit: string, repository = "."): Promise<Build> {
  await requireCommit(commit, repository);
  const directory = await mkdtemp(join(tmpdir(), "moego-build-"));
  const remove = () => rm(directory, { recursive: true, force: true });
  try {
    const archive = join(directory, "source.tar");
    await execute("git", ["-C", repository, "archive", "--output", archive, commit]);
    await execute("tar", ["-xf", archive, "-C", directory]);
    await installPackages(directory);
    for (const script of ["generate", "build"]) await execute("npm", ["run", "--silent", script], { cwd: directory });
  } catch (error) {
    await remove();
    throw error;
  }
  return { directory, rpcs: await rpcsIn(join(directory, "proto")), [Symbol.asyncDispose]: remove };
}

async function rpcsIn(folder: string): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const file of await readdir(folder, { recursive: true })) {
    if (!file.endsWith(".proto")) continue;
    const text = await readFile(join(folder, file), "utf8");
    for (const [, name] of text.matchAll(/^\s*rpc (\w+)\(/gm)) if (name !== undefined) names.add(name);
  }
  return names;
}

async function requireCommit(commit: string, repository: string): Promise<void> {
  const git = (...words: string[]) => execute("git", ["-C", repository, ...words]);
  const isThere = await git("cat-file", "-e", `${commit}^{commit}`).then(...whether);
  if (isThere) return;
  const shallow = await git("rev-parse", "--is-shallow-repository").catch(() => undefined);
  if (!shallow) {
    throw new Error(`This is not a Git clone, and the previous build is built from the history: commit ${commit}.`);
  }
  if (shallow.stdout.trim() === "true") {
    throw new Error(
      `This is a shallow clone without commit ${commit}, the previous build. Run \`git fetch --unshallow\` first.`,
    );
  }
  throw new Error(`RELEASES.md names commit ${commit} as the previous build, and the history does not have it.`);
}

const whether = [() => true, () => false] as const;

/** Links the packages of this checkout if the commit locks the same ones, and otherwise installs its own. */
async function installPackages(directory: string): Promise<void> {
  const [theirs, ours] = await Promise.all([lockedPackages(directory), lockedPackages(".")]);
  if (isDeepStrictEqual(theirs, ours)) await symlink(resolve("node_modules"), join(directory, "node_modules"));
  else await execute("npm", ["ci", "--no-audit", "--no-fund"], { cwd: directory });
}

const lockFile = z.object({ packages: z.record(z.string(), z.unknown()) });

async function lockedPackages(directory: string): Promise<Readonly<Record<string, unknown>>> {
  const lock = lockFile.parse(JSON.parse(await readFile(join(directory, "package-lock.json"), "utf8")));
  // The empty name is the checkout itself, with its version and commands.
  const { "": _checkout, ...packages } = lock.packages;
  return packages;
}
