import { execFileSync } from "node:child_process";
import { closeSync, constants, createReadStream, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { openLogDestination } from "../../src/server/log-destination.js";
import { createLogger } from "../../src/server/logger.js";

const folder = mkdtempSync(join(tmpdir(), "moego-log-"));
const fifo = join(folder, "log");
execFileSync("mkfifo", [fifo]);
// Open for reading as well, so that writers do not wait for a reader.
const fd = openSync(fifo, constants.O_RDWR);
afterAll(() => {
  closeSync(fd);
  rmSync(folder, { recursive: true });
});

it("neither waits for a reader that stalls nor buffers without bound, and tells how many lines it dropped", async () => {
  const lines = 20_000;
  const destination = openLogDestination(fd);
  const logger = createLogger({ level: "info", format: "json" }, destination);
  const start = performance.now();
  for (let index = 0; index < lines; index += 1) logger.info({ index, padding: "x".repeat(1_000) }, "line");
  expect(performance.now() - start).toBeLessThan(5_000);
  expect(destination.dropped()).toBeGreaterThan(lines / 4);
  expect(destination.dropped()).toBeLessThan(lines);

  let text = "";
  const reader = createReadStream(fifo, { encoding: "utf8", highWaterMark: 1_024 * 1_024 });
  reader.on("data", (chunk) => {
    text += chunk;
  });
  await destination.flush();
  await destination.flush();
  logger.info({}, "the reader is back");
  await destination.flush();
  while (!text.includes("the reader is back")) await new Promise(setImmediate);
  const read = text
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
  const told = read.filter((line) => JSON.stringify(line).includes("log lines dropped"));
  expect(told).toMatchObject([{ level: "warn", dropped: destination.dropped() }]);
  expect(read).toHaveLength(lines - destination.dropped() + 2);
  // The reader waits for more, which ends its thread's wait.
  logger.info({}, "end");
  await destination.flush();
  reader.destroy();
});
