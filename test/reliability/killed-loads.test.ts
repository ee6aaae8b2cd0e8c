import { access } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { newBackupFolder } from "../backup/backup-file.js";
import { contentOf } from "../backup/compare.js";
import { moegoHere } from "../server/command.js";
import { environmentOf, pause, run, until } from "../server/service.js";
import { createDatabase, type TestDatabase } from "../support/database.js";

let source: TestDatabase;
let folder: Awaited<ReturnType<typeof newBackupFolder>>;
let exported: string;

beforeAll(async () => {
  [source, folder] = await Promise.all([createDatabase(), newBackupFolder()]);
  expect(await moegoHere(["seed"], { ...environmentOf(source), SEED_DEMO: "1" })).toMatchObject({ code: 0 });
  // Enough rows that loading and comparing take a part of the time.
  await source.owner.query(
    `INSERT INTO change (company_id, kind, resource_id, version, rpc, key_id, request_id, changed_time)
     SELECT 'cmp_001', 'customer', 'cus_' || n, 1, 'Rpc', 'key', 'request', now() FROM generate_series(1, 60000) n`,
  );
  exported = join(folder.path, "export");
  expect(await moegoHere(["export", "--company", "cmp_001", "--out", exported], environmentOf(source))).toMatchObject({
    code: 0,
  });
});
afterAll(async () => {
  await Promise.all([source.drop(), folder[Symbol.asyncDispose]()]);
});

const kills = 6;
const words = () => ["load", exported, "--without-opt-out-key"];

async function connected(target: TestDatabase, name: string): Promise<boolean> {
  const { rowCount } = await target.owner.query(
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1",
    [name],
  );
  return rowCount !== 0;
}

const loading = (target: TestDatabase) => connected(target, "moego-load");

it("a load that is killed at any moment leaves nothing, and succeeds when it is repeated", {
  timeout: 240_000,
}, async () => {
  await using measured = await createDatabase();
  const whole = run("bin/moego.js", words(), environmentOf(measured));
  await until(() => loading(measured));
  const startedAt = performance.now();
  await until(async () => !(await loading(measured)), 120_000);
  const durationMs = performance.now() - startedAt;
  expect(await whole.ended).toMatchObject({ code: 0 });
  const wanted = await contentOf(measured.owner);
  let untouched = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    await using target = await createDatabase();
    const empty = await contentOf(target.owner);
    const running = run("bin/moego.js", words(), environmentOf(target));
    await until(async () => (await loading(target)) || running.child.exitCode !== null);
    await pause((durationMs * kill) / kills);
    running.child.kill("SIGKILL");
    await running.ended;
    // The server of the database notices it with the next message, and rolls back.
    await until(async () => !(await loading(target)), 60_000);
    const content = await contentOf(target.owner);
    if (content.get("company") !== empty.get("company")) {
      expect(withoutNumbers(content)).toEqual(withoutNumbers(wanted));
      continue;
    }
    untouched += 1;
    expect(content).toEqual(empty);
    expect(await moegoHere(words(), environmentOf(target))).toMatchObject({ code: 0 });
    expect(withoutNumbers(await contentOf(target.owner))).toEqual(withoutNumbers(wanted));
  }
  expect(untouched).toBeGreaterThan(2);
});

/** Rows of the audit log have numbers and transactions of their database. */
function withoutNumbers(content: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map(content).set("change", (content.get("change") ?? "").split(" ")[0] ?? "");
}

it("an export that is killed leaves no folder of that name", { timeout: 120_000 }, async () => {
  const killed = join(folder.path, "killed");
  const exists = (name: string) =>
    access(name).then(
      () => true,
      () => false,
    );
  const running = run("bin/moego.js", ["export", "--company", "cmp_001", "--out", killed], environmentOf(source));
  await until(() => exists(`${killed}.partial`));
  running.child.kill("SIGKILL");
  await running.ended;
  expect(await exists(killed)).toBe(false);
  const again = await moegoHere(["export", "--company", "cmp_001", "--out", killed], environmentOf(source));
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("delete that folder") });
});
