import { chmod, mkdtemp, readFile, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { expect } from "vitest";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../src/db/embedded/embedded-postgres.js";

/** A DATA_DIR of mode 0700 for services with the embedded database. */
export interface DataFolder extends AsyncDisposable {
  readonly path: string;
  /** Where the database lies: in the folder, or where a link in it points. */
  clusterFolder(): Promise<string>;
  /** 0 when no server runs. */
  postmasterPid(): Promise<number>;
  /** Joins the database that a service has started. */
  joined<T>(work: (postgres: EmbeddedPostgres, owner: pg.Client) => Promise<T>): Promise<T>;
}

/** Makes the folder. Disposing of it ends its database and removes it. */
export async function makeDataFolder(): Promise<DataFolder> {
  const path = await mkdtemp(join(tmpdir(), "moego-data-"));
  await chmod(path, 0o700);
  const clusterFolder = async () => {
    const inside = join(path, "postgres");
    return await readlink(inside).catch(() => inside);
  };
  const postmasterPid = async () => {
    const file = join(await clusterFolder(), "data/postmaster.pid");
    return Number((await readFile(file, "utf8").catch(() => "")).split("\n")[0]);
  };
  return {
    path,
    clusterFolder,
    postmasterPid,
    async joined(work) {
      const postgres = await startEmbeddedPostgres({ dataDir: path });
      expect(postgres.started).toBe(false);
      const owner = new pg.Client({ connectionString: postgres.ownerUrl });
      await owner.connect();
      try {
        return await work(postgres, owner);
      } finally {
        await owner.end();
        await postgres.stop();
      }
    },
    async [Symbol.asyncDispose]() {
      const folder = await clusterFolder();
      const pid = await postmasterPid();
      // A pid file may outlive a postmaster that was killed.
      if (pid > 0) signalled(pid, "SIGINT");
      await expect.poll(() => pid > 0 && signalled(pid, 0), { timeout: 10_000 }).toBe(false);
      await rm(path, { recursive: true, force: true });
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Sends the signal to a process; false when it no longer runs. */
export function signalled(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    throw error;
  }
}
