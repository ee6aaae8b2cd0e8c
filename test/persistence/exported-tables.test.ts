import { afterAll, expect, it } from "vitest";
import { excludedTables } from "../../src/resources/exports/excluded-tables.columns.js";
import { exportFormats } from "../../src/resources/exports/export.model.js";
import { companySetting } from "../../src/resources/exports/exported-person.columns.js";
import { copyStatement } from "../../src/resources/exports/exported-rows.columns.js";
import { exportedTables } from "../../src/resources/exports/exported-tables.columns.js";
import { createDatabase } from "../support/database.js";

const database = await createDatabase();
afterAll(() => database.drop());

interface Column {
  readonly table: string;
  readonly column: string;
  readonly type: string;
}

async function columns(): Promise<readonly Column[]> {
  const { rows } = await database.owner.query<Column>(
    `SELECT c.relname AS table, a.attname AS column, t.typname AS type
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     JOIN pg_type t ON t.oid = a.atttypid
     WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace ORDER BY 1, 2`,
  );
  return rows;
}

it("every table and every column of the database is exported, or excluded with a reason", async () => {
  const stored = (await columns())
    .filter(({ table }) => !(table in excludedTables))
    .map(({ table, column }) => `${table}.${column}`);
  const classified = exportedTables.flatMap(({ name, company, columns: ofTable, excluded }) =>
    [...new Set([company, ...ofTable.map((column) => column.name), ...Object.keys(excluded)])].map(
      (column) => `${name}.${column}`,
    ),
  );
  expect(classified.toSorted()).toEqual(stored.toSorted());
});

it("no table is both exported and excluded, and each excluded one exists", async () => {
  const names = exportedTables.map(({ name }) => name);
  expect(names.filter((name) => name in excludedTables)).toEqual([]);
  const stored = new Set((await columns()).map(({ table }) => table));
  expect(Object.keys(excludedTables).filter((name) => !stored.has(name) && name !== "_prisma_migrations")).toEqual([]);
});

it("every text and every JSON value is marked as one that a spreadsheet could read as a formula", async () => {
  const texts = (await columns()).filter(
    ({ type }) => ["text", "varchar", "bpchar", "name", "json", "jsonb"].includes(type) || type === "resource_id",
  );
  const marked = exportedTables.flatMap(({ name, columns: ofTable }) =>
    ofTable.filter(({ isText }) => isText).map((column) => `${name}.${column.name}`),
  );
  const ofExport = texts
    .map(({ table, column }) => `${table}.${column}`)
    .filter((name) =>
      exportedTables.some((table) => table.columns.some((column) => `${table.name}.${column.name}` === name)),
    );
  expect(marked.toSorted()).toEqual(ofExport.toSorted());
});

it("what JSONL reads as a number is an integer or a boolean, and what it reads as a text is a text", async () => {
  const types = new Map((await columns()).map(({ table, column, type }) => [`${table}.${column}`, type]));
  const typesOf = (kind: string) =>
    new Set(
      exportedTables.flatMap(({ name, columns: ofTable }) =>
        ofTable.filter(({ json }) => json === kind).map((column) => types.get(`${name}.${column.name}`)),
      ),
    );
  expect(typesOf("number")).toEqual(new Set(["int2", "int4", "int8", "bool"]));
  expect(typesOf("text")).toEqual(new Set(["text", "resource_id"]));
});

it("no column with bytes is exported: they are hashes and encrypted secrets", async () => {
  const bytes = (await columns())
    .filter(({ type }) => type === "bytea")
    .map(({ table, column }) => `${table}.${column}`);
  const all = exportedTables.flatMap(({ name, columns: ofTable }) => ofTable.map((column) => `${name}.${column.name}`));
  expect(bytes.filter((name) => all.includes(name))).toEqual([]);
  expect(bytes.length).toBeGreaterThan(4);
});

it("the rows of a table are in the order of its primary key", async () => {
  const { rows } = await database.owner.query<{ table: string; key: string }>(
    `SELECT c.relname AS table, string_agg(a.attname, ', ' ORDER BY k.position) AS key
     FROM pg_constraint p JOIN pg_class c ON c.oid = p.conrelid
     CROSS JOIN LATERAL unnest(p.conkey) WITH ORDINALITY AS k (attribute, position)
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attribute
     WHERE p.contype = 'p' AND a.attname <> 'company_id' GROUP BY 1`,
  );
  const keys = new Map(rows.map(({ table, key }) => [table, key]));
  expect(exportedTables.filter(({ name, order }) => keys.get(name) !== order).map(({ name }) => name)).toEqual([]);
});

it("an index has the order of every file, so that no rows are sorted", async () => {
  const statements = exportedTables.flatMap((table) =>
    exportFormats.words.map((format) => {
      const copy = copyStatement(table, { format, isOfPerson: false, skippedRows: 0 });
      return { file: `${table.name} ${format}`, query: copy.slice("COPY (".length, copy.lastIndexOf(") TO STDOUT")) };
    }),
  );
  const plans = await database.owner.query(`BEGIN; SET LOCAL enable_sort = off; SET LOCAL enable_incremental_sort = off;
    SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL ${companySetting} = 'cmp_x';
    ${statements.map(({ query }) => `EXPLAIN (FORMAT JSON) ${query};`).join("\n")} COMMIT`);
  const texts = [plans]
    .flat()
    .map(({ rows }) => JSON.stringify(rows))
    .filter((text) => text.includes("Node Type"));
  expect(texts).toHaveLength(statements.length);
  expect(statements.filter((_, place) => texts[place]?.includes("Sort")).map(({ file }) => file)).toEqual([]);
});

it("a table comes after those that its rows refer to, so that an export can be loaded in its order", async () => {
  const { rows } = await database.owner.query<{ table: string; referred: string }>(
    `SELECT c.relname::text AS table, r.relname::text AS referred FROM pg_constraint k
     JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class r ON r.oid = k.confrelid
     WHERE k.contype = 'f' AND c.relnamespace = 'public'::regnamespace`,
  );
  const names = exportedTables.map(({ name }) => name);
  const between = rows.filter(({ table, referred }) => names.includes(table) && names.includes(referred));
  expect(between.length).toBeGreaterThan(40);
  expect(between.filter(({ table, referred }) => names.indexOf(referred) > names.indexOf(table))).toEqual([]);
});
