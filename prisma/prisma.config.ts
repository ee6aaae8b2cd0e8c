import { defineConfig } from "prisma/config";

// Every Prisma command looks for a native schema engine and would download one. Nothing here needs it.
process.env["PRISMA_SCHEMA_ENGINE_BINARY"] ??= process.execPath;

const url = process.env["DATABASE_MIGRATION_URL"] ?? process.env["DATABASE_URL"];

export default defineConfig({
  schema: "schema.prisma",
  migrations: { path: "migrations" },
  ...(url ? { datasource: { url } } : {}),
});
