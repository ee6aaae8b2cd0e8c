import { expect, it, vi } from "vitest";
import { createApp } from "../../src/app.js";
import { readConfig } from "../../src/config/config.js";
import type { startCleanup } from "../../src/db/cleanup.js";
import { createLogger } from "../../src/server/logger.js";
import { createDatabase } from "../support/database.js";

const started: Parameters<typeof startCleanup>[0][] = [];
const retention = { AUDIT_LOG_RETENTION_DAYS: "31", KEY_USE_RETENTION_DAYS: "32", DEPARTURE_RETENTION_DAYS: "33" };
let isAsked = false;
let end = () => {};

vi.mock("../../src/db/cleanup.js", () => ({
  startCleanup: (options: Parameters<typeof startCleanup>[0]) => {
    started.push(options);
    return {
      stop: () => {
        isAsked = true;
        return new Promise<void>((ended) => {
          end = ended;
        });
      },
    };
  },
}));

it("the service cleans up from its start on, and ends only after the run under way has ended", async () => {
  await using database = await createDatabase();
  const config = readConfig({
    HTTP_PORT: "0",
    GRPC_PORT: "0",
    LOG_LEVEL: "silent",
    DRAIN_TIMEOUT_MS: "0",
    ...retention,
  });
  const app = await createApp({
    ...{ config, logger: createLogger(config.log), databaseUrl: database.serviceUrl },
    secrets: { pageTokenSecret: "page-token-secret-of-the-tests-0123", secretKey: Buffer.alloc(32, 9) },
  });
  expect(started).toHaveLength(1);
  expect(started[0]?.retention).toEqual({ auditLogDays: 31, keyUseDays: 32, departureDays: 33 });
  let isStopped = false;
  const stopped = app.stop().then(() => {
    isStopped = true;
  });
  await expect.poll(() => isAsked).toBe(true);
  // Longer than everything else takes to end.
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(isStopped).toBe(false);
  // The database is still there for the run.
  const [usable] = started;
  if (!usable) throw new Error("nothing was started");
  await usable.database.ask(new AbortController().signal, (prisma) => prisma.$queryRaw`SELECT 1`);
  end();
  await stopped;
});
