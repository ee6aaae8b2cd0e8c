import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exportedTables } from "../../src/resources/exports/exported-tables.columns.js";
import { newBackupFolder } from "../backup/backup-file.js";
import { createDatabase } from "../support/database.js";
import { startServer } from "../support/server.js";
import { fillCompany, rowsByTable } from "../support/whole-company.js";
import { done, dumpOfCompany, environmentBeside, filesOf, manifestOf, tablesOf } from "./exported-company.js";

const server = await startServer();
const folder = await newBackupFolder();
afterAll(async () => {
  await folder[Symbol.asyncDispose]();
  await server.stop();
});

const environment = environmentBeside(server.database);
const at = (name: string) => join(folder.path, name);
const keyFile = at("key.env");

beforeAll(async () => {
  await fillCompany(server);
  await done(["secrets", "export", keyFile, "--company", "cmp_a"], environment);
});

it("the company of these tests has rows in every table of an export", async () => {
  const counts = await rowsByTable(server.database, exportedTables);
  expect([...counts].filter(([, rows]) => rows === 0).map(([name]) => name)).toEqual([]);
});

describe.each(["csv", "jsonl"])("an export as %s, loaded into an empty database", (format) => {
  it("is the same company: its export has the same bytes, and both databases have the same rows", async () => {
    await using target = await createDatabase();
    const there = environmentBeside(target);
    const [first, second] = [at(`first-${format}`), at(`second-${format}`)];
    const words = ["export", "--company", "cmp_a", "--format", format, "--out"];
    await done([...words, first], environment);
    const loaded = await done(["load", first, "--opt-out-key", keyFile], there);
    expect(loaded).toContain("Loaded company cmp_a:");
    expect(await dumpOfCompany(target.owner, "cmp_a")).toEqual(await dumpOfCompany(server.database.owner, "cmp_a"));
    await done([...words, second], there);
    expect(await tablesOf(second)).toEqual(await tablesOf(first));
    const [before, after] = [await manifestOf(first), await manifestOf(second)];
    expect(after).toEqual({ ...before, snapshotTime: after.snapshotTime });
  });

  it("keeps the opt-outs: the installation has the same key of their hashes, encrypted with its own", async () => {
    await using target = await createDatabase();
    const there = { ...environmentBeside(target), SECRET_KEY: Buffer.alloc(32, 5).toString("base64") };
    await done(["load", at(`first-${format}`), "--opt-out-key", keyFile], there);
    const again = at(`again-${format}.env`);
    await done(["secrets", "export", again, "--company", "cmp_a"], there);
    expect(await readFile(again)).toEqual(await readFile(keyFile));
  });
});

it("two companies are loaded one after another, and neither changes the other", async () => {
  await using target = await createDatabase();
  const there = environmentBeside(target);
  for (const company of ["cmp_b", "cmp_quota"])
    await done(["export", "--company", company, "--out", at(company)], environment);
  await done(["load", at("cmp_b")], there);
  const before = await dumpOfCompany(target.owner, "cmp_b");
  await done(["load", at("first-csv"), "--opt-out-key", keyFile], there);
  await done(["load", at("cmp_quota")], there);
  expect(await dumpOfCompany(target.owner, "cmp_b")).toEqual(before);
  expect(before).toEqual(await dumpOfCompany(server.database.owner, "cmp_b"));
  for (const company of ["cmp_b", "cmp_quota"])
    await done(["export", "--company", company, "--out", at(`${company}-again`)], there);
  expect(await tablesOf(at("cmp_b-again"))).toEqual(await tablesOf(at("cmp_b")));
  // Its customers are counted, since they are limited.
  const counted = "SELECT customers FROM company_customer_count WHERE company_id = 'cmp_quota'";
  expect((await target.owner.query(counted)).rows).toEqual((await server.database.owner.query(counted)).rows);
});

it("every file and the manifest are listed with their hashes, and nothing else is in the folder", async () => {
  const names = [...(await filesOf(at("first-jsonl"))).keys()];
  const listed = (await manifestOf(at("first-jsonl"))).tables.map(({ name }) => `${name}.jsonl`);
  expect(names).toEqual([...listed, "manifest.json", "manifest.json.sha256"].toSorted());
});
