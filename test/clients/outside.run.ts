import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type BrowserRun, startBrowserRun } from "./chromium.js";
import { connectWeb } from "./connect-web.js";
import { grpcJs, niceGrpc } from "./grpc-clients.js";
import { grpcWebBinary, grpcWebText, protobufTsBinary, protobufTsText } from "./grpc-web-clients.js";
import { type PreparedServer, startPrepared } from "./prepared-server.js";
import { expectedSteps, type Prepared, runSteps, type Steps } from "./steps.js";

/** Runs every client, also those outside npm, and prints a table. `run.sh` starts it and says where the code is. */
const code = process.env["CLIENT_CODE"] ?? "";
const execute = promisify(execFile);

let server: PreparedServer;
let browser: BrowserRun;
beforeAll(async () => {
  browser = await startBrowserRun();
  server = await startPrepared([browser.origin]);
});
afterAll(async () => {
  await server.stop();
  await browser.stop();
});

it("every client gets its answers", async () => {
  const rows = new Map<string, Steps>();
  rows.set(
    "Python, grpcio",
    await outside("/usr/bin/python3", ["test/clients/steps.py"], { PYTHONPATH: join(code, "python") }),
  );
  rows.set("Go, grpc-go", await outside(join(code, "steps-go"), [], { GRPC_GO_RETRY: "on" }));
  const npm = [grpcJs, niceGrpc, grpcWebText, grpcWebBinary, protobufTsText, protobufTsBinary, ...connectWeb];
  for (const library of npm) rows.set(`${library.name} (Node.js)`, await runSteps(library, await server.forClient()));
  const prepared = await Promise.all(connectWeb.map(() => server.forClient()));
  const seen: readonly { name: string; steps: Steps }[] = JSON.parse(await browser.run(prepared));
  for (const { name, steps } of seen) rows.set(`${name} (Chromium)`, steps);

  process.stdout.write(tableOf(rows));
  expect([...rows.values()]).toEqual([...rows.keys()].map(() => expectedSteps));
  expect(seen).toHaveLength(connectWeb.length);
});

/** Runs a program that takes what the server holds as its last argument. */
async function outside(
  program: string,
  leading: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Steps> {
  const prepared: Prepared = await server.forClient();
  const env = { ...process.env, ...environment };
  const { stdout } = await execute(program, [...leading, JSON.stringify(prepared)], { env, timeout: 120_000 });
  const steps: Steps = JSON.parse(stdout);
  return steps;
}

function tableOf(rows: ReadonlyMap<string, Steps>): string {
  const head = ["Client", ...Object.keys(expectedSteps)];
  const lines = [...rows].map(([name, steps]) => [
    name,
    ...Object.entries(expectedSteps).map(([step]) => cellOf(steps, step)),
  ]);
  const table = [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`);
  return `\n${table.join("\n")}\n`;
}

function cellOf(steps: Steps, step: string): string {
  return Object.entries(steps).find(([name]) => name === step)?.[1] ?? "nothing";
}
