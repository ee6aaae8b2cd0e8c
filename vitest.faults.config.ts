import { defineConfig } from "vitest/config";
import { createTableReporter } from "./test/reliability/table.js";

export default defineConfig({
  test: {
    include: ["test/reliability/**/*.test.ts"],
    globalSetup: ["test/setup/postgres.ts"],
    pool: "forks",
    // One file at a time: the figures are those of a machine that does nothing else.
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 60_000,
    reporters: ["default", "json", createTableReporter()],
    outputFile: { json: "test-report/faults.json" },
  },
});
