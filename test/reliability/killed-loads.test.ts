import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { newBackupFolder } from "../backup/backup-file.js";
import { contentOf } from "../backup/compare.js";
import { addManyRows, seed } from "../backup/seeded.js";
import { moegoHere } from "../server/command.js";
import { environmentOf } from "../server/service.js";
import { createDatabase, type TestDatabase } from "../support/database.js";
import { connectedTime, exists, killAfter, killWhileWriting } from "./killed-commands.js";

let source: TestDatabase;
let folder: Awaited<ReturnType<typeof newBackupFolder>>;
let exported: string;

beforeAll(async () => {
  [source, folder] = await Promise.all([createDatabase(), newBackupFolder()]);
  await seed(source);
  await addManyRows(source);
  exported = join(folder.path, "export");
  expect(await moegoHere(["export", "--company", "cmp_001", "--out", exported], environmentOf(source))).toMatchObject({
    code: 0,
  });
});
afterAll(async () => {
  await Promise.all([source.drop(), folder[Symbol.asyncDispose]()]);
});

const kills = 6;
const load = () => ({ words: ["load", exported, "--without-opt-out-key"], applicationName: "moego-load" });

it("a load that is killed at any moment leaves nothing, and succeeds when it is repeated", async () => {
  await using measured = await createDatabase();
  const durationMs = await connectedTime(load(), measured);
  const wanted = await contentOf(measured.owner);
  let untouched = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    await using target = await createDatabase();
    const empty = await contentOf(target.owner);
    await killAfter(load(), target, (durationMs * kill) / kills);
    const content = await contentOf(target.owner);
    if (content.get("company") !== empty.get("company")) {
      expect(withoutNumbers(content)).toEqual(withoutNumbers(wanted));
      continue;
    }
    untouched += 1;
    expect(content).toEqual(empty);
    expect(await moegoHere(load().words, environmentOf(target))).toMatchObject({ code: 0 });
    expect(withoutNumbers(await contentOf(target.owner))).toEqual(withoutNumbers(wanted));
  }
  expect(untouched).toBeGreaterThan(2);
});

/** Rows of the audit log have numbers and transactions of their database. */
function withoutNumbers(content: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map(content).set("change", (content.get("change") ?? "").split(" ")[0] ?? "");
}

it("an export that is killed leaves no folder of that name", async () => {
  const killed = join(folder.path, "killed");
  const words = ["export", "--company", "cmp_001", "--out", killed];
  await killWhileWriting(words, killed, source);
  expect(await exists(killed)).toBe(false);
  const again = await moegoHere(words, environmentOf(source));
  expect(again).toMatchObject({ code: 73, stderr: expect.stringContaining("delete that folder") });
});
