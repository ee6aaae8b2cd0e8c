// Plants each fault of faults.mjs in a copy of the sources, one at a time, and runs the test that names it, which must
// fail. Prints a table.
//
//   npm run test:planted -- [--runs 3] [--only PART OF A FAULT]... [--part 1/4]
import { spawn } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { faults } from "./faults.mjs";

const { values: options } = parseArgs({
  options: {
    runs: { type: "string", default: "1" },
    only: { type: "string", multiple: true, default: [""] },
    part: { type: "string", default: "1/1" },
  },
});
const runs = Number(options.runs);
const [part, parts] = options.part.split("/").map(Number);
const chosen = faults
  .filter(({ fault }) => options.only.some((text) => fault.includes(text)))
  .filter((_, at) => at % parts === part - 1);

const print = (line) => process.stdout.write(`${line}\n`);

const root = resolve(import.meta.dirname, "../..");
const copy = mkdtempSync(join(tmpdir(), "moego-planted-"));
const left = ["node_modules", "dist", "test-report", "findings", ".git", ".data"];
cpSync(root, copy, { recursive: true, filter: (path) => path === root || !left.includes(basename(path)) });
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
// PostgreSQL may run as another user.
chmodSync(copy, 0o755);
const report = join(copy, "planted.json");

/** Runs a command of a package in the copy; resolves with its output. */
function inCopy(command, words, environment = {}) {
  return outputOf(join(copy, "node_modules/.bin", command), words, environment);
}

function outputOf(program, words, environment = {}) {
  const env = { ...process.env, ...environment };
  const child = spawn(program, words, { cwd: copy, env });
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => output.push(chunk));
  return new Promise((done) => child.once("close", () => done(Buffer.concat(output).toString())));
}

/** The tests of services in processes of their own need dist. A fault that does not compile is emitted all the same. */
async function build() {
  await inCopy("tsc", ["-p", "tsconfig.json", "--noEmitOnError", "false"]);
  await outputOf(process.execPath, ["bundle.mjs"]);
}

async function results(files, name, environment) {
  rmSync(report, { force: true });
  const chosenTests = name === undefined ? [] : ["-t", name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")];
  const words = ["run", ...files, ...chosenTests, "--reporter=json", `--outputFile=${report}`];
  const output = await inCopy("vitest", words, environment);
  try {
    return JSON.parse(readFileSync(report, "utf8")).testResults.flatMap(({ assertionResults }) => assertionResults);
  } catch {
    throw new Error(`vitest ran no test of ${files.join(", ")}:\n${output}`);
  }
}

const resultsOf = async ({ test, name }, environment) =>
  (await results([test], name, environment)).filter(
    ({ fullName, status }) => fullName.includes(name) && ["passed", "failed"].includes(status),
  );

/** Puts the fault into the copy. Returns what takes it out again. */
function plant({ fault, file, from, to }) {
  const path = join(copy, file);
  const source = readFileSync(path, "utf8");
  if (source.split(from).length !== 2) throw new Error(`${fault}: ${file} has not exactly one: ${from}`);
  writeFileSync(
    path,
    source.replace(from, () => to),
  );
  return () => writeFileSync(path, source);
}

async function caughtIn(one, environment) {
  const restore = plant(one);
  if (one.inDist) await build();
  let caught = 0;
  for (let run = 0; run < runs; run += 1)
    if ((await resultsOf(one, environment)).some(({ status }) => status === "failed")) caught += 1;
  restore();
  if (one.inDist) await build();
  return caught;
}

for (const one of chosen) plant(one)();
await build();
// One PostgreSQL for all runs.
const { startEmbeddedPostgres } = await import(pathToFileURL(join(copy, "dist/db/embedded/embedded-postgres.js")).href);
const dataDir = join(copy, "data");
mkdirSync(dataDir, { mode: 0o755 });
const postgres = await startEmbeddedPostgres({ dataDir });
const environment = { TEST_DATABASE_URL: process.env.TEST_DATABASE_URL ?? postgres.superuserUrl };
let missed = 0;
try {
  print(`| Fault | Test | Passes without it | Caught in ${runs} |\n|---|---|---|---|`);
  for (const one of chosen) {
    const sound = await resultsOf(one, environment);
    const passes = sound.length > 0 && sound.every(({ status }) => status === "passed");
    const caught = passes ? await caughtIn(one, environment) : 0;
    if (caught < runs) missed += 1;
    const found = sound.length === 0 ? "no such test" : passes ? "yes" : "no";
    print(`| ${one.fault} | ${one.test}: ${one.name} | ${found} | ${caught} |`);
  }
} finally {
  await postgres.stop();
  rmSync(copy, { recursive: true, force: true });
}
print(`\n${chosen.length - missed} of ${chosen.length} faults are caught.`);
process.exitCode = missed === 0 ? 0 : 1;
