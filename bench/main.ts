import { chmod, mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { startEmbeddedPostgres } from "../src/db/embedded/embedded-postgres.js";
import { type BatchFigures, measureBatches } from "./batches.js";
import { callers, measureCallers, type RpcFigures, writeCallers } from "./callers.js";
import { loads, measureCancelled, measureDepth, sendMixed } from "./calls.js";
import { cpuMeter } from "./cpu-time.js";
import { measureExports } from "./exports.js";
import { measureImports } from "./imports.js";
import { measureLoad } from "./load.js";
import { measureMerges } from "./merges.js";
import { measurePeers } from "./peers/main.js";
import { customers, writeRows } from "./rows.js";
import { type Service, startService } from "./service.js";
import { type Row, say, table } from "./table.js";

// Measures the compiled server with its embedded database and default settings. Client, server and database share this
// machine, so a ratio of two figures is more meaningful than a single one. `npm run bench`; with `-- callers` only the
// RPCs that look up a caller, compared with GetCustomer; with `-- batches` single creates and batches; with
// `-- merges` merges of customers with many notes; with `-- export` exports beside COPY TO; with `-- import` the import of
// a large file; with `-- peers` this build beside other servers (peers/main.ts).

/** On a busy machine 32 requests wait for their turn longer than the default. */
const patient = { DATABASE_POOL_WAIT_MS: "60000" };

const warmStarts = 5;
const idleMs = 3_000;

const [kind, ...words] = process.argv.slice(2);
if (kind === "peers") {
  await measurePeers(words);
  process.exit(0);
}
const dataDir = await mkdtemp(join(tmpdir(), "moego-bench-"));
await chmod(dataDir, 0o755); // lets PostgreSQL's user access it when this runs as root
try {
  if (kind === "callers") await measureAlone({}, sayAllCallers);
  else if (kind === "batches") await measureAlone({ rows: 1_000, environment: patient }, sayBatches);
  else if (kind === "merges") await measureAlone({ rows: 1_000 }, sayMerges);
  else if (kind === "export") await measureExports(dataDir, words);
  else if (kind === "import") await measureImports(dataDir, words);
  else await measureAll();
} finally {
  await rm(dataDir, { recursive: true, force: true });
}

async function measureAll(): Promise<void> {
  const cold = await startService(dataDir);
  await cold.stop();
  const warm = await readyTimes();
  const service = await startService(dataDir);
  const { ownerUrl, folder, stop: leavePostgres } = await startEmbeddedPostgres({ dataDir });
  try {
    say(await machine(ownerUrl));
    const memory = await residentMemory(service);
    say(
      table(
        ["Startup and memory", "result", "target"],
        [
          ["ready, empty DATA_DIR", `${seconds(cold.readyAfterMs)} s`, ""],
          [`ready, existing DATA_DIR, ${warmStarts} starts`, `${warm.map(seconds).join(", ")} s`, "5 s"],
          ["resident memory, idle", `${Math.round(memory.idle)} MiB`, "150 MiB"],
          ["resident memory, idle after 1,000 requests", `${Math.round(memory.afterCalls)} MiB`, ""],
        ],
      ),
    );
    await writeRows(ownerUrl);
    const depth = await measureDepth(service);
    say(
      table(
        ["Page of 50, 200,000 customers, one request at a time", "median ms", "ratio", "target"],
        [
          ["first page", ms(depth.firstMs), "1", ""],
          [
            "page after 100,000 customers, by token",
            ms(depth.deepMs),
            (depth.deepMs / depth.firstMs).toFixed(2),
            "1.5",
          ],
          [
            "page after 100,000 customers, by number",
            ms(depth.numberedMs),
            (depth.numberedMs / depth.firstMs).toFixed(2),
            "",
          ],
        ],
      ),
    );
    say(table(["32 requests in flight", "requests/s", "p50 ms", "p99 ms"], await loadRows(service)));
    const cancelled = await measureCancelled(service, ownerUrl);
    say(
      table(
        ["After 1,000 canceled requests", "result", "target"],
        [
          ["connections of the pool in use", String(cancelled.inUse), "0"],
          ["requests waiting for a connection", String(cancelled.waiting), "0"],
          ["connections of the database unknown to the pool", String(cancelled.unknown), "0"],
          ["time after the last response", `${Math.round(cancelled.settledAfterMs)} ms`, ""],
        ],
      ),
    );
    await sayAllCallers({ service, ownerUrl, folder });
  } finally {
    await service.stop();
    await leavePostgres();
  }
}

/** What is measured at a service of its own, with customers in its database. */
interface Measured {
  readonly service: Service;
  readonly ownerUrl: string;
  /** Of the database. */
  readonly folder: string;
}

async function measureAlone(
  { rows = customers, environment = {} }: { readonly rows?: number; readonly environment?: Record<string, string> },
  measure: (measured: Measured) => Promise<void>,
): Promise<void> {
  const service = await startService(dataDir, { environment });
  const { ownerUrl, folder, stop: leavePostgres } = await startEmbeddedPostgres({ dataDir });
  try {
    say(await machine(ownerUrl));
    await writeRows(ownerUrl, rows);
    await measure({ service, ownerUrl, folder });
  } finally {
    await service.stop();
    await leavePostgres();
  }
}

async function sayAllCallers({ service, ownerUrl, folder }: Measured): Promise<void> {
  await writeCallers(ownerUrl, customers);
  await sayCallers(service, folder);
}

async function sayBatches({ service, folder }: Measured): Promise<void> {
  const [one, ...others] = await measureBatches(service, cpuMeter(service.pid, folder));
  if (!one) return;
  const row = ({ name, perSecond, cpu }: BatchFigures): Row => [
    ...[name, String(Math.round(perSecond)), (perSecond / one.perSecond).toFixed(1)],
    ...[String(Math.round(cpu.server)), String(Math.round(cpu.database))],
  ];
  say(
    table(
      [
        "Customers with an address and a note",
        "customers/s",
        "ratio",
        "CPU of the server, us",
        "CPU of the database, us",
      ],
      [one, ...others].map(row),
    ),
  );
}

async function sayMerges({ service, ownerUrl, folder }: Measured): Promise<void> {
  const meter = cpuMeter(service.pid, folder);
  const { ms: median, cpu } = await measureMerges(service, { ownerUrl, meter, notes: 1_000 });
  say(
    table(
      ["Merge of two records with 1,000 notes each, median", "result", "target"],
      [
        ["CPU of the database, ms", ms(cpu.database / 1_000), "100"],
        ["CPU of the server, ms", ms(cpu.server / 1_000), ""],
        ["whole request, ms", ms(median), ""],
      ],
    ),
  );
}

async function sayCallers(service: Service, clusterFolder: string): Promise<void> {
  for (const { transport, rpcs } of await measureCallers(service, cpuMeter(service.pid, clusterFolder))) {
    const [get] = rpcs;
    const total = (one: RpcFigures | undefined) => (one ? one.cpu.server + one.cpu.database : Number.NaN);
    const row = (name: string, read: (one: RpcFigures) => string): Row => [name, ...rpcs.map(read)];
    say(
      table(
        [`${transport}, ${callers.toLocaleString("en")} customers of one company`, ...rpcs.map(({ rpc }) => rpc)],
        [
          row("one at a time, median ms", (one) => one.ms.toFixed(2)),
          row("32 in flight, requests/s", (one) => String(Math.round(one.perSecond))),
          row("32 in flight, CPU of the server, us", (one) => String(Math.round(one.cpu.server))),
          row("32 in flight, CPU of the database, us", (one) => String(Math.round(one.cpu.database))),
          row("CPU of both, ratio", (one) => (total(one) / total(get)).toFixed(2)),
          ["target", "", "1.3", "1.8"],
        ],
      ),
    );
  }
}

async function readyTimes(): Promise<readonly number[]> {
  const times: number[] = [];
  for (let run = 0; run < warmStarts; run += 1) {
    const service = await startService(dataDir);
    times.push(service.readyAfterMs);
    await service.stop();
  }
  return times;
}

async function residentMemory(service: Service): Promise<{ readonly idle: number; readonly afterCalls: number }> {
  await pause(idleMs);
  const idle = service.residentMiB();
  await sendMixed(service, 1_000);
  await pause(idleMs);
  return { idle, afterCalls: service.residentMiB() };
}

async function loadRows(service: Service): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const { name, send, close } of loads(service)) {
    const { perSecond, p50Ms, p99Ms } = await measureLoad(send);
    close();
    rows.push([name, String(Math.round(perSecond)), ms(p50Ms), ms(p99Ms)]);
  }
  return rows;
}

async function machine(ownerUrl: string): Promise<string> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  const { rows } = await client.query<{ server_version: string }>("SHOW server_version");
  await client.end();
  const [cpu] = cpus();
  const gib = Math.round(totalmem() / 2 ** 30);
  const versions = `Node ${process.versions.node}, PostgreSQL ${rows[0]?.server_version}`;
  return `${new Date().toISOString().slice(0, 10)}, ${cpus().length} x ${cpu?.model}, ${gib} GiB, ${versions}\n`;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1_000).toFixed(1);
}

function ms(milliseconds: number): string {
  return milliseconds.toFixed(1);
}
