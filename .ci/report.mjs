// Reads the given JSON reports of vitest. Prints what failed, what no report ran, and last the counts:
// `N passed, N failed`. Exits with 1 if anything failed.
import { readFileSync } from "node:fs";
import { relative } from "node:path";

let passed = 0;
let failed = 0;
const failures = [];
const skipped = new Set();
const ran = new Set();

for (const file of process.argv.slice(2)) {
  let report;
  try {
    report = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    console.log(`There is no ${file}.`);
    failed += 1;
    continue;
  }
  // A file that failed to load has no tests to count, and counts as one failure.
  const unloaded = report.testResults.filter((one) => one.status === "failed" && one.assertionResults.length === 0);
  passed += report.numPassedTests;
  failed += report.numFailedTests + unloaded.length;
  if (!report.success && report.numFailedTests + unloaded.length === 0) failed += 1;
  for (const { name, message, assertionResults } of report.testResults) {
    const path = relative("", name);
    if (message) failures.push(`${path}\n${message}`);
    for (const { fullName, failureMessages, status } of assertionResults) {
      const test = `${path}: ${fullName}`;
      if (status === "failed") failures.push(`${test}\n${failureMessages.join("\n")}`);
      if (status === "passed" || status === "failed") ran.add(test);
      else skipped.add(test);
    }
  }
}

// Root runs the tests that other users skip; a test that root skips as well would never run.
const notRun = [...skipped].filter((test) => !ran.has(test));
if (process.getuid?.() === 0) failed += notRun.length;
for (const test of notRun) console.log(`not run: ${test}`);
// At the end, so that the last lines of a long log show them.
for (const failure of failures) console.log(`failed test: ${failure.slice(0, 4_000)}\n`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
