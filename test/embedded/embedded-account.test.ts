import { chown, readdir, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startEmbeddedPostgres } from "../../src/db/embedded/embedded-postgres.js";
import { compileChild, runChild } from "../support/child.js";
import { newFolder, query, shutDown, start, withBinaries, withCopiedBinaries } from "../support/embedded-cluster.js";

const isRoot = process.getuid?.() === 0;
const nobody = { uid: 65_534, gid: 65_534 };

describe("embedded PostgreSQL started by an unprivileged user", () => {
  // Root runs these tests as such a user, so that no run leaves them out.
  const account = isRoot ? nobody : {};

  async function privateFolder(): Promise<string> {
    const folder = await newFolder(0o700);
    if (isRoot) await chown(folder, nobody.uid, nobody.gid);
    return folder;
  }

  async function startAsUser(dataDir: string) {
    const program = await compileChild("support/embedded-child.ts", await withBinaries(await newFolder(0o755)));
    const { child, line } = await runChild(program, [dataDir], account);
    child.kill("SIGKILL");
    onTestFinished(() => shutDown(join(dataDir, "postgres")));
    return { program, line };
  }

  it("keeps the database in DATA_DIR as that user, and copies no binaries", async () => {
    const dataDir = await privateFolder();
    const { line } = await startAsUser(dataDir);
    expect(line).toEqual({ ownerUrl: expect.any(String), started: true });
    expect(await query(String(line["ownerUrl"]), "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    const folder = join(dataDir, "postgres");
    expect((await readdir(folder)).toSorted()).toEqual(["data", "lib", "server.log"]);
    const { mode, uid } = await stat(join(folder, "data"));
    expect([mode & 0o777, uid]).toEqual([0o700, (await stat(dataDir)).uid]);
  }, 60_000);

  it("refuses a database that belongs to another user", async () => {
    const dataDir = await privateFolder();
    const { program } = await startAsUser(dataDir);
    const data = join(dataDir, "postgres", "data");
    await shutDown(join(dataDir, "postgres"));
    await rm(data, { recursive: true });
    await symlink("/", data); // A directory of root, which is another user.
    const { line } = await runChild(program, [dataDir], account);
    expect(line["error"]).toMatch(/is owned by user id 0\. Run as that user or as root/);
  }, 60_000);
});

// Nobody else can start a process as another user: without root these are reported as skipped, and `.ci/run` runs them.
describe.runIf(isRoot)("embedded PostgreSQL started by root", () => {
  it("copies its binaries when they lie in a folder that only root can enter", async () => {
    const checkout = await withCopiedBinaries(await newFolder(0o700));
    const program = await compileChild("support/embedded-child.ts", checkout);
    const dataDir = await newFolder(0o755);
    const { child, line } = await runChild(program, [dataDir]);
    child.kill("SIGKILL");
    onTestFinished(() => shutDown(join(dataDir, "postgres")));
    expect(line).toEqual({ ownerUrl: expect.any(String), started: true });
    expect(await query(String(line["ownerUrl"]), "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  }, 60_000);

  it("refuses to start empty when the folder outside DATA_DIR is gone, as after a container was made anew", async () => {
    const dataDir = await newFolder(0o700);
    const { folder, stop } = await start(dataDir);
    expect(folder).not.toContain(dataDir);
    await stop();
    await rm(folder, { recursive: true });
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(/is stored in .*, which no longer exists/);
  });

  it("says plainly what is wrong when the user id has no entry in /etc/passwd", async () => {
    const program = await compileChild("support/embedded-child.ts", await withBinaries(await newFolder(0o755)));
    const { line } = await runChild(program, [join(tmpdir(), "moego-unused")], { uid: 54_321, gid: 54_321 });
    expect(line["error"]).toMatch(/User id 54321 has no entry in \/etc\/passwd.*DATABASE_URL/s);
  });

  it("runs for a plain user too, and root later runs the same database as that user", async () => {
    const program = await compileChild("support/embedded-child.ts", await withBinaries(await newFolder(0o755)));
    const dataDir = await newFolder(0o777);
    const { child, line } = await runChild(program, [dataDir], nobody);
    child.kill("SIGKILL");
    onTestFinished(() => shutDown(join(dataDir, "postgres")));
    expect(line).toEqual({ ownerUrl: expect.any(String), started: true });
    await shutDown(join(dataDir, "postgres"));
    const asRoot = await start(dataDir);
    expect(await query(asRoot.ownerUrl, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  }, 60_000);
});
