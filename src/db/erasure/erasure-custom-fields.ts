import { actingStaffId, type WriteContext } from "../../core/write.js";
import { Prisma } from "../../gen/prisma/client.js";
import { justAfter } from "../audit-columns.js";
import { recordChanges } from "../audit-log.js";

export interface RelationTarget {
  readonly companyId: string;
  readonly kind: "customer" | "lead";
  readonly id: string;
  readonly rawId: bigint;
  readonly time: Date;
}

/**
 * Removes RELATION values that refer to an erased record from all customers and leads of the company, including
 * archived and promoted ones, and from the defaults of its custom fields. Each removal is a change like any other
 * write.
 */
export async function clearRelationValues(
  tx: Prisma.TransactionClient,
  write: WriteContext,
  target: RelationTarget,
): Promise<void> {
  const { companyId, time } = target;
  const stamp = Prisma.sql`version = version + 1, last_updated_by = ${actingStaffId(write, companyId)},
    last_updated_time = greatest(${time}, ${justAfter("last_updated_time")})`;
  const values = Prisma.sql`FROM jsonb_each(custom_fields) AS f WHERE ${names(target, Prisma.sql`f.value`)}`;
  for (const kind of ["customer", "lead"] as const) {
    const changed = await tx.$queryRaw<Changed[]>`
      UPDATE ${Prisma.raw(kind)} SET ${stamp}, custom_fields = custom_fields - ARRAY(SELECT f.key ${values})
      WHERE company_id = ${companyId} AND custom_fields @? '$.*.relation' AND EXISTS (SELECT 1 ${values})
      RETURNING id, version`;
    await record(kind, changed);
  }
  const fields = await tx.$queryRaw<Changed[]>`UPDATE custom_field SET ${stamp}, default_value = NULL
    WHERE company_id = ${companyId} AND ${names(target, Prisma.sql`default_value`)} RETURNING id, version`;
  await record("custom_field", fields);

  function record(kind: "customer" | "lead" | "custom_field", changed: readonly Changed[]): Promise<void> {
    return recordChanges(
      tx,
      write,
      changed.map(({ id, version }) => ({ companyId, kind, id, version, time })),
    );
  }
}

interface Changed {
  readonly id: string;
  readonly version: bigint;
}

/** Whether a custom field value refers to the record, by its id or its number. */
function names({ kind, id, rawId }: RelationTarget, value: Prisma.Sql): Prisma.Sql {
  const relation = Prisma.sql`${value} -> 'relation'`;
  return Prisma.sql`${relation} ->> 'entity' = ${kind.toUpperCase()}
    AND (${relation} ->> 'refId' = ${id} OR ${relation} ->> 'id' = ${rawId.toString()})`;
}
