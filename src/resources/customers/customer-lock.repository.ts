import { notFound } from "../../core/errors.js";
import { bound, theOne, visibleTo } from "../../db/access-filter.js";
import { Prisma } from "../../gen/prisma/client.js";
import type { CustomerTarget } from "./customer-store.model.js";

/** A customer's row under lock. */
export interface LockedCustomer {
  readonly companyId: string;
  readonly id: string;
  readonly archived: boolean;
}

/**
 * How a transaction holds the row: NO KEY UPDATE against other changes of the customer, KEY SHARE against its erasure
 * alone.
 */
export type LockStrength = "NO KEY UPDATE" | "KEY SHARE";

/** Locks the customer that a call names. NOT_FOUND when the caller sees no such customer (visibility.ts). */
export async function lockCustomer(
  tx: Prisma.TransactionClient,
  { visibility, id }: CustomerTarget,
  strength: LockStrength,
): Promise<LockedCustomer> {
  const rows = await tx.$queryRaw<{ company_id: string; archived: boolean }[]>`
    SELECT c.company_id, c.archived_time IS NOT NULL AS archived FROM customer c
    WHERE c.id = ${id} AND ${bound(visibleTo("c"), visibility)}
    FOR ${Prisma.raw(strength)}`;
  const row = theOne(rows, "Customer", id);
  if (!row) throw notFound("Customer", id);
  return { companyId: row.company_id, id, archived: row.archived };
}
