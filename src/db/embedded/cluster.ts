import { randomBytes } from "node:crypto";
import { chmod, chown, mkdir, readdir, readlink, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Account } from "./account.js";
import type { Binaries } from "./binaries.js";
import { EmbeddedPostgresError } from "./embedded-error.js";
import { isNotFoundError, sharedClusterFolder } from "./state.js";

export const superuser = "moego_superuser";

const unfinishedPrefix = "data.unfinished-";
const unfinishedKeptMs = 10 * 60_000;

/** Creates the directory of the cluster (data, library links, server log) with access for the account. */
export async function openClusterFolder(folder: string, account: Account | undefined): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    // Regardless of the umask, because the server's user passes through it.
    if (account && dirname(folder) === sharedClusterFolder) await chmod(sharedClusterFolder, 0o755);
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `Cannot create ${folder}. Give the database user access to DATA_DIR and its parent directories ` +
        "(chmod o+x), use another DATA_DIR, or set DATABASE_URL.",
      { cause },
    );
  }
  const { uid } = await stat(folder);
  if (!account || uid === account.uid) return;
  await chmod(folder, 0o755);
  await chown(folder, account.uid, account.gid);
}

/**
 * Refuses to create an empty cluster if DATA_DIR says that there was one elsewhere: a recreated container keeps its
 * DATA_DIR but not that directory, and an empty database would hide the data loss.
 */
export async function assertClusterExists(dataDir: string, folder: string): Promise<void> {
  const link = join(dataDir, "postgres");
  if (folder === link || (await readlink(link).catch(() => undefined)) !== folder) return;
  throw new EmbeddedPostgresError(
    `The database for ${dataDir} is stored in ${folder}, which no longer exists. ` +
      `Restore ${folder}, or delete ${link} and embedded-postgres.json to start with an empty database.`,
  );
}

/** Creates a link in DATA_DIR to a cluster stored elsewhere. */
export async function linkCluster(dataDir: string, folder: string): Promise<void> {
  const link = join(dataDir, "postgres");
  if (folder === link || (await readlink(link).catch(() => undefined)) === folder) return;
  await symlink(folder, link).catch(async (error: unknown) => {
    if ((await readlink(link).catch(() => undefined)) !== folder) throw error; // a concurrent start created it first
  });
}

/** The owner of a cluster's data, the only user that PostgreSQL can run as. Undefined if there is no cluster yet. */
export async function dataOwner(data: string): Promise<Account | undefined> {
  const owner = await stat(data).catch((error: unknown) => {
    if (isNotFoundError(error)) return undefined;
    throw error;
  });
  return owner && { uid: owner.uid, gid: owner.gid };
}

/**
 * Creates the cluster with initdb next to its final place and renames it when complete. An interrupted start leaves no
 * partial database, and of two concurrent first starts one wins.
 */
export async function createCluster(
  folder: string,
  binaries: Binaries,
  secret: { readonly account: Account | undefined; readonly password: string },
): Promise<void> {
  const data = join(folder, "data");
  await removeUnfinished(folder);
  const name = `${process.pid}-${randomBytes(4).toString("hex")}`;
  const unfinished = join(folder, `${unfinishedPrefix}${name}`);
  const passwordFile = join(folder, `password-${name}`);
  try {
    await writeFile(passwordFile, secret.password, { mode: 0o600, flag: "wx" });
    if (secret.account) await chown(passwordFile, secret.account.uid, secret.account.gid);
    await binaries.run("initdb", [
      ...["--pgdata", unfinished, "--username", superuser, "--pwfile", passwordFile, "--auth", "scram-sha-256"],
      // Sorts by code point, with Unicode letter case, identically on every machine.
      ...["--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"],
    ]);
    await rename(unfinished, data);
  } catch (error) {
    if (!(await dataOwner(data))) throw error;
  } finally {
    await rm(passwordFile, { force: true });
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function removeUnfinished(folder: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    if (!entry.startsWith(unfinishedPrefix) && !entry.startsWith("password-")) continue;
    const path = join(folder, entry);
    const found = await stat(path).catch(() => undefined);
    // A newer one may belong to a start in progress.
    if (found && Date.now() - found.mtimeMs > unfinishedKeptMs) await rm(path, { recursive: true, force: true });
  }
}
