import { actingStaffId, type WriteContext } from "../core/write.js";
import { Prisma } from "../gen/prisma/client.js";
import { justAfter, recordChanges, stayingAt } from "./audit-log.js";

/** A record that RELATION values point to, by its id or its number. */
export interface RelationTarget {
  readonly companyId: string;
  readonly kind: "customer" | "lead";
  readonly id: string;
  readonly rawId: bigint;
}

interface RelationChange extends RelationTarget {
  readonly time: Date;
  /** What the values point to afterwards. Without one they are removed. */
  readonly to?: { readonly id: string; readonly rawId: bigint };
  /** Customers that the caller changes itself. */
  readonly except?: readonly string[];
}

/**
 * Changes RELATION values that point to a record in all customers, leads and pets of the company, including archived and
 * promoted ones, and in the defaults of its custom fields. Each is a change like any other write; a lead changes with its
 * pets.
 */
export async function changeRelationValues(
  tx: Prisma.TransactionClient,
  write: WriteContext,
  change: RelationChange,
): Promise<void> {
  const { companyId, kind, id, rawId, time, to, except = [] } = change;
  const stamp = Prisma.sql`version = version + 1, last_updated_by = ${actingStaffId(write, companyId)},
    last_updated_time = greatest(${time}, ${justAfter("last_updated_time")})`;
  const [newId, newRawId] = [to?.id ?? null, to?.rawId ?? null];
  const values = Prisma.sql`FROM jsonb_each(custom_fields) AS f WHERE ${pointsTo(change, Prisma.sql`f.value`)}`;
  const changeIn = (owner: "customer" | "lead" | "pet", columns: Prisma.Sql) =>
    tx.$queryRaw<(Changed & { readonly leadId: string | null })[]>`
      UPDATE ${Prisma.raw(owner)} SET ${stamp},
        custom_fields = repointed(custom_fields, ${kind}, ${id}, ${rawId}, ${newId}, ${newRawId})
      WHERE company_id = ${companyId} AND custom_fields @? '$.*.relation' AND EXISTS (SELECT 1 ${values})
        ${owner === "customer" ? Prisma.sql`AND id <> ALL(${[...except]}::text[])` : Prisma.empty}
      RETURNING id, version, ${columns}`;
  for (const owner of ["customer", "lead"] as const) {
    const own = Prisma.sql`preferred_business_id AS "businessId", NULL AS "leadId"`;
    await record(owner, "custom_fields", await changeIn(owner, own));
  }
  const ofOwner = Prisma.sql`lead_id AS "leadId", coalesce(
    (SELECT c.preferred_business_id FROM customer c WHERE c.company_id = ${companyId} AND c.id = pet.customer_id),
    (SELECT l.preferred_business_id FROM lead l WHERE l.company_id = ${companyId} AND l.id = pet.lead_id)) AS "businessId"`;
  const pets = await changeIn("pet", ofOwner);
  await record("pet", "custom_fields", pets);
  const leadIds = [...new Set(pets.flatMap((pet) => pet.leadId ?? []))];
  if (leadIds.length > 0) {
    const leads = await tx.$queryRaw<Changed[]>`UPDATE lead SET ${stamp}
      WHERE company_id = ${companyId} AND id = ANY(${leadIds}::text[])
      RETURNING id, version, preferred_business_id AS "businessId"`;
    await record("lead", "pets", leads);
  }
  const fields = await tx.$queryRaw<Changed[]>`UPDATE custom_field SET ${stamp}, default_value =
      repointed(jsonb_set('{}', '{default}', default_value), ${kind}, ${id}, ${rawId}, ${newId}, ${newRawId}) -> 'default'
    WHERE company_id = ${companyId} AND ${pointsTo(change, Prisma.sql`default_value`)}
    RETURNING id, version, NULL AS "businessId"`;
  await record("custom_field", "default_value", fields);
  await tx.$executeRaw`SELECT repoint_snapshots(${companyId}, ${kind}, ${id}, ${rawId}, ${newId}, ${newRawId})`;

  function record(
    owner: "customer" | "lead" | "pet" | "custom_field",
    field: string,
    changed: readonly Changed[],
  ): Promise<void> {
    return recordChanges(
      tx,
      write,
      changed.map(({ businessId, ...row }) => {
        const location = stayingAt(businessId ?? undefined);
        return { companyId, kind: owner, ...row, time, fields: [field], location };
      }),
    );
  }
}

interface Changed {
  readonly id: string;
  readonly version: bigint;
  readonly businessId: string | null;
}

/** Whether a custom field value points to the record, by its id or its number. */
export function pointsTo(
  { kind, id, rawId }: Pick<RelationTarget, "kind" | "id" | "rawId">,
  value: Prisma.Sql,
): Prisma.Sql {
  const relation = Prisma.sql`${value} -> 'relation'`;
  return Prisma.sql`${relation} ->> 'entity' = ${kind.toUpperCase()}
    AND (${relation} ->> 'refId' = ${id} OR ${relation} ->> 'id' = ${rawId.toString()})`;
}
