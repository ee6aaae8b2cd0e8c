import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { startEmbeddedPostgres } from "../../src/db/embedded/embedded-postgres.js";
import { startService } from "../service.js";
import { say } from "../table.js";
import { prepareFurtherRows } from "./further-rows.js";
import { startLoadClient } from "./load.js";
import { measure, type Speeds } from "./measure.js";
import type { Measured } from "./measured.js";
import { idleMemory, usedMemory } from "./memory.js";
import { latePageRatios } from "./pages.js";
import { type Part, partsOf } from "./parts.js";
import { openPgbench } from "./pgbench.js";
import { report } from "./report.js";
import { countRoundTrips } from "./round-trips.js";
import { buildEarlier, installPeers, keptFolder, prepareRows } from "./setting.js";
import { measureStarts } from "./starts.js";
import { recordStatements } from "./statements.js";
import { startSubjects } from "./subjects.js";

/**
 * Measures this build beside other servers on the same database, in turns: `npm run bench -- peers`.
 *
 * @param words options: `--rounds 5`, `--seconds 3`, `--warm-up 5`, `--rows 1000000`, `--calls 300000` (before the memory
 *   is read), `--earlier REVISION`, `--only peers,calls,workers,memory,start,pages`; `--report` writes docs/performance.md
 */
export async function measurePeers(words: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "3" },
      "warm-up": { type: "string", default: "5" },
      rows: { type: "string", default: "1000000" },
      calls: { type: "string", default: "300000" },
      earlier: { type: "string" },
      only: { type: "string" },
      report: { type: "boolean", default: false },
    },
  });
  const parts = partsOf(values.only);
  const rows = Number(values.rows);
  const rounds = Number(values.rounds);
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
    const roundTrips: Measured["roundTrips"][number][] = [];
    const builds = [resolve("."), ...(earlier === undefined ? [] : [earlier])];
    for (const folder of parts.has("calls") ? builds : []) {
      const firstLead = await prepareFurtherRows(databaseUrl);
      roundTrips.push(await countRoundTrips({ dataDir, databaseUrl, folder, rows, firstLead }));
    }
    const starts = parts.has("start") ? await measureStarts({ dataDir, databaseUrl, earlier, rounds }) : [];
    const firstLead = await prepareFurtherRows(databaseUrl);
    const pgbench = await openPgbench({ dataDir, databaseUrl, statements, rows });
    if (!pgbench) say("Skipped: the limit of the database, since pgbench is not installed.");
    const subjects = await startSubjects({ dataDir, databaseUrl, statements, earlier, parts });
    try {
      const { services } = subjects;
      const idleMiB = await idleMemory(services);
      const times = { rounds, seconds: Number(values.seconds), warmUpSeconds: Number(values["warm-up"]) };
      const plan = { subjects: subjects.all, load, pgbench, clusterFolder, rows, firstLead, ...times };
      const measured = hasSpeeds(parts) ? await measure(plan) : nothing;
      const [first] = services;
      const latePages = parts.has("pages") && first ? await latePageRatios(first.service) : [];
      const used = { idleMiB, answered: measured.calls, least: Number(values.calls) };
      const memory = parts.has("memory") ? await usedMemory(plan, services, used) : [];
      const run = { ...times, rows, write: values.report, earlier: values.earlier };
      await report({ ...measured, roundTrips, starts, latePages, memory }, run);
    } finally {
      await subjects.stop();
    }
  } finally {
    load.stop();
    await stop();
  }
}

function hasSpeeds(parts: ReadonlySet<Part>): boolean {
  return parts.has("peers") || parts.has("calls") || parts.has("workers");
}

const nothing: Speeds = { series: [], pgbench: [], calls: new Map() };
