import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { moegoHere } from "../server/command.js";
import { environmentOf, pause, run, until } from "../server/service.js";
import { createDatabase, type TestDatabase } from "../support/database.js";
import { dumpOf } from "../support/tenant-dump.js";
import { randomOf, record, times } from "./run.js";

let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  [database, folder] = await Promise.all([createDatabase(), mkdtemp(join(tmpdir(), "killed-imports-"))]);
});
afterAll(() => Promise.all([database.drop(), rm(folder, { recursive: true })]));

/** A file in which every third owner has a second pet in the next row, and every hundredth row has no phone. */
async function writeRows(rows: number): Promise<ImportedFile> {
  const lines = ["First Name,Last Name,Phone,Email,Zip,Pet Name,Species,Breed,Weight"];
  let [owners, pets, failed, repeated] = [0, 0, 0, false];
  for (let row = 0; row < rows; row += 1) {
    if (!repeated) owners += 1;
    const isRefused = row % 100 === 99;
    const phone = isRefused ? "" : String(2_120_000_000 + 2_000_000 + owners);
    lines.push(`Anna,Lee${owners},${phone},a${owners}@example.com,10001,Rex${row},Dog,Poodle,12 lb`);
    if (isRefused) failed += 1;
    else pets += 1;
    if (isRefused && !repeated) owners -= 1;
    repeated = !isRefused && !repeated && row % 3 === 0 && row % 100 !== 98;
  }
  const path = join(folder, `owners-${rows}.csv`);
  await writeFile(path, `${lines.join("\n")}\n`);
  return { path, rows, owners, pets, failed };
}

interface ImportedFile {
  readonly path: string;
  readonly rows: number;
  readonly owners: number;
  readonly pets: number;
  readonly failed: number;
}

async function newCompany(id: string): Promise<void> {
  const named = ["--id", id, "--name", "Test", "--country", "US", "--time-zone", "America/New_York"];
  expect(await moegoHere(["companies", "create", ...named], environmentOf(database))).toMatchObject({ code: 0 });
  const location = ["--company", id, "--id", "biz_1", "--name", "Main Street"];
  expect(await moegoHere(["businesses", "create", ...location], environmentOf(database))).toMatchObject({ code: 0 });
}

async function count(company: string, table: "customer" | "pet" | "import_job"): Promise<number> {
  const { rows } = await database.owner.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM ${table} WHERE company_id = $1`,
    [company],
  );
  return rows[0]?.count ?? 0;
}

/** Owners and pets of which the company has more than one. */
async function countDoubled(company: string): Promise<number> {
  const { rows } = await database.owner.query<{ count: number }>(
    `SELECT ((SELECT count(*) FROM (SELECT phone FROM customer WHERE company_id = $1 GROUP BY phone
        HAVING count(*) > 1) AS c)
      + (SELECT count(*) FROM (SELECT name FROM pet WHERE company_id = $1 GROUP BY name HAVING count(*) > 1) AS p))::int
      AS count`,
    [company],
  );
  return rows[0]?.count ?? 0;
}

interface Kills {
  readonly company: string;
  readonly file: ImportedFile;
  readonly kills: number;
  readonly script?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

function wordsOf(company: string, { path }: ImportedFile): string[] {
  return ["import", "customers", path, "--company", company, "--location", "biz_1"];
}

/** Waits in proportion to the count, so that counting many rows does not slow the import down. */
async function hasReached(company: string, target: number): Promise<boolean> {
  const started = performance.now();
  const isReached = (await count(company, "pet")) >= target;
  if (!isReached) await pause(10 * (performance.now() - started));
  return isReached;
}

/** Runs an import again and again, and kills it after it has stored a part of what was left. Returns how often it ran. */
async function killAgainAndAgain({ company, file, kills, script = "bin/moego.js", environment = {} }: Kills) {
  const random = randomOf(`kills of ${company}`);
  let killed = 0;
  while (killed < kills) {
    const stored = await count(company, "pet");
    const part = (file.pets - Math.min(stored, file.pets)) / (kills - killed + 1);
    // Some kills come while rows of earlier runs are skipped, or before anything is read.
    const target = random.below(5) === 0 ? stored : stored + 1 + random.below(Math.max(1, Math.floor(part)));
    const running = run(script, wordsOf(company, file), { ...environmentOf(database), ...environment });
    if (target === stored) await pause(300 + random.below(700));
    await until(async () => (await hasReached(company, target)) || running.child.exitCode !== null, 600_000);
    await pause(random.below(20));
    running.child.kill("SIGKILL");
    const { code, stderr } = await running.ended;
    if (code !== null) throw new Error(`The import ended before it was killed: ${stderr}`);
    killed += 1;
  }
  return killed;
}

describe("an import that is killed at any moment", () => {
  it("R6 ends exact when it is run again, changes nothing after that, and is undone as a whole", async (context) => {
    const company = "cmp_killed";
    await newCompany(company);
    const environment = environmentOf(database);
    const file = await writeRows(times({ short: 1_000, long: 200_000 }));
    const words = wordsOf(company, file);
    const kills = times({ short: 2, long: 20 });
    expect(await moegoHere([...words, "--dry-run"], environment)).toMatchObject({ code: 1 });
    const before = withoutJobs(await dumpOf(database.owner, company));
    const killed = await killAgainAndAgain({ company, file, kills });
    const last = await moegoHere(words, environment);
    const [, created, skipped] = /= (\d+) created \+ 0 updated \+ (\d+) skipped/.exec(last.stdout) ?? [];
    const stored = { owners: await count(company, "customer"), pets: await count(company, "pet") };
    const doubled = await countDoubled(company);
    const dump = withoutJobs(await dumpOf(database.owner, company));
    const again = await moegoHere(words, environment);
    const changed = withoutJobs(await dumpOf(database.owner, company));
    const jobs = (await database.owner.query("SELECT id, state FROM import_job WHERE company_id = $1", [company])).rows;
    const job = /Import (job_\w+)/.exec(last.stdout)?.[1] ?? "";
    const undone = await moegoHere(["import", "undo", job, "--company", company], environment);
    const left = withoutJobs(await dumpOf(database.owner, company));
    const isRestored = JSON.stringify(left) === JSON.stringify(before);
    record(context, {
      id: "R6",
      done: `an import of ${file.rows} rows, ${killed} times kill -9, then run to its end, run again, and undone`,
      seen: `${stored.owners} owners and ${stored.pets} pets of ${file.owners} and ${file.pets}, ${doubled} doubled; last run ${created} created + ${skipped} skipped + ${file.failed} failed; undo ${isRestored ? "restored" : "did not restore"} the dump of all tables`,
      must: "all rows once, the same dump as before the import",
    });
    expect(killed).toBe(kills);
    expect(stored).toEqual({ owners: file.owners, pets: file.pets });
    expect(doubled).toBe(0);
    expect(Number(created) + Number(skipped) + file.failed).toBe(file.rows);
    expect(last.stdout).toContain(`+ ${file.failed} failed.`);
    expect(again.stdout).toContain(
      `= 0 created + 0 updated + ${file.rows - file.failed} skipped + ${file.failed} failed.`,
    );
    expect(changed).toEqual(dump);
    // The runs that were killed and the one that ended are one import.
    expect(jobs.filter(({ id }) => id === job)).toMatchObject([{ state: "DONE" }]);
    expect(jobs).toHaveLength(2);
    expect(undone).toMatchObject({ code: 0, stdout: expect.not.stringContaining("Left"), stderr: "" });
    expect(left).toEqual(before);
  });

  it("R6 control: without its ids and entries it stores rows twice", async (context) => {
    const company = "cmp_unremembered";
    await newCompany(company);
    const file = await writeRows(1_500);
    const hook = pathToFileURL(join(import.meta.dirname, "unremembered.mjs")).href;
    const environment = { NODE_OPTIONS: `--import ${hook}` };
    const killed = await killAgainAndAgain({ company, file, kills: 2, script: "dist/cli/moego.js", environment });
    const doubled = await countDoubled(company);
    record(context, {
      id: "R6 control",
      done: `an import of ${file.rows} rows, ${killed} times kill -9, that does not find what it has stored`,
      seen: `${doubled} owners and pets doubled`,
      must: "some",
    });
    expect(doubled).toBeGreaterThan(0);
  });
});

/** Every run of an import leaves a row that says so, and the first one a key of the company for the ids of its records. */
function withoutJobs({
  import_job: _,
  import_record: __,
  company_secret: ___,
  ...dump
}: Awaited<ReturnType<typeof dumpOf>>) {
  return dump;
}
