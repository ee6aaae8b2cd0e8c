import { defineConfig } from "vitest/config";

/** For run.sh alone: needs Debian packages. */
export default defineConfig({
  test: {
    globalSetup: ["test/setup/durable-postgres.ts"],
    include: ["test/clients/outside.run.ts"],
    testTimeout: 600_000,
    hookTimeout: 60_000,
  },
});
