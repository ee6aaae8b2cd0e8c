import { afterAll, expect, it } from "vitest";
import { copyOut } from "../../src/db/copy-out.js";
import { companySetting } from "../../src/resources/exports/exported-person.columns.js";
import { rowsOf } from "../../src/resources/exports/exported-rows.columns.js";
import type { ExportedColumn, ExportedTable } from "../../src/resources/exports/exported-table.columns.js";
import { createDatabase } from "../support/database.js";

const database = await createDatabase();
const client = await database.owner.connect();
afterAll(async () => {
  client.release(true);
  await database.drop();
});

const columns: readonly ExportedColumn[] = [
  { name: "id", isText: false, json: "number" },
  { name: "a_text", isText: true, json: "text" },
  { name: "a_json", isText: true, json: "written" },
  { name: "a_time", isText: false, json: "written" },
  { name: "a_day", isText: false, json: "written" },
  { name: "some_texts", isText: false, json: "written" },
  { name: "some_numbers", isText: false, json: "written" },
  { name: "a_fraction", isText: false, json: "written" },
  { name: "a_small", isText: false, json: "number" },
  { name: "a_large", isText: false, json: "number" },
  { name: "a_truth", isText: false, json: "number" },
];
const table: ExportedTable = {
  ...{ name: "odd_value", columns, order: "id", company: "company_id", person: undefined, excluded: {} },
};

it("lines of JSONL are those of row_to_json, whatever the values", async () => {
  await client.query(`CREATE TABLE odd_value (company_id text, id integer, a_text text, a_json jsonb, a_time timestamptz,
      a_day date, some_texts text[], some_numbers smallint[], a_fraction float8, a_small smallint, a_large bigint,
      a_truth boolean);
    INSERT INTO odd_value SELECT 'cmp_x', n, chr(n) || 'x' || chr(n) FROM generate_series(1, 0x3ff) n;
    INSERT INTO odd_value (company_id, id, a_text) VALUES ('cmp_y', 1, 'of another company');
    INSERT INTO odd_value VALUES ('cmp_x', -1, '', '{"b": "\\\\u0001 \\"", "a": [null]}', '2026-01-02 03:04:05.678Z', '2024-02-29',
      ARRAY['a"b', NULL, ''], '{1,-2}', 0.1, -32768, -9223372036854775808, true);
    INSERT INTO odd_value VALUES ('cmp_x', -9, repeat('\u{1f600}"', 40000), 'null', 'infinity', '0001-01-01', '{}', NULL,
      'NaN', 32767, 9223372036854775807, false);
    INSERT INTO odd_value (company_id, id, a_large, a_small) VALUES ('cmp_x', -100, 0, 0), ('cmp_x', -3, 9007199254740993, 9), ('cmp_x', -4, -1, 10),
      ('cmp_x', -5, 4294967296, -1), ('cmp_x', -6, -4294967297, 0), ('cmp_x', -7, 4503599627370496, 1);
    SELECT set_config('${companySetting}', 'cmp_x', false)`);
  const options = { format: "JSONL", isOfPerson: false, skippedRows: 1 } as const;
  const { signal } = new AbortController();
  const parts: Buffer[] = [];
  let rows = 0;
  for await (const part of rowsOf(table, options, (text) => copyOut(client, text, signal))) {
    parts.push(part.bytes);
    rows += part.rows;
  }
  const names = columns.map(({ name }) => name).join(", ");
  const written = await client.query<{ line: string }>(`SELECT row_to_json(r)::text AS line FROM (
    SELECT ${names} FROM odd_value WHERE company_id = 'cmp_x' ORDER BY id OFFSET 1) r`);
  const lines = written.rows.map(({ line }) => `${line}\n`);
  expect(Buffer.concat(parts).toString()).toBe(lines.join(""));
  expect([rows, parts.length > 1]).toEqual([lines.length, true]);
});

it("a table without rows has no lines", async () => {
  await client.query(`SELECT set_config('${companySetting}', 'cmp_none', false)`);
  const options = { format: "JSONL", isOfPerson: false, skippedRows: 0 } as const;
  const { signal } = new AbortController();
  const found: unknown[] = [];
  for await (const part of rowsOf(table, options, (text) => copyOut(client, text, signal))) found.push(part);
  expect(found).toEqual([]);
});
