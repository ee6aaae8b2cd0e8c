import { startEmbeddedPostgres } from "../../src/db/embedded/embedded-postgres.js";

// Started by embedded-postgres.test.ts as a process of its own: starts PostgreSQL, says so, and stays until it is ended.
const [dataDir = ""] = process.argv.slice(2);
try {
  const { ownerUrl, started } = await startEmbeddedPostgres({ dataDir });
  console.log(JSON.stringify({ ownerUrl, started }));
  setInterval(() => {}, 60_000);
} catch (error) {
  console.log(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
}
