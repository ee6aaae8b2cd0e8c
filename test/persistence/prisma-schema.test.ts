import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.js";

interface Column {
  readonly type: string;
  readonly nullable: boolean;
}

interface Table {
  /** By name. */
  readonly columns: ReadonlyMap<string, Column>;
  /** Columns of the primary key, unique constraints and foreign keys, by constraint name. */
  readonly constraints: ReadonlyMap<string, readonly string[]>;
}

const schema = await readFile("prisma/schema.prisma", "utf8");

/** PostgreSQL's name of each type that the schema uses. */
const typeNames: Readonly<Record<string, string>> = {
  String: "text",
  Boolean: "bool",
  Int: "int4",
  "Int @db.SmallInt": "int2",
  BigInt: "int8",
  Float: "float8",
  Json: "jsonb",
  Bytes: "bytea",
  "DateTime @db.Timestamptz(6)": "timestamptz",
  "DateTime @db.Date": "date",
  'Unsupported("xid8")': "xid8",
};

/** The tables as prisma/schema.prisma describes them. */
function tablesOfSchema(): ReadonlyMap<string, Table> {
  const models = [...schema.matchAll(/^model \w+ \{\n([\s\S]*?)^\}/gm)].map(([, body = ""]) => toTable(body));
  return new Map(models);
}

function toTable(body: string): [string, Table] {
  const columns = new Map<string, Column>();
  const columnOf = new Map<string, string>();
  const constraints = new Map<string, readonly string[]>();
  const lines = body.split("\n").map((line) => line.trim().replaceAll(/\s+/g, " "));
  for (const line of lines) {
    const [, field = "", base = "", list, optional] = /^(\w+) (Unsupported\("\w+"\)|\w+)(\[\])?(\?)?/.exec(line) ?? [];
    const attribute = / (@db\.\w+(?:\(\d+\))?)/.exec(line)?.[1];
    const type = typeNames[attribute && /SmallInt|Timestamptz|Date/.test(attribute) ? `${base} ${attribute}` : base];
    if (!type || line.includes("@relation")) continue;
    const name = /@map\("(\w+)"\)/.exec(line)?.[1] ?? field;
    columnOf.set(field, name);
    columns.set(name, { type: list ? `_${type}` : type, nullable: optional !== undefined });
  }
  for (const line of lines) {
    const [, fields] =
      /(?:@@id|@@unique)\(\[([^\]]+)\]|fields: \[([^\]]+)\]/.exec(line)?.filter((part) => part !== undefined) ?? [];
    const [, name] = /map: "(\w+)"/.exec(line) ?? [];
    if (fields && name)
      constraints.set(
        name,
        fields.split(", ").map((field) => columnOf.get(field) ?? field),
      );
  }
  const table = /@@map\("(\w+)"\)/.exec(body)?.[1] ?? "";
  return [table, { columns, constraints }];
}

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

/** The tables as the migrations made them. */
async function tablesOfDatabase(): Promise<ReadonlyMap<string, Table>> {
  const columns = await database.owner.query<{ table: string; name: string; type: string; nullable: boolean }>(
    `SELECT c.relname AS "table", a.attname AS name, NOT a.attnotnull AS nullable,
       (SELECT typname FROM pg_type WHERE oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END) AS type
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 JOIN pg_type t ON t.oid = a.atttypid
     WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> '_prisma_migrations'`,
  );
  const constraints = await database.owner.query<{ table: string; name: string; columns: string[] }>(
    `SELECT c.relname AS "table", k.conname AS name, ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u (num, position)
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.num ORDER BY u.position) AS columns
     FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
     WHERE k.contype IN ('p', 'u', 'f') AND c.relnamespace = 'public'::regnamespace AND c.relname <> '_prisma_migrations'`,
  );
  const names = new Set(columns.rows.map((row) => row.table));
  return new Map(
    [...names].map((name) => [
      name,
      {
        columns: new Map(
          columns.rows
            .filter((row) => row.table === name)
            .map(({ name: column, type, nullable }) => [column, { type, nullable }]),
        ),
        constraints: new Map(
          constraints.rows.filter((row) => row.table === name).map((row) => [row.name, row.columns]),
        ),
      },
    ]),
  );
}

it("describes to Prisma the columns, nullability and keys that the migrations made", async () => {
  const described = tablesOfSchema();
  const made = await tablesOfDatabase();
  expect([...described.keys()].toSorted()).toEqual([...made.keys()].toSorted());
  for (const [name, table] of made) {
    const found = described.get(name);
    expect(sorted(found?.columns), name).toEqual(sorted(table.columns));
    expect(sorted(found?.constraints), name).toEqual(sorted(table.constraints));
  }
});

function sorted<T>(map: ReadonlyMap<string, T> | undefined) {
  return [...(map ?? [])].toSorted(([a], [b]) => (a < b ? -1 : 1));
}
