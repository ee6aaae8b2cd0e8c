import { readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBackupFile } from "../../src/db/backup/read-file.js";
import { moegoHere } from "../server/command.js";
import { environmentOf, secrets } from "../server/service.js";
import { createDatabase, createEmptyDatabase, type TestDatabase } from "../support/database.js";
import { forge, newBackupFolder, readEntries, replaceRows, withFlippedByte, writeEntries } from "./backup-file.js";
import { contentOf } from "./compare.js";

let source: TestDatabase;
let target: TestDatabase;
let folder: Awaited<ReturnType<typeof newBackupFolder>>;
let good: string;

beforeAll(async () => {
  [source, target, folder] = await Promise.all([createDatabase(), createEmptyDatabase(), newBackupFolder()]);
  const seeded = await moegoHere(["seed"], { ...environmentOf(source), SEED_DEMO: "1" });
  expect(seeded.code).toBe(0);
  good = join(folder.path, "good.moego");
  expect(await moegoHere(["backup", good], environmentOf(source))).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await Promise.all([source.drop(), target.drop(), folder[Symbol.asyncDispose]()]);
});

/** Tries to restore the file, which must be refused in these words and change nothing. */
async function expectRefused(file: string, words: string | RegExp, code = 65): Promise<void> {
  const ended = await moegoHere(["restore", file], environmentOf(target));
  expect(ended.stderr).toMatch(words);
  expect(ended).toMatchObject({ code, stdout: expect.not.stringContaining("Restored") });
  expect((await contentOf(target.owner)).size).toBe(0);
}

async function forged(name: string, change: Parameters<typeof forge>[2]): Promise<string> {
  const file = join(folder.path, name);
  await forge(good, file, change);
  return file;
}

describe("moego restore refuses, and changes nothing,", { timeout: 180_000 }, () => {
  it("a file that is shorter than it was, at any length", async () => {
    const { size } = await stat(good);
    const file = join(folder.path, "short.moego");
    for (const length of [0, 1, 100, Math.floor(size / 2), size - 30, size - 1]) {
      await writeFile(file, await readFile(good));
      await truncate(file, length);
      await expectRefused(file, "short.moego is damaged or incomplete");
    }
  });

  it("a file with a changed byte in the rows of a table", async () => {
    const file = join(folder.path, "flipped.moego");
    const bytes = await readFile(good);
    const start = bytes.indexOf("tables/customer.copy") + "tables/customer.copy".length;
    await writeFile(file, await withFlippedByte(good, start + 200));
    await expectRefused(file, "flipped.moego is damaged or incomplete: the rows of customer");
  });

  it("rows or a manifest that do not match their hash", async () => {
    const rows = await forged("rows.moego", (entries) => {
      entries.set("tables/pet.copy", Buffer.from(String(entries.get("tables/pet.copy")).replace("a", "b")));
    });
    await expectRefused(rows, "the rows of pet do not match their hash");
    const entries = await readEntries(good);
    entries.set("manifest.json", Buffer.from(String(entries.get("manifest.json")).replace("pet", "cat")));
    const manifest = join(folder.path, "manifest.moego");
    await writeEntries(manifest, entries);
    await expectRefused(manifest, "manifest.json does not match its hash");
  });

  it("a file without a table, listed or not", async () => {
    const unlisted = await forged("unlisted.moego", (entries, manifest) => {
      entries.delete("tables/pet_note.copy");
      manifest.tables = manifest.tables.filter(({ name }) => name !== "pet_note");
    });
    await expectRefused(unlisted, /tables of the backup do not match its migrations: pet_note \(/);
    const listed = await forged("listed.moego", (entries) => {
      entries.delete("tables/pet_note.copy");
    });
    await expectRefused(listed, "the table pet_note is missing");
    const another = await forged("another.moego", (entries) => {
      entries.set("tables/other.copy", Buffer.from("1\n"));
    });
    await expectRefused(another, "it has an entry that it does not list");
  });

  it("rows that are fewer or other than those that the database hashed", async () => {
    const fewer = await forged("fewer.moego", (entries, manifest) => {
      replaceRows(entries, manifest, { table: "lead_search", change: (rows) => rows.slice(rows.indexOf("\n") + 1) });
    });
    await expectRefused(fewer, "restored table lead_search differs from the original");
    const other = await forged("other.moego", (entries, manifest) => {
      replaceRows(entries, manifest, { table: "company", change: (rows) => rows.replace("US", "FR") });
    });
    await expectRefused(other, "restored table company differs from the original");
  });

  it("rows whose references lead nowhere", async () => {
    const file = await forged("orphans.moego", (entries, manifest) => {
      replaceRows(entries, manifest, { table: "company", change: () => "" });
    });
    await expectRefused(file, "violates foreign key constraint");
  });

  it("a backup of a newer version, and names the migrations that are missing", async () => {
    const file = await forged("newer.moego", (_, manifest) => {
      manifest.migrations.push({ name: "20991231000000_later", checksum: "0".repeat(64) });
    });
    await expectRefused(file, "made by a newer version");
    await expectRefused(file, "20991231000000_later");
    const changed = await forged("changed.moego", (_, manifest) => {
      const [first] = manifest.migrations;
      if (first) first.checksum = "0".repeat(64);
    });
    await expectRefused(changed, "different migrations of the name 20261122000000_init");
    const format = await forged("format.moego", (_, manifest) => {
      manifest.formatVersion = 2;
    });
    await expectRefused(format, "has an unknown format");
  });

  it("another SECRET_KEY, unless it is a previous one or said to be lost", async () => {
    const environment = { ...environmentOf(target), SECRET_KEY: Buffer.alloc(32, 8).toString("base64") };
    const refused = await moegoHere(["restore", good], environment);
    expect(refused).toMatchObject({ code: 78, stderr: expect.stringContaining("SECRET_KEY is not the key of this") });
    expect(refused.stderr).not.toContain(environment.SECRET_KEY);
    const known = await moegoHere(["restore", good, "--check"], {
      ...environment,
      SECRET_KEY_PREVIOUS: secrets.SECRET_KEY,
      PAGE_TOKEN_SECRET: "another-secret-of-page-tokens-of-this-test",
    });
    expect(known).toMatchObject({ code: 0, stderr: expect.stringContaining("PAGE_TOKEN_SECRET is not the secret") });
    const lost = await moegoHere(["restore", good, "--check", "--without-secret-key"], environment);
    expect(lost).toMatchObject({ code: 0, stderr: "" });
  });

  it("a file that is absent, and arguments that are not one file", async () => {
    await expectRefused(join(folder.path, "absent.moego"), "ENOENT", 66);
    for (const words of [["restore"], ["restore", "a", "b"], ["backup"], ["backup", "a", "--nothing"]])
      expect(await moegoHere(words, environmentOf(target))).toMatchObject({ code: 64 });
  });
});

it("no changed byte anywhere in a file makes other rows", { timeout: 180_000 }, async () => {
  const { size } = await stat(good);
  const file = join(folder.path, "any.moego");
  const { manifest } = await openBackupFile(good);
  let refused = 0;
  for (let attempt = 0; attempt < 150; attempt += 1) {
    await writeFile(file, await withFlippedByte(good, Math.floor(((attempt + 0.5) * size) / 150)));
    try {
      await using opened = await openBackupFile(file);
      await opened.verify(() => {});
      // What is not rows: times and checksums of the container.
      expect(opened.manifest).toEqual(manifest);
    } catch (error) {
      expect(String(error)).toMatch(/is damaged or incomplete|Cannot read/);
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(75);
});
