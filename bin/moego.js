#!/usr/bin/env node
// The `moego` command. npx creates its link to a command once and never repairs it, so the file that package.json names
// must exist before the first build.
import { existsSync } from "node:fs";

const command = new URL("../dist/bundle/moego.js", import.meta.url);

if (existsSync(command)) {
  await import(command.href);
} else {
  process.stderr.write("moego has not been built yet: run `npm run build` first.\n");
  process.exitCode = 1;
}
