import { readdirSync, writeSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/*
 * Loaded into a service before its own code (NODE_OPTIONS=--import): on SIGUSR2 it collects its garbage and says on
 * standard error what it holds. Plain JavaScript, since it runs in the process of the service.
 */
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");

process.on("SIGUSR2", () => {
  const { user, system } = process.cpuUsage();
  collectGarbage();
  collectGarbage();
  const handles = process.getActiveResourcesInfo().filter((name) => !/Timeout|Immediate/.test(name)).length;
  const descriptors = readdirSync("/proc/self/fd").length;
  const cpuMs = Math.round((user + system) / 1_000);
  const held = { rssBytes: process.memoryUsage.rss(), handles, descriptors, cpuMs };
  writeSync(2, `observed ${JSON.stringify(held)}\n`);
});
