import type pg from "pg";
import { fixedTexts } from "./fixed-texts.js";
import { isIdLike } from "./id-names.js";

/** The company that must never be seen, first in every index, and the one that must not see it. */
export const neighbour = "cmp_0";
export const tenant = "cmp_a";

/** Stands in every text of the neighbour and nowhere else; no id, token or encoding of ours can hold it by chance. */
export const canary = "zq.";

/** The first is only ever asked for; of the others each transport uses up one, where a caller may choose an id. */
export const generations = [1, 2, 3, 4] as const;
export type Generation = (typeof generations)[number];

/** The id of the neighbour's copy of a row of the tenant, which the tenant does not have. At most 30 characters. */
export function foreignId(id: string, generation: Generation = 1): string {
  return `${canary}${generation}.`.concat(id.slice(-25));
}

/** As long as the foreign one, and nobody's. */
export function absentId(id: string, generation: Generation = 1): string {
  return foreignId(id, generation).replace(canary, "no.");
}

/** By these a row is looked for: the twin keeps them, so that a look-up across companies would find it. */
const lookups = ["phone", "email", "email_key", "account_id", "name_key", "group_name", "code", "system"];

/** Ids that refer to no row, and are empty in most. */
const outsideIds = [
  ...[
    "created_by",
    "last_updated_by",
    "recorded_by",
    "mobile_van_id",
    "role_id",
    "appointment_id",
    "order_id",
    "provider_session_id",
  ],
];

interface Table {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly nullable: boolean }[];
}

/**
 * Gives the neighbour a copy of every row of the tenant under the same ids (what is looked up by id collides), and one
 * per generation under ids that the tenant lacks. Rows that are there already stay, so that it can be called again.
 */
export async function copyToNeighbour(owner: pg.Pool): Promise<void> {
  const client = await owner.connect();
  try {
    await client.query("SET tenancy.open = 'on'");
    for (const table of await tenantTables(client)) await copyTable(client, table);
    for (const generation of generations) await copyKeys(client, generation);
  } finally {
    await client.query("RESET tenancy.open");
    client.release();
  }
}

/**
 * Sorts the rows of every table by company, so that a search without its company meets the neighbour's first, whether by
 * an index or from the table's beginning to its end.
 */
export async function putNeighbourFirst(owner: pg.Pool): Promise<void> {
  const { rows } = await owner.query<{ name: string; key: string }>(
    `SELECT i.indrelid::regclass::text AS name, i.indexrelid::regclass::text AS key FROM pg_index i
     JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
     WHERE i.indisprimary AND i.indrelid::regclass::text IN (SELECT table_name FROM information_schema.tables
       WHERE table_schema = 'public') AND (a.attname = 'company_id' OR i.indrelid = 'company'::regclass)`,
  );
  for (const { name, key } of rows) await owner.query(`CLUSTER ${name} USING ${key}`);
}

/** From now on no statement can touch a row of the neighbour: it fails, whoever sends it, but for the owner's copies. */
export async function guardNeighbour(owner: pg.Pool): Promise<void> {
  await owner.query(
    `CREATE FUNCTION refuse_neighbour() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       IF current_setting('tenancy.open', true) = 'on' THEN RETURN coalesce(NEW, OLD); END IF;
       IF '${neighbour}' IN (to_jsonb(NEW) ->> 'company_id', to_jsonb(OLD) ->> 'company_id') THEN
         RAISE EXCEPTION 'a row of the neighbour was touched';
       END IF;
       RETURN coalesce(NEW, OLD);
     END $$`,
  );
  const client = await owner.connect();
  try {
    for (const { name } of await tenantTables(client)) {
      if (name === "company") continue;
      await client.query(
        `CREATE TRIGGER a_neighbour_is_untouched BEFORE INSERT OR UPDATE OR DELETE ON "${name}"
         FOR EACH ROW EXECUTE FUNCTION refuse_neighbour()`,
      );
    }
  } finally {
    client.release();
  }
}

/** `table.column` of texts that hold no canary although they could. */
export async function columnsWithoutCanary(owner: pg.Pool): Promise<string[]> {
  const missing: string[] = [];
  const client = await owner.connect();
  try {
    for (const { name, columns } of await tenantTables(client)) {
      for (const column of columns) {
        if (!isText(column.type) || `${name}.${column.name}` in fixedTexts) continue;
        const key = name === "company" ? "id" : "company_id";
        const { rows } = await client.query(
          `SELECT FROM "${name}" WHERE ${key} = $1 AND strpos("${column.name}"::text, $2) > 0 LIMIT 1`,
          [neighbour, canary],
        );
        if (rows.length === 0 && column.name !== key) missing.push(`${name}.${column.name}`);
      }
    }
  } finally {
    client.release();
  }
  return missing;
}

async function copyTable(client: pg.PoolClient, table: Table): Promise<void> {
  const key = table.name === "company" ? "id" : "company_id";
  const { rows } = await client.query<{ row: Record<string, unknown> }>(
    `SELECT to_jsonb(t) AS row FROM "${table.name}" t WHERE ${key} = $1`,
    [tenant],
  );
  const copies = rows.flatMap(({ row }, place) =>
    (table.name === "company" || table.name === "company_customer_count" ? [0] : [0, ...generations]).map(
      (generation) => copyOf(table, row, { generation, mark: `${place}.${generation}` }),
    ),
  );
  const columns = table.columns.map(({ name }) => `"${name}"`).join(", ");
  await client.query(
    `INSERT INTO "${table.name}" (${columns}) OVERRIDING SYSTEM VALUE
     SELECT ${columns} FROM jsonb_populate_recordset(NULL::"${table.name}", $1::jsonb) ON CONFLICT DO NOTHING`,
    [JSON.stringify(copies)],
  );
}

interface Copy {
  readonly generation: number;
  readonly mark: string;
}

function copyOf(table: Table, row: Record<string, unknown>, copy: Copy): Record<string, unknown> {
  const entries = table.columns.map(({ name, type, nullable }): [string, unknown] => {
    const value = row[name];
    if (name === "raw_id" && table.name === "company") return [name, 1_000_000_007];
    if ((name === "id" || name === "raw_id") && typeof value === "number") {
      return [name, value + copy.generation * 1_000_000_000];
    }
    if (type === "bytea" && typeof value === "string") return [name, randomBytea(value)];
    if (name === "display_order" && typeof value === "number") return [name, value + 1_000];
    if (name === "is_default") return [name, value === true && copy.generation === 0];
    if (!isText(type) || (`${table.name}.${name}` in fixedTexts && !isIdLike(name))) return [name, value];
    if (name === "enterprise_id") return [name, null];
    if (copy.generation === 0 && lookups.includes(name) && value !== "") return [name, value];
    if (outsideIds.includes(name) && copy.generation > 0 && !value) return [name, `${canary}${copy.mark}`];
    if (isIdLike(name)) return [name, mapIds(value, copy)];
    if (value === null && !nullable) return [name, value];
    return [name, planted(value, type, `${table.name}.${name}.${copy.mark}`, copy)];
  });
  return Object.fromEntries(entries);
}

/** The copy of an id, of a list of them, or of nothing. */
function mapIds(value: unknown, copy: Copy): unknown {
  if (Array.isArray(value)) return value.map((one) => mapIds(one, copy));
  if (value === tenant) return neighbour;
  if (typeof value !== "string" || value === "" || copy.generation === 0) return value;
  return copyId(value, copy.generation);
}

function copyId(id: string, generation: number): string {
  return foreignId(id, generations.find((known) => known === generation) ?? 1);
}

/** The same shape with a canary in every text of it; ids inside JSON stay ids. */
function planted(value: unknown, type: string, mark: string, copy: Copy): unknown {
  if (type === "ARRAY") return [`${canary}${mark}`];
  if (type !== "jsonb") return `${canary}${mark}`;
  return value === null ? value : plantedJson(value, mark, copy);
}

/** Members of JSON that take a word of a list. */
const closedKeys = ["location", "type"];

function plantedJson(value: unknown, mark: string, copy: Copy): unknown {
  if (typeof value === "string") return /^\d*$/.test(value) ? value : `${canary}${mark}`;
  if (Array.isArray(value)) return value.map((one) => plantedJson(one, mark, copy));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => {
      if (closedKeys.includes(key)) return [key, one];
      return [key, isIdLike(key) ? mapIds(one, copy) : plantedJson(one, mark, copy)];
    }),
  );
}

function randomBytea(value: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array((value.length - 2) / 2));
  return `\\x${Buffer.from(bytes).toString("hex")}`;
}

/** Keys belong to no company alone; the neighbour gets some with the ids of the tenant's, as its copies have. */
async function copyKeys(client: pg.PoolClient, generation: Generation): Promise<void> {
  const { rows } = await client.query<{ key_id: string }>(
    "SELECT DISTINCT key_id FROM api_key_organization WHERE organization_id = $1",
    [tenant],
  );
  const copies = rows.map(({ key_id }) => foreignId(key_id, generation));
  await client.query(
    `INSERT INTO api_key (id, name, created_time, updated_time)
     SELECT id, $2 || id, now(), now() FROM unnest($1::text[]) id ON CONFLICT DO NOTHING`,
    [copies, `${canary}name.of.`],
  );
  await client.query(
    `INSERT INTO api_key_organization (key_id, type, organization_id, company_id)
     SELECT id, 2, $2, '' FROM unnest($1::text[]) id ON CONFLICT DO NOTHING`,
    [copies, neighbour],
  );
}

function isText(type: string): boolean {
  return type === "text" || type === "jsonb" || type === "ARRAY";
}

/** Every table with a tenant, those that others refer to first. */
export async function tenantTables(client: pg.PoolClient): Promise<readonly Table[]> {
  const { rows: columns } = await client.query<{ name: string; column: string; type: string; nullable: boolean }>(
    `SELECT c.table_name AS name, c.column_name AS column,
            CASE WHEN c.data_type = 'ARRAY' AND c.udt_name <> '_text' THEN 'numbers' ELSE c.data_type END AS type,
            c.is_nullable = 'YES' AS nullable
     FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
     WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.is_generated = 'NEVER'
       AND c.table_name NOT LIKE 'api_key%' ORDER BY c.ordinal_position`,
  );
  const { rows: references } = await client.query<{ child: string; parent: string }>(
    `SELECT conrelid::regclass::text AS child, confrelid::regclass::text AS parent
     FROM pg_constraint WHERE contype = 'f' AND conrelid <> confrelid`,
  );
  const tables = [...new Set(columns.map(({ name }) => name))]
    .map((name) => ({
      name,
      columns: columns.filter((one) => one.name === name).map(({ column, ...rest }) => ({ ...rest, name: column })),
    }))
    .filter((table) => table.name === "company" || table.columns.some(({ name }) => name === "company_id"));
  const ordered: Table[] = [];
  const visit = (table: Table, under: readonly string[]): void => {
    if (ordered.includes(table) || under.includes(table.name)) return;
    for (const { parent } of references.filter(({ child }) => child === table.name)) {
      const found = tables.find(({ name }) => name === unquoted(parent));
      if (found) visit(found, [...under, table.name]);
    }
    ordered.push(table);
  };
  for (const table of tables) visit(table, []);
  return ordered;
}

function unquoted(name: string): string {
  return name.replaceAll('"', "");
}
