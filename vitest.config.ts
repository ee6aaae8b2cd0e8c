import { defineConfig } from "vitest/config";
import { createFolderTimes } from "./test/support/folder-times.js";
import { LongestFirst } from "./test/support/longest-first.js";

export default defineConfig({
  test: {
    // What is recorded of a build (test/recording/record.ts), or the tests.
    include: [process.env["RECORD_TO"] ? "test/recording/record.ts" : "test/**/*.test.ts"],
    // They have a command of their own: npm run test:faults.
    exclude: ["test/reliability/**"],
    globalSetup: ["test/setup/postgres.ts"],
    setupFiles: ["test/setup/fast-check.ts"],
    // Real servers and child processes: a process each, and few at once, since PostgreSQL works beside them. A process runs
    // file after file, so that it loads the service once.
    pool: "forks",
    isolate: false,
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // How long a condition may take to come true; where it is the time that counts, the test measures it.
    expect: { poll: { timeout: 10_000 } },
    reporters: ["default", "json", createFolderTimes()],
    outputFile: { json: "test-report/vitest.json" },
  },
});
