import { createHash, randomBytes } from "node:crypto";
import { link, mkdir, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { type Account, findInaccessibleDirectory } from "./account.js";
import { EmbeddedPostgresError } from "./embedded-error.js";

const stateSchema = z.object({
  /** Absolute directory of the cluster if it is not `DATA_DIR/postgres`. */
  folder: z.string().optional(),
  superuserPassword: z.string().min(1),
  ownerPassword: z.string().min(1),
  servicePassword: z.string().min(1),
});

export type ClusterState = z.infer<typeof stateSchema>;

/**
 * Place of a cluster if the user that runs PostgreSQL cannot access DATA_DIR (a directory of mode 0700 owned by root).
 */
export const sharedClusterFolder = "/var/lib/moego";

/**
 * Reads `DATA_DIR/embedded-postgres.json` (mode 0600), or creates it with new passwords. Safe with concurrent first
 * starts: one writes the file, both read it.
 *
 * @param dataDir absolute
 */
export async function openState(
  dataDir: string,
  account: Account | undefined,
): Promise<ClusterState & { readonly folder: string }> {
  await mkdir(dataDir, { recursive: true }).catch(unusable(dataDir));
  const file = join(dataDir, "embedded-postgres.json");
  const state = (await readState(file)) ?? (await createState(file, await newState(dataDir, account)));
  return { ...state, folder: state.folder ?? join(dataDir, "postgres") };
}

async function readState(file: string): Promise<ClusterState | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (isNotFoundError(error)) return undefined;
    throw new EmbeddedPostgresError(`No permission to read ${file}.`, { cause: error, exit: "permission" });
  }
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `${file} is corrupted. It contains the database passwords. Restore it or use another DATA_DIR.`,
      { cause },
    );
  }
}

async function newState(dataDir: string, account: Account | undefined): Promise<ClusterState> {
  const passwords = {
    superuserPassword: newPassword(),
    ownerPassword: newPassword(),
    servicePassword: newPassword(),
  };
  const path = await realpath(dataDir);
  if (await stat(join(path, "postgres", "data")).catch(() => undefined)) {
    throw new EmbeddedPostgresError(
      `${path} contains a database but no embedded-postgres.json (its passwords). Restore the file or use another DATA_DIR.`,
    );
  }
  if (!account || !(await findInaccessibleDirectory(path, account))) return passwords;
  const name = createHash("sha256").update(path).digest("hex").slice(0, 16);
  // The random part distinguishes the directory from one that a deleted DATA_DIR of the same path left behind.
  return { ...passwords, folder: join(sharedClusterFolder, `${name}-${randomBytes(4).toString("hex")}`) };
}

/**
 * Written completely under another name and then linked: the link fails if another start was first. Flushed, because a
 * cluster whose passwords were lost in a power failure is inaccessible.
 */
async function createState(file: string, state: ClusterState): Promise<ClusterState> {
  const unfinished = `${file}.${process.pid}.${randomBytes(4).toString("hex")}`;
  const text = `${JSON.stringify(state, null, 2)}\n`;
  await writeFile(unfinished, text, { mode: 0o600, flag: "wx", flush: true }).catch(unusable(dirname(file)));
  try {
    await link(unfinished, file);
    return state;
  } catch (error) {
    const other = await readState(file);
    if (other) return other;
    throw error;
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** For a DATA_DIR that is not a directory, or that this user cannot create or write. */
function unusable(dataDir: string): (cause: unknown) => never {
  return (cause) => {
    const code = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
    throw new EmbeddedPostgresError(
      `Cannot create or write DATA_DIR ${dataDir}${code}. Set DATA_DIR to a writable directory.`,
      { cause, exit: "configuration" },
    );
  };
}

function newPassword(): string {
  return randomBytes(24).toString("base64url");
}

/** Whether a file system call failed because the file does not exist. */
export function isNotFoundError(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
