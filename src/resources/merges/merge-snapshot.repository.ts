import { Prisma } from "../../gen/prisma/client.js";

/** A row of a table as JSON, by its columns. */
export type JsonRow = Readonly<Record<string, unknown>>;

/** The tables whose rows a merge joins. Those of the other tables move as they are. */
export const joinedTables = ["customer_phone", "customer_address", "customer_tag", "customer_account"] as const;

export type JoinedTable = (typeof joinedTables)[number];

/** The rows that a merge joins, of one of the records. */
export interface JoinedRows extends Readonly<Record<JoinedTable, readonly JsonRow[]>> {
  readonly customer_profile: JsonRow | null;
}

/** What an undo needs. See the migration, "customer_merge_snapshot". */
export interface MergeSnapshot {
  readonly from: JsonRow;
  readonly into: JsonRow;
  readonly after: JsonRow;
  readonly fromRows: JoinedRows;
  readonly intoRows: JoinedRows;
  readonly afterRows: JoinedRows;
  readonly notes: readonly string[];
  readonly pets: readonly string[];
  readonly packages: readonly string[];
  readonly cards: readonly string[];
  readonly cardLinks: readonly string[];
  readonly leads: readonly string[];
  readonly merges: readonly string[];
  /** With whom each was found to be no duplicate. Snapshots of the first version have none. */
  readonly dismissed?: readonly string[];
  readonly intoDismissed?: readonly string[];
  /** The entries of imports that made the merged record, as `job/key`. Snapshots of the first version have none. */
  readonly imports?: readonly string[];
  /** Of the merged record, as `system/id`. Snapshots of the first versions have none. */
  readonly externalIds?: readonly string[];
  readonly intoNotes: readonly string[];
  readonly intoPets: readonly string[];
  readonly intoPackages: readonly string[];
  readonly relations: readonly PointingField[];
}

interface PointingField {
  readonly kind: "customer" | "lead" | "pet" | "custom_field";
  readonly id: string;
  readonly code: string;
}

/** `$1` is the company, `$2` the merged record, `$3` the survivor. */
const rowOf = (id: string) => `(SELECT to_jsonb(c) FROM customer c WHERE c.company_id = $1 AND c.id = ${id})`;

const rowsOf = (id: string) =>
  `jsonb_build_object(${joinedTables.map(
    (table) => `'${table}', (SELECT coalesce(jsonb_agg(to_jsonb(r) ORDER BY to_jsonb(r)), '[]')
    FROM ${table} r WHERE r.company_id = $1 AND r.customer_id = ${id})`,
  )},
    'customer_profile', (SELECT to_jsonb(r) FROM customer_profile r WHERE r.company_id = $1 AND r.customer_id = ${id}))`;

const idsOf = (table: string, id: string, column = "customer_id") =>
  `(SELECT coalesce(jsonb_agg(r.id ORDER BY r.id), '[]') FROM ${table} r WHERE r.company_id = $1 AND r.${column} = ${id})`;

const pairedWith = (id: string) => `(SELECT coalesce(jsonb_agg(p.id ORDER BY p.id), '[]') FROM (
    SELECT d.other_customer_id AS id FROM dismissed_duplicate d WHERE d.company_id = $1 AND d.customer_id = ${id} UNION ALL
    SELECT d.customer_id FROM dismissed_duplicate d WHERE d.company_id = $1 AND d.other_customer_id = ${id}) p)`;

const pointing = (table: string) => `SELECT '${table}' AS kind, r.id, f.key AS code
    FROM old, ${table} r, jsonb_each(r.custom_fields) f WHERE r.company_id = $1
      AND r.custom_fields @? '$.*.relation' AND repointed(jsonb_build_object(f.key, f.value), 'customer', $2, old.raw_id, '', 0)
        <> jsonb_build_object(f.key, f.value)
      ${table === "customer" ? "AND r.id NOT IN ($2, $3)" : ""}`;

const take = `WITH old AS (SELECT c.raw_id FROM customer c WHERE c.company_id = $1 AND c.id = $2),
pointing AS (${["customer", "lead", "pet"].map(pointing).join(" UNION ALL ")}
  UNION ALL SELECT 'custom_field', r.id, 'default' FROM old, custom_field r WHERE r.company_id = $1
    AND r.default_value @? '$.relation' AND repointed(jsonb_build_object('default', r.default_value), 'customer', $2, old.raw_id,
      '', 0) <> jsonb_build_object('default', r.default_value))
SELECT (jsonb_build_object('from', ${rowOf("$2")}, 'into', ${rowOf("$3")},
  'fromRows', ${rowsOf("$2")}, 'intoRows', ${rowsOf("$3")}, 'notes', ${idsOf("customer_note", "$2")},
  'pets', ${idsOf("pet", "$2")}, 'packages', ${idsOf("package", "$2")}, 'cards', ${idsOf("customer_card", "$2")},
  'cardLinks', ${idsOf("card_link", "$2")}, 'leads', ${idsOf("lead", "$2", "promoted_customer_id")},
  'merges', ${idsOf("customer_merge", "$2", "survivor_id")}, 'intoNotes', ${idsOf("customer_note", "$3")},
  'intoPets', ${idsOf("pet", "$3")}, 'intoPackages', ${idsOf("package", "$3")},
  'imports', (SELECT coalesce(jsonb_agg(r.job_id || '/' || r.key), '[]') FROM import_record r
    WHERE r.company_id = $1 AND r.kind = 'customer' AND r.record_id = $2),
  'externalIds', (SELECT coalesce(jsonb_agg(r.system || '/' || r.external_id), '[]') FROM customer_external_id r
    WHERE r.company_id = $1 AND r.customer_id = $2),
  'dismissed', ${pairedWith("$2")}, 'intoDismissed', ${pairedWith("$3")},
  'relations', (SELECT coalesce(jsonb_agg(to_jsonb(p)), '[]') FROM pointing p)))::text AS snapshot`;

const complete = `SELECT (jsonb_build_object('after', ${rowOf("$2")}, 'afterRows', ${rowsOf("$2")}))::text AS snapshot`;

export interface MergedIds {
  readonly companyId: string;
  readonly mergeId: string;
  readonly fromId: string;
  readonly intoId: string;
}

/** Stores both records as they are, before anything moves. The row of the merge exists. */
export async function takeSnapshot(tx: Prisma.TransactionClient, ids: MergedIds): Promise<void> {
  const taken = await snapshotText(tx, take, [ids.companyId, ids.fromId, ids.intoId]);
  await tx.$executeRaw`INSERT INTO customer_merge_snapshot (company_id, merge_id, expired_time, snapshot)
    SELECT m.company_id, m.id, m.undoable_until, ${taken}::jsonb FROM customer_merge m
    WHERE m.company_id = ${ids.companyId} AND m.id = ${ids.mergeId}`;
}

/** Stores the survivor as the merge leaves it. */
export async function completeSnapshot(tx: Prisma.TransactionClient, ids: MergedIds): Promise<void> {
  const completed = await snapshotText(tx, complete, [ids.companyId, ids.intoId]);
  await tx.$executeRaw`UPDATE customer_merge_snapshot s SET snapshot = s.snapshot || ${completed}::jsonb
    WHERE s.company_id = ${ids.companyId} AND s.merge_id = ${ids.mergeId}`;
}

/** As text: the numbers of the rows are larger than those of JavaScript. */
async function snapshotText(tx: Prisma.TransactionClient, text: string, values: readonly string[]): Promise<string> {
  const [row] = await tx.$queryRawUnsafe<{ snapshot: string }[]>(text, ...values);
  if (!row) throw new Error("a SELECT without FROM has a row");
  return row.snapshot;
}

/** The survivor as it is now, in the form of a snapshot. */
export async function presentState(
  tx: Prisma.TransactionClient,
  { companyId, intoId }: Pick<MergedIds, "companyId" | "intoId">,
): Promise<Pick<MergeSnapshot, "after" | "afterRows">> {
  const text = `SELECT ${rowOf("$2")} AS after, ${rowsOf("$2")} AS "afterRows"`;
  const [row] = await tx.$queryRawUnsafe<Pick<MergeSnapshot, "after" | "afterRows">[]>(text, companyId, intoId);
  if (!row) throw new Error("the survivor is not there");
  return row;
}

/** Stores exactly these rows of two customers in the place of those that they have. */
export async function replaceRows(
  tx: Prisma.TransactionClient,
  { companyId, customerIds, table, rows }: ReplacedRows,
): Promise<void> {
  const name = Prisma.raw(table);
  await tx.$executeRaw`DELETE FROM ${name} WHERE company_id = ${companyId} AND customer_id = ANY(${[...customerIds]}::text[])`;
  if (rows.length === 0) return;
  await tx.$executeRaw`INSERT INTO ${name} SELECT r.* FROM
    jsonb_populate_recordset(NULL::${name}, ${JSON.stringify(rows)}::jsonb) r WHERE r.company_id = ${companyId}
    ON CONFLICT DO NOTHING`;
}

interface ReplacedRows {
  readonly companyId: string;
  readonly customerIds: readonly string[];
  readonly table: JoinedTable;
  readonly rows: readonly JsonRow[];
}
