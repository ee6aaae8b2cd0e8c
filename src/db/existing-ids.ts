import type { NestedRecordKind } from "../core/record-import.js";
import { Prisma } from "../gen/prisma/client.js";

interface IdQuery {
  readonly companyId: string;
  readonly kind: NestedRecordKind;
  readonly ids: readonly string[];
}

/** Which of the ids already exist for this kind in the company. Ids of removed pets are found in the audit log. */
export async function findExistingIds(
  tx: Prisma.TransactionClient,
  { companyId, kind, ids }: IdQuery,
): Promise<ReadonlySet<string>> {
  const select = { id: true } as const;
  const asked = { where: { companyId, id: { in: [...ids] } }, select };
  return new Set((await find()).map(({ id }) => id));

  async function find(): Promise<readonly { readonly id: string }[]> {
    switch (kind) {
      case "address":
        return tx.customerAddress.findMany(asked);
      case "note":
        // A promotion moves the notes of a lead to the customer.
        return [...(await tx.customerNote.findMany(asked)), ...(await tx.leadNote.findMany(asked))];
      case "petNote":
        return tx.petNote.findMany(asked);
      case "pet": {
        const where = { companyId, kind: "pet", resourceId: { in: [...ids] } };
        const removed = await tx.change.findMany({ where, select: { resourceId: true }, distinct: ["resourceId"] });
        return [...(await tx.pet.findMany(asked)), ...removed.map(({ resourceId: id }) => ({ id }))];
      }
      default:
        return kind satisfies never;
    }
  }
}

/** Returns those ids that have never belonged to staff of the company. */
export async function missingStaff(
  tx: Prisma.TransactionClient,
  companyId: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const known = await tx.staff.findMany({ where: { companyId, id: { in: [...ids] } }, select: { id: true } });
  const found = new Set(known.map((member) => member.id));
  return new Set(ids.filter((id) => !found.has(id)));
}

/** A field that refers to a record of the company, and the table of the record. */
export type Reference<Name extends string> = readonly [
  name: Name,
  table: "business" | "staff" | "referral_source" | "life_cycle" | "action_status",
];

interface ReferenceQuery<Name extends string> {
  readonly companyId: string;
  readonly ids: { readonly [Field in Name]?: string };
  readonly references: readonly Reference<Name>[];
}

/** The references that do not exist in the company or are archived. */
export async function missingReferences<Name extends string>(
  tx: Prisma.TransactionClient,
  { companyId, ids, references }: ReferenceQuery<Name>,
): Promise<Name[]> {
  const missing: Name[] = [];
  for (const [name, table] of references) {
    const id = ids[name];
    if (id === undefined) continue;
    const found = await tx.$queryRaw<{ id: string }[]>`SELECT id FROM ${Prisma.raw(table)}
      WHERE company_id = ${companyId} AND id = ${id} AND archived_time IS NULL`;
    if (found.length === 0) missing.push(name);
  }
  return missing;
}
