import { writeSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/*
 * Loaded into a service before its own code (NODE_OPTIONS=--import): on SIGUSR2 it collects its garbage and says on
 * standard error what it holds. Plain JavaScript, since it runs in the process of the service.
 */
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");

process.on("SIGUSR2", () => {
  collectGarbage();
  collectGarbage();
  const held = { rssBytes: process.memoryUsage.rss() };
  writeSync(2, `observed ${JSON.stringify(held)}\n`);
});
