import { readdirSync } from "node:fs";
import { defineConfig, type ViteUserConfig } from "vitest/config";
import { compiledModules, compiledService, isMocking } from "./test/support/compiled-service.js";
import { createFolderTimes } from "./test/support/folder-times.js";
import { LongestFirst } from "./test/support/longest-first.js";

/** What is recorded of a build (test/recording/record.ts), or the tests. */
const files = process.env["RECORD_TO"] ? ["test/recording/record.ts"] : testFiles();
const mocking = files.filter(isMocking);

const common = {
  setupFiles: ["test/setup/fast-check.ts"],
  // Real servers and child processes: a process each, and few at once, since PostgreSQL works beside them. One more than
  // two cores can run, because some tests wait: for a limit of time, or for a process to end.
  pool: "forks",
  maxWorkers: 3,
  testTimeout: 30_000,
  hookTimeout: 60_000,
  // How long a condition may take to come true; where it is the time that counts, the test measures it.
  expect: { poll: { timeout: 10_000 } },
} satisfies ViteUserConfig["test"];

export default defineConfig(({ mode }) => ({
  test: {
    // For both projects: one PostgreSQL server.
    globalSetup: ["test/setup/postgres.ts"],
    sequence: { sequencer: LongestFirst },
    reporters: ["default", "json", createFolderTimes()],
    outputFile: { json: "test-report/vitest.json" },
    projects: [
      {
        // A process runs file after file, so that it loads the service once.
        ...compiledService(mode),
        test: {
          ...common,
          name: "shared",
          include: files.filter((file) => !mocking.includes(file)),
          isolate: false,
          server: { deps: { external: [compiledModules] } },
        },
      },
      {
        // A module that is loaded already cannot be mocked: a process per file, and Vite's modules.
        test: { ...common, name: "mocking", include: mocking },
      },
    ],
  },
}));

/** Those of the embedded server and the fault suite have commands of their own: npm run test:embedded and test:faults. */
function testFiles(): string[] {
  return readdirSync("test", { recursive: true, encoding: "utf8" })
    .map((file) => `test/${file.replaceAll("\\", "/")}`)
    .filter((file) => file.endsWith(".test.ts") && !/^test\/(reliability|embedded)\//.test(file));
}
