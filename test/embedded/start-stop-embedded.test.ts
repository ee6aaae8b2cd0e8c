import { chmod, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listCustomers, moego, secrets, startService, until } from "../server/service.js";

describe("with the embedded database", () => {
  let dataDir: string;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "moego-start-stop-"));
    await chmod(dataDir, 0o755); // reachable by the user PostgreSQL runs as when this is root
  });
  afterAll(async () => {
    await endPostgres(dataDir);
    await rm(dataDir, { recursive: true, force: true });
  });

  it("seeds an empty one, keeps secrets to its owner, and opens with the same key after kill -9", async () => {
    const first = await startService({ DATA_DIR: dataDir });
    const key = await demoKeyOf(dataDir);
    expect(first.stdout()).not.toContain(key);
    expect((await listCustomers(first.httpUrl, key)).status).toBe(200);
    expect((await stat(join(dataDir, "secrets.json"))).mode & 0o777).toBe(0o600);

    const made = await moego(
      ["companies", "create", "--id", "cmp_mine", "--name", "Mine", "--country", "US", "--time-zone", "UTC"],
      { DATA_DIR: dataDir },
    );
    expect(made).toMatchObject({ code: 0, stdout: "cmp_mine\n" });
    first.child.kill("SIGKILL");
    await first.ended;

    const second = await startService({ DATA_DIR: dataDir });
    expect(await demoKeyOf(dataDir)).toBe(key);
    expect((await listCustomers(second.httpUrl, key)).status).toBe(200);
    expect((await moego(["companies", "list"], { DATA_DIR: dataDir })).stdout).toContain("cmp_mine");
    expect((await second.stop()).code).toBe(0);
  });

  it("answers again after its database was killed, and leaves nothing running when it ends", async () => {
    const service = await startService({ DATA_DIR: dataDir });
    const pidFile = join(dataDir, "postgres", "data", "postmaster.pid");
    process.kill(Number((await readFile(pidFile, "utf8")).split("\n")[0]), "SIGKILL");
    await until(() => service.stderr().includes("embedded PostgreSQL stopped unexpectedly"));
    await until(async () => (await fetch(`${service.httpUrl}/readyz`)).status === 200);
    expect((await listCustomers(service.httpUrl, await demoKeyOf(dataDir))).status).toBe(200);
    expect((await service.stop()).code).toBe(0);
    await expect(stat(pidFile)).rejects.toThrow();
  });

  it("ends with one sentence when its database is gone for good", async () => {
    const own = await mkdtemp(join(tmpdir(), "moego-lost-database-"));
    await chmod(own, 0o755);
    const service = await startService({ DATA_DIR: own });
    const data = join(own, "postgres", "data");
    const pid = Number((await readFile(join(data, "postmaster.pid"), "utf8")).split("\n")[0]);
    await rm(join(data, "global", "pg_control"));
    process.kill(pid, "SIGKILL");
    const { code, stderr } = await service.ended;
    expect(code).toBe(69);
    expect(stderr).toMatch(/^The embedded PostgreSQL keeps stopping\. See its log: .*server\.log$/m);
    await rm(own, { recursive: true, force: true });
  }, 40_000);

  it("lets a configured demo key in from the next start on, and the old one no more", async () => {
    const service = await startService({ DATA_DIR: dataDir, DEMO_API_KEY: secrets.DEMO_API_KEY });
    expect((await listCustomers(service.httpUrl, secrets.DEMO_API_KEY)).status).toBe(200);
    expect((await listCustomers(service.httpUrl, await demoKeyOf(dataDir))).status).toBe(401);
    await service.stop();
  });
});

/** Of a service that a failed test left behind. */
async function endPostgres(dataDir: string): Promise<void> {
  const file = join(dataDir, "postgres", "data", "postmaster.pid");
  const [pid] = (await readFile(file, "utf8").catch(() => "")).split("\n");
  if (!pid) return;
  process.kill(Number(pid), "SIGINT");
  await until(() =>
    stat(file).then(
      () => false,
      () => true,
    ),
  );
}

async function demoKeyOf(dataDir: string): Promise<string> {
  return JSON.parse(await readFile(join(dataDir, "secrets.json"), "utf8")).demoKey;
}
