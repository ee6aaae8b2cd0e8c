import { actingStaffId, type FieldChange, type WriteContext } from "../core/write.js";
import { Prisma } from "../gen/prisma/client.js";
import { timePlus, timestamp } from "./audit-log.js";
import type { FieldTable } from "./field-table.js";

interface ChangedRows<Fields> {
  readonly table: "customer" | "lead" | "pet";
  readonly fields: FieldTable<Fields>;
  readonly companyId: string;
  readonly changes: readonly {
    readonly id: string;
    readonly change: FieldChange<Fields> & { readonly customFields?: unknown };
  }[];
  readonly now: Date;
  readonly write: WriteContext;
}

/** Stores changes of the fields of locked records, and returns their new versions by id. */
export async function updateRows<Fields>(
  tx: Prisma.TransactionClient,
  changed: ChangedRows<Fields>,
): Promise<ReadonlyMap<string, bigint>> {
  const versions = new Map<string, bigint>();
  // An assignment of the custom fields is judged by triggers even if it changes nothing.
  for (const withFields of [true, false]) {
    const changes = changed.changes.filter(({ change }) => (change.customFields !== undefined) === withFields);
    for (const { id, version } of await update(tx, { ...changed, changes }, withFields)) versions.set(id, version);
  }
  return versions;
}

async function update<Fields>(
  tx: Prisma.TransactionClient,
  { table, fields, companyId, changes, now, write }: ChangedRows<Fields>,
  withFields: boolean,
): Promise<readonly { readonly id: string; readonly version: bigint }[]> {
  if (changes.length === 0) return [];
  const rows = changes.map(({ id, change }) => {
    const record = fields.changedColumns(change);
    return { id, record, changed: Object.keys(record) };
  });
  const assigned = fields.assigned("c", "v", withFields ? undefined : "custom_fields", "r.changed");
  return tx.$queryRaw<{ id: string; version: bigint }[]>`
    UPDATE ${Prisma.raw(table)} c SET ${Prisma.raw(assigned)}, version = c.version + 1, last_updated_by = ${actingStaffId(write, companyId)},
      last_updated_time = greatest(${timestamp(now)}, ${Prisma.raw(timePlus("c.last_updated_time", "1 millisecond"))})
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r (id text, record jsonb, changed text[]),
      LATERAL jsonb_populate_record(NULL::${Prisma.raw(table)}, r.record) v
    WHERE c.company_id = ${companyId} AND c.id = r.id RETURNING c.id, c.version`;
}
