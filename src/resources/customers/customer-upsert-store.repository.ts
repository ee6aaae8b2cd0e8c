import type { WriteContext } from "../../core/write.js";
import { storeContactChanges } from "../../db/contact-changes.js";
import type { Prisma } from "../../gen/prisma/client.js";
import { withStoredIds } from "../setting-lists/planned-tags.model.js";
import { customerFields } from "./customer.columns.js";
import { insertAddressRows } from "./customer-batch-insert.repository.js";
import type { StoredPlan } from "./customer-upsert-plan.repository.js";

interface StoredChanges {
  readonly companyId: string;
  readonly plans: readonly StoredPlan[];
  /** Ids of created tags, by the keys of their names. */
  readonly tagIds: ReadonlyMap<string, string>;
  readonly now: Date;
  readonly write: WriteContext;
}

/** Stores changes of locked customers, with a statement for each table. Returns the new versions by id. */
export async function storeChanges(
  tx: Prisma.TransactionClient,
  stored: StoredChanges,
): Promise<ReadonlyMap<string, bigint>> {
  const { tagIds, ...others } = stored;
  if (stored.plans.length === 0) return new Map();
  await storeAddresses(tx, stored);
  return storeContactChanges(tx, {
    ...{ kind: "customer", fields: customerFields, ...others },
    tagsOf: ({ changes: { tags }, newTags }) => withStoredIds(tags, newTags, tagIds),
  });
}

/** Only one address may be primary at any moment, so what changes is deleted before anything is inserted. */
async function storeAddresses(tx: Prisma.TransactionClient, { companyId, plans }: StoredChanges): Promise<void> {
  const dropped = plans.flatMap(({ changes }) => changes.droppedAddressIds);
  if (dropped.length > 0)
    await tx.$executeRaw`DELETE FROM customer_address a WHERE a.company_id = ${companyId} AND a.id = ANY(${dropped}::text[])`;
  const rows = plans.flatMap(({ record, changes }) =>
    changes.storedAddresses.map((address) => ({ ...address, customer_id: record.id })),
  );
  await insertAddressRows(tx, companyId, rows);
}
