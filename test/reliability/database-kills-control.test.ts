import pg from "pg";
import { expect, it } from "vitest";
import { startService } from "../server/service.js";
import { makeDataFolder } from "../support/data-folder.js";
import { killDatabase } from "./kill-database.js";
import { record } from "./run.js";
import { counted, lossesOf } from "./whole.js";
import { preparedTenant, Writers } from "./writers.js";

const secret = "demo-key-of-the-first-company-in-kill-tests";

/**
 * The guard, switched off: commits are answered before the log of the database has left its memory, which a killed
 * server takes along.
 */
async function answerBeforeWriting(superuserUrl: string): Promise<void> {
  const superuser = new pg.Client({ connectionString: superuserUrl });
  await superuser.connect();
  try {
    await superuser.query("ALTER SYSTEM SET synchronous_commit = off");
    await superuser.query("ALTER SYSTEM SET wal_writer_delay = '10s'");
    await superuser.query("ALTER SYSTEM SET wal_writer_flush_after = '1GB'");
    await superuser.query("SELECT pg_reload_conf()");
  } finally {
    await superuser.end();
  }
}

it("R2 control: where a commit is answered before it is written, kill -9 of the database loses acknowledged writes", async (context) => {
  await using folder = await makeDataFolder();
  const environment = { DATA_DIR: folder.path, DEMO_API_KEY: secret, LOG_LEVEL: "fatal", DRAIN_TIMEOUT_MS: "1000" };
  await using service = await startService(environment);
  const prepared = await preparedTenant(folder, { httpUrl: service.httpUrl, secret });
  await folder.joined(({ superuserUrl }) => answerBeforeWriting(superuserUrl));
  const writers = new Writers({ ...prepared, count: 32, tenant: () => prepared.tenant });
  await writers.reach(150);
  await killDatabase(folder);
  // A writer whose customer is lost is told so.
  await writers.stop().catch(() => {});
  const { acknowledged } = writers;
  const losses = await folder.joined((_, owner) => lossesOf(owner, prepared.tenant.companyId, acknowledged));
  record(context, {
    id: "R2 control",
    done: `32 writers, kill -9 of the postmaster and its children, ${acknowledged.calls} writes acknowledged before they were written`,
    seen: counted(losses),
    must: "some lost",
  });
  expect(losses.lost.length).toBeGreaterThan(0);
});
