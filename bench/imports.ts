import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { startEmbeddedPostgres } from "../src/db/embedded/embedded-postgres.js";
import { cpuMeter } from "./cpu-time.js";
import { say, table } from "./table.js";

const defaultCustomers = 1_000_000;
const targetSeconds = 360;
const targetMiB = 400;
const sampleMs = 250;

/** Imports a file of customers, each with a pet, an address and a note, into an empty company. */
export async function measureImports(dataDir: string, words: readonly string[]): Promise<void> {
  const customers = Number(words[0] ?? defaultCustomers);
  const path = join(dataDir, "customers.csv");
  await pipeline(Readable.from(rows(customers)), createWriteStream(path));
  await run(["migrate"], dataDir).ended;
  const postgres = await startEmbeddedPostgres({ dataDir });
  try {
    await createCompany(postgres.ownerUrl);
    const startedAt = performance.now();
    const { pid, ended } = run(["import", "customers", path, "--company", "cmp_bench"], dataDir);
    const meter = cpuMeter(pid, postgres.folder);
    const before = meter();
    let [used, peak, isRunning] = [before, 0, true];
    const watch = async () => {
      while (isRunning) {
        const now = meter();
        used = { server: Math.max(used.server, now.server), database: Math.max(used.database, now.database) };
        peak = Math.max(peak, peakMiB(pid));
        await sleep(sampleMs);
      }
    };
    const watching = watch();
    await ended;
    const seconds = (performance.now() - startedAt) / 1_000;
    isRunning = false;
    await watching;
    const micros = (time: number) => String(Math.round(time / customers));
    const scaled = (targetSeconds * customers) / defaultCustomers;
    say(
      table(
        [
          `Import of ${customers.toLocaleString("en")} customers, each with a pet, an address and a note`,
          "result",
          "target",
        ],
        [
          ["time, s", seconds.toFixed(1), scaled.toFixed(0)],
          ["peak memory of the command, MiB", peak.toFixed(0), String(targetMiB)],
          ["CPU of the command, us a row", micros(used.server - before.server), ""],
          ["CPU of the database, us a row", micros(used.database - before.database), ""],
        ],
      ),
    );
  } finally {
    await postgres.stop();
  }
}

function* rows(count: number): Generator<string> {
  yield "First Name,Last Name,Phone,Email,Address,City,State,Zip,Notes,Pet Name,Species,Breed,Weight,Location\n";
  for (let n = 0; n < count; n += 1) {
    const [first, last] = [firstNames[n % firstNames.length], lastNames[(n * 7) % lastNames.length]];
    const pet = `${petNames[(n * 3) % petNames.length]},Dog,${breeds[(n * 5) % breeds.length]},${8 + (n % 60)} lb`;
    yield `${first},${last}${n % 1_000},${2_122_000_000 + n},c${n}@example.com,${n} Main Street,New York,NY,10001,` +
      `A note of some length about customer ${n}.,${pet},biz_bench\n`;
  }
}

const firstNames = ["Anna", "Benjamin", "Charlotte", "David", "Eleanor", "Frank", "Grace", "Henry", "Isabella"];
const lastNames = [
  "Archer",
  "Baxter",
  "Castellano",
  "Dunn",
  "Evans",
  "Fitzgerald",
  "Gray",
  "Hernandez",
  "Irving",
  "Lee",
];
const petNames = ["Bella", "Max", "Luna", "Charlie", "Cooper", "Daisy", "Milo"];
const breeds = ["Poodle", "Beagle", "Labrador Retriever", "Boxer", "Shih Tzu"];

async function createCompany(ownerUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  await client.query(
    "INSERT INTO company (id, name, country, time_zone) VALUES ('cmp_bench', 'Large', 'US', 'America/New_York')",
  );
  await client.query("INSERT INTO business (company_id, id, name) VALUES ('cmp_bench', 'biz_bench', 'Here')");
  await client.end();
}

function run(words: readonly string[], dataDir: string) {
  const child = spawn(process.execPath, ["bin/moego.js", ...words], {
    env: { PATH: process.env["PATH"], DATA_DIR: dataDir },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = once(child, "exit").then(([code]) => {
    if (code !== 0) throw new Error(`moego ${words[0]} ended with code ${code}.`);
  });
  return { pid: child.pid ?? Number.NaN, ended };
}

/** Of a process, from the files of Linux below `/proc`; 0 once it has ended. */
function peakMiB(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1_024;
  } catch {
    return 0;
  }
}
