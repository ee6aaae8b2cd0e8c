import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startEmbeddedPostgres } from "../../src/db/embedded/embedded-postgres.js";
import { startService } from "../service.js";
import { say } from "../table.js";
import { startLoadClient } from "./load.js";
import { measure } from "./measure.js";
import { openPgbench } from "./pgbench.js";
import { report } from "./report.js";
import { buildEarlier, installPeers, keptFolder, prepareRows } from "./setting.js";
import { recordStatements } from "./statements.js";
import { startSubjects } from "./subjects.js";

/**
 * Measures this build beside other servers on the same database, in turns: `npm run bench -- peers`.
 *
 * @param words options: `--rounds 5`, `--seconds 4`, `--warm-up 5`, `--rows 1000000`, `--earlier REVISION`; `--report`
 *   writes docs/performance.md
 */
export async function measurePeers(words: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "4" },
      "warm-up": { type: "string", default: "5" },
      rows: { type: "string", default: "1000000" },
      earlier: { type: "string" },
      report: { type: "boolean", default: false },
    },
  });
  const rows = Number(values.rows);
  installPeers();
  const earlier = values.earlier === undefined ? undefined : buildEarlier(values.earlier);
  const dataDir = join(keptFolder, "data");
  mkdirSync(dataDir, { recursive: true });
  // The first start migrates.
  await (await startService(dataDir)).stop();
  const { ownerUrl: databaseUrl, folder: clusterFolder, stop } = await startEmbeddedPostgres({ dataDir });
  const load = startLoadClient();
  try {
    await prepareRows(databaseUrl, rows);
    const statements = await recordStatements(dataDir);
    const pgbench = await openPgbench({ dataDir, databaseUrl, statements, rows });
    if (!pgbench) say("Skipped: the limit of the database, since pgbench is not installed.");
    const subjects = await startSubjects({ dataDir, databaseUrl, statements, earlier });
    try {
      const plan = { subjects: subjects.all, load, pgbench, clusterFolder, rows };
      const times = {
        rounds: Number(values.rounds),
        seconds: Number(values.seconds),
        warmUpSeconds: Number(values["warm-up"]),
      };
      const measured = await measure({ ...plan, ...times });
      await report(measured, { ...times, rows, write: values.report, earlier: values.earlier });
    } finally {
      await subjects.stop();
    }
  } finally {
    load.stop();
    await stop();
  }
}
