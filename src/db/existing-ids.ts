import type { NestedRecordKind } from "../core/record-import.js";
import type { Prisma } from "../gen/prisma/client.js";

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
        return tx.customerNote.findMany(asked);
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
