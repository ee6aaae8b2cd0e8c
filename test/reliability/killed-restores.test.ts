import { access } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newBackupFolder } from "../backup/backup-file.js";
import { contentOf, schemaOf } from "../backup/compare.js";
import { moegoHere } from "../server/command.js";
import { environmentOf, pause, run, until } from "../server/service.js";
import { createDatabase, createEmptyDatabase, type TestDatabase } from "../support/database.js";
import { record } from "./run.js";

let source: TestDatabase;
let folder: Awaited<ReturnType<typeof newBackupFolder>>;
let file: string;

beforeAll(async () => {
  [source, folder] = await Promise.all([createDatabase(), newBackupFolder()]);
  expect(await moegoHere(["seed"], { ...environmentOf(source), SEED_DEMO: "1" })).toMatchObject({ code: 0 });
  // Enough rows that loading and comparing take a part of the time.
  await source.owner.query(
    `INSERT INTO change (company_id, kind, resource_id, version, rpc, key_id, request_id, changed_time)
     SELECT 'cmp_001', 'customer', 'cus_' || n, 1, 'Rpc', 'key', 'request', now() FROM generate_series(1, 60000) n`,
  );
  file = join(folder.path, "backup.moego");
  expect(await moegoHere(["backup", file], environmentOf(source))).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await Promise.all([source.drop(), folder[Symbol.asyncDispose]()]);
});

const kills = 6;
const replacingKills = 4;

/** Starts a restore and kills it after its transaction has run for a part of the time. */
async function killedAfter(words: readonly string[], target: TestDatabase, delayMs: number): Promise<void> {
  const running = run("bin/moego.js", words, environmentOf(target));
  await until(async () => (await restoring(target)) > 0 || running.child.exitCode !== null);
  await pause(delayMs);
  running.child.kill("SIGKILL");
  await running.ended;
  // The server of the database notices it with the next message, and rolls back.
  await until(async () => (await restoring(target)) === 0, 60_000);
}

async function restoring(target: TestDatabase): Promise<number> {
  const { rows } = await target.owner.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'moego-restore'`,
  );
  return rows[0]?.count ?? 0;
}

/** How long the transaction of a whole restore takes. */
async function timeOf(words: readonly string[], target: TestDatabase): Promise<number> {
  const running = run("bin/moego.js", words, environmentOf(target));
  await until(async () => (await restoring(target)) > 0);
  const startedAt = performance.now();
  await until(async () => (await restoring(target)) === 0, 120_000);
  const durationMs = performance.now() - startedAt;
  expect(await running.ended).toMatchObject({ code: 0 });
  return durationMs;
}

describe("a restore that is killed at any moment", { timeout: 240_000 }, () => {
  it("B1: leaves an empty database empty, or is complete, and succeeds when it is repeated", async (context) => {
    const wanted = await contentOf(source.owner);
    await using measured = await createEmptyDatabase();
    const durationMs = await timeOf(["restore", file], measured);
    expect(await contentOf(measured.owner)).toEqual(wanted);
    await using target = await createEmptyDatabase();
    let [untouched, partial] = [0, 0];
    for (let kill = 0; kill < kills; kill += 1) {
      await killedAfter(["restore", file, "--replace"], target, (durationMs * kill) / kills);
      const content = await contentOf(target.owner);
      if (content.size === 0) untouched += 1;
      else if (!isDeepStrictEqual(content, wanted)) partial += 1;
    }
    record(context, {
      id: "B1",
      done: `\`moego restore\` killed ${kills} times in an empty database`,
      seen: `${untouched} times still empty, ${partial} times a part`,
      must: "never a part",
    });
    expect(partial).toBe(0);
    expect(untouched).toBeGreaterThan(1);
    expect(await moegoHere(["restore", file, "--replace"], environmentOf(target))).toMatchObject({ code: 0 });
    expect(await contentOf(target.owner)).toEqual(wanted);
    expect(await schemaOf(target.owner)).toEqual(await schemaOf(source.owner));
  });

  it("B2: leaves the rows that it was to replace, or has replaced them all", async (context) => {
    const wanted = await contentOf(source.owner);
    await using target = await createDatabase();
    expect(await moegoHere(["seed"], { ...environmentOf(target), SEED_DEMO: "1" })).toMatchObject({ code: 0 });
    await target.owner.query("UPDATE company SET name = 'Before'");
    const before = await contentOf(target.owner);
    let [untouched, partial] = [0, 0];
    for (let kill = 0; kill < replacingKills; kill += 1) {
      await killedAfter(["restore", file, "--replace"], target, 150 + kill * 700);
      const content = await contentOf(target.owner);
      if (isDeepStrictEqual(content, before)) untouched += 1;
      else if (!isDeepStrictEqual(content, wanted)) partial += 1;
    }
    record(context, {
      id: "B2",
      done: `\`moego restore --replace\` killed ${replacingKills} times in a database with data`,
      seen: `${untouched} times as before, ${partial} times a mixture`,
      must: "never a mixture",
    });
    expect(partial).toBe(0);
    expect(untouched).toBeGreaterThan(0);
  });
});

it("a backup that is killed leaves no file of that name", { timeout: 120_000 }, async () => {
  const killed = join(folder.path, "killed.moego");
  const running = run("bin/moego.js", ["backup", killed], environmentOf(source));
  const exists = (name: string) =>
    access(name).then(
      () => true,
      () => false,
    );
  await until(() => exists(`${killed}.partial`));
  running.child.kill("SIGKILL");
  await running.ended;
  expect(await exists(killed)).toBe(false);
  await until(async () => {
    const again = await moegoHere(["backup", killed], environmentOf(source));
    return again.code === 0; // once the killed one has lost its lock
  });
  expect(await exists(`${killed}.partial`)).toBe(false);
});
