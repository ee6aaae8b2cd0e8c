import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, it } from "vitest";
import { keys } from "../support/fixture-keys.js";
import { startServer } from "../support/server.js";

const server = await startServer();
/** Inside the repository, so that the client finds its runtime. */
const folder = await mkdtemp("dist/generated-client-");
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const run = promisify(execFile);

const compilerOptions = {
  ...{ target: "es2023", module: "nodenext", lib: ["es2023", "dom", "dom.iterable"], types: [] },
  ...{ strict: true, noUncheckedIndexedAccess: true, skipLibCheck: false },
};

it("a client that oazapfts generates from /openapi.json compiles, creates, lists, and reads the reason of an error", async () => {
  const { httpUrl } = server.app;
  const document = await (await fetch(`${httpUrl}/openapi.json`)).text();
  await writeFile(join(folder, "openapi.json"), document);
  await run("node_modules/.bin/oazapfts", [join(folder, "openapi.json"), join(folder, "client.ts")]);
  await copyFile("test/openapi/generated/calls.ts", join(folder, "calls.ts"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["calls.ts"] }));
  await run("node_modules/.bin/tsc", ["-p", folder]);

  const { firstCalls } = await import(pathToFileURL(resolve(folder, "calls.js")).href);
  const found = await firstCalls(httpUrl, keys.a.secret);
  expect(found).toEqual({
    ...{ isSameCustomer: true, name: "Grace", reason: "RESOURCE_NOT_FOUND" },
    ...{ createdId: expect.stringMatching(/^cus_/), listed: [found.createdId] },
  });
}, 60_000);
