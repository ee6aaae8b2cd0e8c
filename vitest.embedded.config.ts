import { defineConfig } from "vitest/config";
import { compiledModules, compiledService } from "./test/support/compiled-service.js";
import { LongestFirst } from "./test/support/longest-first.js";

/** What starts, kills and recovers the embedded PostgreSQL: each test makes a server of its own, which takes seconds. */
export default defineConfig(({ mode }) => ({
  ...compiledService(mode),
  test: {
    server: { deps: { external: [compiledModules] } },
    globalSetup: ["test/setup/postgres.ts"],
    include: ["test/embedded/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
    sequence: { sequencer: LongestFirst },
    reporters: ["default", "json"],
    outputFile: { json: "test-report/embedded.json" },
  },
}));
