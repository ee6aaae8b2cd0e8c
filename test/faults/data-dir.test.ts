import { stat } from "node:fs/promises";
import { expect, it } from "vitest";
import { program, run, type Service, startService } from "../server/service.js";
import { makeDataFolder } from "../support/data-folder.js";
import { createCustomer } from "./world.js";

const isRoot = process.getuid?.() === 0;
const secret = "demo-key-of-the-first-company-in-crash-tests";

function start(dataDir: string): Promise<Service> {
  return startService({ DATA_DIR: dataDir, DEMO_API_KEY: secret, LOG_LEVEL: "fatal", DRAIN_TIMEOUT_MS: "1000" });
}

it("a DATA_DIR of mode 0700 works, stays closed, and keeps its data from start to start", async () => {
  await using dataDir = await makeDataFolder();
  const first = await start(dataDir.path);
  const tenant = { companyId: "cmp_001", businessId: "biz_001", httpUrl: first.httpUrl, secret };
  const { body } = await createCustomer(tenant, { lastName: "Crash" });
  expect((await first.stop()).code).toBe(0);
  const second = await start(dataDir.path);
  const found = await dataDir.joined((_, client) => client.query("SELECT FROM customer WHERE id = $1", [body.id]));
  expect(found.rowCount).toBe(1);
  expect((await second.stop()).code).toBe(0);
  const { mode, uid } = await stat(dataDir.path);
  expect([mode & 0o777, uid]).toEqual([0o700, process.getuid?.()]);
  // The database's user cannot enter a folder of root, so its data lies elsewhere; a plain user is that user.
  expect((await dataDir.clusterFolder()).startsWith(dataDir.path)).toBe(!isRoot);
}, 60_000);

it("a DATA_DIR that is no folder is refused in one sentence", async () => {
  const variables = { DATA_DIR: "package.json", HTTP_PORT: "0", GRPC_PORT: "0" };
  const { code, stderr } = await run(program, [], variables).ended;
  expect(code).toBe(78);
  expect(stderr).toMatch(
    /^Cannot create or write DATA_DIR .*package\.json \(EEXIST\)\. Set DATA_DIR to a writable directory\.\n$/,
  );
});
