import { readdirSync } from "node:fs";
import { defineConfig, type ViteUserConfig } from "vitest/config";
import { isLong } from "./test/reliability/run.js";
import { createTableReporter } from "./test/reliability/table.js";
import { compiledModules, compiledService, isMocking } from "./test/support/compiled-service.js";
import { createFolderTimes } from "./test/support/folder-times.js";
import { LongestFirst } from "./test/support/longest-first.js";

/** What judges times: each file has the machine to itself. */
const timed = ["hostile-connections", "noisy-tenant", "pool-wait", "deadlines", "overload"].map(
  (name) => `test/reliability/${name}.test.ts`,
);

const mocking = readdirSync("test/reliability")
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => `test/reliability/${file}`)
  .filter(isMocking);

const common = {
  pool: "forks",
  // The large figures of one test may take hours.
  testTimeout: isLong ? 6 * 3_600_000 : 600_000,
  hookTimeout: 60_000,
} satisfies ViteUserConfig["test"];

const besideAnother = { maxWorkers: 2, sequence: { groupOrder: 1 } } satisfies ViteUserConfig["test"];

export default defineConfig(({ mode }) => ({
  test: {
    globalSetup: ["test/setup/durable-postgres.ts"],
    reporters: ["default", "json", createTableReporter(), createFolderTimes()],
    outputFile: { json: "test-report/faults.json" },
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        ...compiledService(mode),
        test: {
          ...common,
          ...besideAnother,
          name: "counts",
          include: ["test/reliability/**/*.test.ts"],
          exclude: [...timed, ...mocking],
          server: { deps: { external: [compiledModules] } },
        },
      },
      {
        test: { ...common, ...besideAnother, name: "mocking", include: mocking },
      },
      {
        ...compiledService(mode),
        test: {
          ...common,
          name: "times",
          include: timed,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          server: { deps: { external: [compiledModules] } },
        },
      },
    ],
  },
}));
