import { execFile } from "node:child_process";
import { chmod, mkdir, rm } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { startEmbeddedPostgres } from "../src/db/embedded/embedded-postgres.js";
import { exportedTables } from "../src/resources/exports/exported-tables.columns.js";
import { companyId, secret, writeRows } from "./rows.js";
import { startService } from "./service.js";
import { say, table } from "./table.js";

/** Enough that the start of a process does not matter. */
const defaultCustomers = 1_000_000;
const rounds = 3;
const target = 1.5;

/**
 * Exports a company, beside `COPY TO` of the same tables to files of the server, which is the fastest that PostgreSQL can
 * write them. The ways alternate, so that all meet the same machine. Then a new database loads the export.
 */
export async function measureExports(dataDir: string, words: readonly string[]): Promise<void> {
  const customers = Number(words[0] ?? defaultCustomers);
  const folder = join(dataDir, "exports");
  await mkdir(folder);
  await chmod(folder, 0o777); // lets PostgreSQL's user write to it
  await moego(["migrate"], dataDir);
  const postgres = await startEmbeddedPostgres({ dataDir });
  try {
    await writeRows(postgres.ownerUrl, customers);
    await allowExports(postgres.ownerUrl);
    const service = await startService(dataDir, { environment: { SEED_DEMO: "0" } });
    const ways = [
      { name: "COPY TO of the same tables", run: () => copyTables(postgres.superuserUrl, folder) },
      { name: "moego export --format csv", run: () => exportTo(dataDir, folder, "csv") },
      { name: "moego export --format jsonl", run: () => exportTo(dataDir, folder, "jsonl") },
      { name: "ExportCompany over REST, CSV", run: () => exportOverRest(service.httpUrl) },
    ];
    const seconds = ways.map((): number[] => []);
    try {
      for (let round = 0; round < rounds; round += 1) {
        for (const [place, { run }] of ways.entries()) seconds[place]?.push(await timeOf(run));
      }
    } finally {
      await service.stop();
    }
    const medians = seconds.map((all) => all.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN);
    const base = medians[0] ?? Number.NaN;
    say(
      table(
        [
          `Export of ${customers.toLocaleString("en")} customers, each with an address, a tag and a note`,
          "s",
          "ratio",
          "target",
        ],
        ways.map(({ name }, place) => {
          const median = medians[place] ?? Number.NaN;
          return [name, median.toFixed(1), (median / base).toFixed(2), place === 0 ? "" : String(target)];
        }),
      ),
    );
  } finally {
    await postgres.stop();
  }
  await measureLoad(dataDir, folder);
}

async function measureLoad(dataDir: string, folder: string): Promise<void> {
  const other = join(dataDir, "loaded");
  await mkdir(other);
  await chmod(other, 0o755);
  await moego(["migrate"], other);
  const seconds = await timeOf(() => moego(["load", join(folder, "csv")], other));
  say(`moego load of the CSV files into a new database: ${seconds.toFixed(1)} s\n`);
}

/** The whole tables, as CSV. */
async function copyTables(superuserUrl: string, folder: string): Promise<void> {
  const url = new URL(superuserUrl);
  url.pathname = "/moego";
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    for (const { name } of exportedTables)
      await client.query(`COPY public."${name}" TO '${join(folder, `${name}.copied`)}' (FORMAT csv, HEADER)`);
  } finally {
    await client.end();
  }
}

async function exportTo(dataDir: string, folder: string, format: string): Promise<void> {
  const path = join(folder, format);
  await rm(path, { recursive: true, force: true });
  await moego(["export", "--company", companyId, "--format", format, "--out", path], dataDir);
}

async function exportOverRest(httpUrl: string): Promise<void> {
  const body = JSON.stringify({ format: "EXPORT_FORMAT_CSV" });
  const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };
  await new Promise<void>((resolve, reject) => {
    const sent = request(`${httpUrl}/v1/admin/companies/${companyId}:export`, { method: "POST", headers });
    sent.on("error", reject).on("response", (response) => {
      let end = "";
      response.on("data", (chunk: Buffer) => {
        end = (end + chunk.toString("latin1")).slice(-2_000);
      });
      response.on("end", () => {
        if (end.includes('"isExportComplete":true')) resolve();
        else reject(new Error(`The export is not complete: ${end}`));
      });
    });
    sent.end(body);
  });
}

async function allowExports(ownerUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  await client.query("UPDATE api_key SET scopes = '{company:export}' WHERE id = 'key_bench'");
  await client.end();
}

async function moego(words: readonly string[], dataDir: string): Promise<void> {
  await promisify(execFile)(process.execPath, ["bin/moego.js", ...words], {
    env: { PATH: process.env["PATH"], DATA_DIR: dataDir },
  });
}

async function timeOf(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1_000;
}
