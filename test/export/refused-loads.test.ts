import { cp, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newBackupFolder, withFlippedByte } from "../backup/backup-file.js";
import { contentOf } from "../backup/compare.js";
import { moegoHere } from "../server/command.js";
import { createDatabase, type TestDatabase } from "../support/database.js";
import { startServer } from "../support/server.js";
import { fillCompany } from "../support/whole-company.js";
import { done, environmentBeside, forgeTable, manifestOf, writeManifest } from "./exported-company.js";

const server = await startServer();
const folder = await newBackupFolder();
const environment = environmentBeside(server.database);
const at = (name: string) => join(folder.path, name);
const keyFile = at("key.env");
let target: TestDatabase;

beforeAll(async () => {
  target = await createDatabase();
  await fillCompany(server);
  await done(["secrets", "export", keyFile, "--company", "cmp_a"], environment);
  for (const format of ["csv", "jsonl"])
    await done(["export", "--company", "cmp_a", "--format", format, "--out", at(format)], environment);
});
afterAll(async () => {
  await folder[Symbol.asyncDispose]();
  await target.drop();
  await server.stop();
});

let copies = 0;

/** A load of a changed copy, which must fail and change nothing. */
async function refusal(
  from: string,
  change: (copy: string) => Promise<void>,
  words: readonly string[] = ["--opt-out-key", keyFile],
): Promise<string> {
  copies += 1;
  const copy = at(`copy-${copies}`);
  await cp(at(from), copy, { recursive: true });
  await change(copy);
  const before = await contentOf(target.owner);
  const ended = await moegoHere(["load", copy, ...words], environmentBeside(target));
  expect(ended).toMatchObject({ code: 65, stdout: "" });
  expect(await contentOf(target.owner)).toEqual(before);
  return ended.stderr;
}

const unchanged = async () => {};

describe("a load is refused, and changes nothing,", () => {
  it("of files that are missing, cut or altered", async () => {
    const cases = [
      [(copy: string) => rm(join(copy, "pet.csv")), "pet.csv is missing"],
      [(copy: string) => truncate(join(copy, "customer.csv"), 300), "customer.csv has 300 bytes"],
      [
        async (copy: string) =>
          writeFile(join(copy, "customer.csv"), await withFlippedByte(join(copy, "customer.csv"), 900)),
        "customer.csv does not match its hash",
      ],
      [(copy: string) => rm(join(copy, "manifest.json")), "manifest.json or its hash is missing"],
      [(copy: string) => truncate(join(copy, "manifest.json"), 900), "manifest.json does not match its hash"],
    ] as const;
    for (const [change, message] of cases) expect(await refusal("csv", change)).toContain(message);
  });

  it("of a company that the database has already", async () => {
    await using full = await createDatabase();
    const there = environmentBeside(full);
    await done(["load", at("csv"), "--opt-out-key", keyFile], there);
    const before = await contentOf(full.owner);
    const again = await moegoHere(["load", at("jsonl"), "--opt-out-key", keyFile], there);
    expect(again).toMatchObject({ code: 73, stderr: expect.stringContaining("already contains the company") });
    expect(await contentOf(full.owner)).toEqual(before);
  });

  it("of a company with a key of opt-outs without it, or with another one", async () => {
    expect(await refusal("csv", unchanged, [])).toContain("moego secrets export FILE --company ID");
    const other = at("other.env");
    await writeFile(other, `OPT_OUT_KEY=${Buffer.alloc(32, 1).toString("base64")}\n`);
    expect(await refusal("csv", unchanged, ["--opt-out-key", other])).toContain("is not the key");
    await writeFile(other, "OPT_OUT_KEY=short\n");
    expect(await refusal("csv", unchanged, ["--opt-out-key", other])).toContain("has no OPT_OUT_KEY");
  });

  it("of one person, and of other tables or columns", async () => {
    await done(["export", "--company", "cmp_a", "--person", "cus_a1", "--out", at("person")], environment);
    expect(await refusal("person", unchanged)).toContain("export of one person");
    const withoutOne = async (copy: string) => {
      const manifest = await manifestOf(copy);
      await writeManifest(copy, { ...manifest, tables: manifest.tables.slice(1) });
    };
    expect(await refusal("csv", withoutOne)).toContain("other tables or columns");
  });

  it("of rows that the database would not export again, though every hash was made right", async () => {
    const named = (text: string) => text.replace('"first_name":', '"company_id":"cmp_b","first_name":');
    expect(await refusal("jsonl", (copy) => forgeTable(copy, "customer", named))).toContain("would not be those");
    const twice = (text: string) =>
      `${text}${text.replace('"cmp_a"', '"cmp_other"').replace(/"raw_id":\d+/, '"raw_id":1')}`;
    expect(await refusal("jsonl", (copy) => forgeTable(copy, "company", twice))).toContain("exactly the company");
    const renamed = (text: string) => text.replace('"cmp_a"', '"cmp_other"');
    expect(await refusal("jsonl", (copy) => forgeTable(copy, "company", renamed))).toContain("exactly the company");
    const shuffled = (text: string) => text.trimEnd().split("\n").toReversed().join("\n").concat("\n");
    expect(await refusal("jsonl", (copy) => forgeTable(copy, "customer", shuffled))).toContain("would not be those");
    const guarded = (text: string) => text.replace("\ncus_a1,", "\n'cus_a1,");
    expect(await refusal("csv", (copy) => forgeTable(copy, "customer", guarded))).toContain("would not be those");
  });

  it("of rows that refer to others which are not in the export, in plain words and without their values", async () => {
    const orphans = (text: string) => text.replaceAll('"customer_id":"cus_a1"', '"customer_id":"cus_absent"');
    const told = await refusal("jsonl", (copy) => forgeTable(copy, "customer_note", orphans));
    expect(told).toContain("refuses rows of customer_note (customer_note_customer_fkey)");
    expect(told).not.toContain("cus_absent");
    const malformed = (text: string) => text.replace('"version":1', '"version":"one"');
    const unread = await refusal("jsonl", (copy) => forgeTable(copy, "customer", malformed));
    expect(unread).toContain("refuses rows of customer (SQLSTATE 22P02)");
  });

  it("by a login that does not own the tables", async () => {
    const login = { ...environmentBeside(target), DATABASE_MIGRATION_URL: "" };
    const refused = await moegoHere(["load", at("csv"), "--opt-out-key", keyFile], login);
    expect(refused).toMatchObject({ code: 77, stderr: expect.stringContaining("Set DATABASE_MIGRATION_URL") });
  });
});

it("a lost key of opt-outs is no obstacle if the operator says so", async () => {
  await using empty = await createDatabase();
  await done(["load", at("csv"), "--without-opt-out-key"], environmentBeside(empty));
  expect((await empty.owner.query("SELECT count(*)::int AS rows FROM company_secret")).rows).toEqual([{ rows: 0 }]);
});
