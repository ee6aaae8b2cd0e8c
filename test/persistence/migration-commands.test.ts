import { readdir, readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { crowdedConstraints } from "./migration-commands.js";

const folder = new URL("../../prisma/migrations/", import.meta.url);
const names = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory());

/** A migration is never edited once it is applied somewhere, so that what was written before the rule stays. */
const writtenBefore: readonly string[] = ["20261122184700_redeemed_time"];

it("adds a constraint by a command of its own in every migration", async () => {
  const found: string[] = [];
  for (const { name } of names) {
    const sql = await readFile(new URL(`${name}/migration.sql`, folder), "utf8");
    if (crowdedConstraints(sql).length > 0) found.push(name);
  }
  expect(found).toEqual(writtenBefore);
});

it.each([
  ["a column", "ALTER TABLE pet ADD COLUMN a text, ADD CONSTRAINT c CHECK (a IN ('x', 'y'))"],
  [
    "another constraint",
    "ALTER TABLE ONLY pet ADD UNIQUE (company_id, a), ADD FOREIGN KEY (company_id) REFERENCES company",
  ],
  ["a default", "ALTER TABLE IF EXISTS pet ALTER COLUMN a SET DEFAULT ',', ADD CONSTRAINT c CHECK (a <> '')"],
  ["its own column", "ALTER TABLE pet ADD COLUMN a text REFERENCES company (id)"],
])("would tell of a constraint that comes with %s", (_case, sql) => {
  expect(crowdedConstraints(`-- A note; with a semicolon.\nSELECT 1;\n${sql};\nSELECT 2;`)).toEqual([sql]);
});

it.each([
  ["one constraint", "ALTER TABLE pet ADD CONSTRAINT c CHECK (a IN ('x', 'y') AND b <> '1, 2')"],
  ["several columns", "ALTER TABLE pet ADD COLUMN a text NOT NULL DEFAULT 'CHECK', ADD COLUMN b numeric(4, 2)"],
  [
    "a function that alters",
    "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ ALTER TABLE a ADD b text, ADD CHECK (c) $$",
  ],
])("lets a migration have %s", (_case, sql) => {
  expect(crowdedConstraints(`${sql};`)).toEqual([]);
});
