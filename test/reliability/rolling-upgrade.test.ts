import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { migrate } from "../../src/db/migrate/migrate.js";
import { migrationsDirectory } from "../../src/db/migrate/migration-files.js";
import { until } from "../server/service.js";
import { newestRelease } from "../support/releases.js";
import { effectsOf, sendOnce } from "./exactly-once.js";
import { randomOf, record, times } from "./run.js";
import { startLoad } from "./upgrade/load.js";
import { openPlace, type Place } from "./upgrade/place.js";
import { type Build, buildCommit } from "./upgrade/previous-build.js";
import { firstPages, nextPages } from "./upgrade/rounds.js";
import { startBuild } from "./upgrade/running-build.js";
import { type Acknowledged, isSame } from "./upgrade/session.js";

const random = randomOf("U1");
const clients = 6;
const sideBySideMs = times({ short: 30_000, long: 600_000 });
const aloneMs = 4_000;
/** Other test files share the machine. */
const patienceMs = 120_000;

const { previousBuild: commit } = await newestRelease();
let previous: Build;

beforeAll(async () => {
  previous = await buildCommit(commit);
}, 300_000);
afterAll(() => previous?.[Symbol.asyncDispose]());

/** The load creates more of these than the limits of a company let it. */
const roomForWrites = {
  MAX_EXTERNAL_APIS: "100000",
  MAX_IVR_FLOWS: "100000",
  MAX_API_KEYS: "100000",
  MAX_TAGS: "5000",
};

it("U1: the previous build and this one serve one database side by side, and no request fails", async (context) => {
  await using place = await openPlace(previous, random);
  const { session, serving, tenant } = place;
  await using load = startLoad(session, place.rounds, clients);
  await sleep(aloneMs);
  await until(() => session.acknowledged.length >= 20, patienceMs);
  const before = [...session.acknowledged];
  const pages = await firstPages(session, tenant);
  // Its start migrates the database, under the load of the previous build.
  await using present = await startBuild(".", { ...place.environment, ...roomForWrites });
  const upgraded = { ...tenant, httpUrl: present.httpUrl };
  serving.push(upgraded);
  const notReplayed = await notReplayedBy(place, upgraded.httpUrl, before);
  await nextPages(session, upgraded, pages);
  await sleep(sideBySideMs);
  serving.shift();
  await load.nextRound(patienceMs);
  const { code } = await place.build.stop();
  await sleep(aloneMs);
  await load.stop();
  const writes = session.acknowledged.map(({ write }) => write);
  const effects = await effectsOf(place.database.owner, tenant, writes);
  const notOnce = effects.filter(({ count }) => count !== 1).length;
  const { calls, retries, pages: followed } = session.counts;
  const [old = 0, now = 0] = [tenant, upgraded].map(({ httpUrl }) => calls.get(httpUrl));
  record(context, {
    id: "U1",
    done: `${clients} clients; commit ${commit.slice(0, 7)} and this build side by side for ${sideBySideMs / 1_000} s, after ${await migrationsOf(previous)} migrations under load; ${old} requests to the previous build, ${now} to this one, ${retries} writes sent to both with one key, ${followed} pages by a token of the other`,
    seen: `${load.failures.length} failed; ${notReplayed.length} of ${before.length} writes from before the upgrade not replayed after it; ${notOnce} of ${writes.length} writes without exactly one effect; exit ${code}`,
    must: "0 failed, 0 not replayed, 0 without exactly one effect, exit 0",
  });
  expect(load.failures.slice(0, 5)).toEqual([]);
  expect(notReplayed.slice(0, 5)).toEqual([]);
  expect(notOnce).toBe(0);
  expect(code).toBe(0);
  expect(Math.min(old, now, retries, followed)).toBeGreaterThan(50);
}, 1_200_000);

it("U1 control: requests to the previous build fail when a migration takes away what it uses", async (context) => {
  await using place = await openPlace(previous, random);
  await using load = startLoad(place.session, place.rounds, clients);
  await sleep(1_000);
  const failedBefore = load.failures.length;
  const renaming = "ALTER TABLE customer RENAME COLUMN last_name TO family_name;";
  await withMigration(renaming, (directory) => migrate({ url: place.database.ownerUrl, directory }));
  // A control that sees nothing says so by its figure, not by this wait.
  await until(() => load.failures.length > failedBefore, patienceMs).catch(() => {});
  await load.stop();
  const failed = load.failures.length - failedBefore;
  record(context, {
    id: "U1 control",
    done: `${clients} clients of commit ${commit.slice(0, 7)}, while a migration renames a column`,
    seen: `${failedBefore} failed before, ${failed} after`,
    must: "0 before, some after",
  });
  expect(failedBefore).toBe(0);
  expect(failed).toBeGreaterThan(0);
});

it("U1: a shallow clone fails and says what to do", async () => {
  await using folder = await temporaryFolder();
  await promisify(execFile)("git", ["clone", "--quiet", "--depth", "1", `file://${resolve(".")}`, folder.path]);
  await expect(buildCommit(commit, folder.path)).rejects.toThrow(/shallow clone without .* `git fetch --unshallow`/);
});

/** Sends writes again with their keys, to a process that did not answer them. */
async function notReplayedBy(place: Place, httpUrl: string, acknowledged: readonly Acknowledged[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const { write, key, answer } of acknowledged) {
    const again = await sendOnce({ ...place.tenant, httpUrl }, write.call, key);
    if (again.status === 200 && again.replayed && isSame(again.body, answer.body)) continue;
    wrong.push(`${write.kind.name}: ${answer.text}\nthen ${again.status} ${again.text}`);
  }
  return wrong;
}

/** How many migrations this build has and the other one does not. */
async function migrationsOf({ directory }: Build): Promise<number> {
  const known = new Set(await readdir(join(directory, "prisma/migrations")));
  return (await readdir(migrationsDirectory)).filter((name) => !known.has(name)).length;
}

/** Lends a directory with the migrations of this build and one more. */
async function withMigration(sql: string, use: (directory: string) => Promise<unknown>): Promise<void> {
  await using folder = await temporaryFolder();
  await cp(migrationsDirectory, folder.path, { recursive: true });
  const last = join(folder.path, "99990101000000_last");
  await mkdir(last);
  await writeFile(join(last, "migration.sql"), sql);
  await use(folder.path);
}

async function temporaryFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "moego-upgrade-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
