import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newBackupFolder } from "../backup/backup-file.js";
import { contentOf, schemaOf } from "../backup/compare.js";
import { addManyRows, seed } from "../backup/seeded.js";
import { moegoHere } from "../server/command.js";
import { environmentOf, until } from "../server/service.js";
import { createDatabase, createEmptyDatabase, type TestDatabase } from "../support/database.js";
import { connectedTime, exists, killAfter, killWhileWriting } from "./killed-commands.js";
import { record } from "./run.js";

let source: TestDatabase;
let folder: Awaited<ReturnType<typeof newBackupFolder>>;
let file: string;

beforeAll(async () => {
  [source, folder] = await Promise.all([createDatabase(), newBackupFolder()]);
  await seed(source);
  await addManyRows(source);
  file = join(folder.path, "backup.moego");
  expect(await moegoHere(["backup", file], environmentOf(source))).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await Promise.all([source.drop(), folder[Symbol.asyncDispose]()]);
});

const kills = 6;
const replacingKills = 4;

const restore = (...options: string[]) => ({ words: ["restore", file, ...options], applicationName: "moego-restore" });

describe("a restore that is killed at any moment", { timeout: 240_000 }, () => {
  it("B1: leaves an empty database empty, or is complete, and succeeds when it is repeated", async (context) => {
    const wanted = await contentOf(source.owner);
    await using measured = await createEmptyDatabase();
    const durationMs = await connectedTime(restore(), measured);
    expect(await contentOf(measured.owner)).toEqual(wanted);
    await using target = await createEmptyDatabase();
    let [untouched, partial] = [0, 0];
    for (let kill = 0; kill < kills; kill += 1) {
      await killAfter(restore("--replace"), target, (durationMs * kill) / kills);
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
    expect(await moegoHere(restore("--replace").words, environmentOf(target))).toMatchObject({ code: 0 });
    expect(await contentOf(target.owner)).toEqual(wanted);
    expect(await schemaOf(target.owner)).toEqual(await schemaOf(source.owner));
  });

  it("B2: leaves the rows that it was to replace, or has replaced them all", async (context) => {
    const wanted = await contentOf(source.owner);
    await using target = await createDatabase();
    await seed(target);
    await target.owner.query("UPDATE company SET name = 'Before'");
    const before = await contentOf(target.owner);
    let [untouched, partial] = [0, 0];
    for (let kill = 0; kill < replacingKills; kill += 1) {
      await killAfter(restore("--replace"), target, 150 + kill * 700);
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
  await killWhileWriting(["backup", killed], killed, source);
  expect(await exists(killed)).toBe(false);
  await until(async () => {
    const again = await moegoHere(["backup", killed], environmentOf(source));
    return again.code === 0; // once the killed one has lost its lock
  });
  expect(await exists(`${killed}.partial`)).toBe(false);
});
