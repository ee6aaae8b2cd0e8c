import { notFoundError } from "../../core/errors.js";
import { accessPredicate, requireSingleRow, toPrismaPredicate } from "../../db/access-filter.js";
import { Prisma } from "../../gen/prisma/client.js";
import type { CustomerTarget } from "./customer-store.model.js";

/** A locked customer row. */
export interface LockedCustomer {
  readonly companyId: string;
  readonly id: string;
  readonly archived: boolean;
}

/** NO KEY UPDATE excludes other changes of the customer, KEY SHARE only its erasure. */
export type LockStrength = "NO KEY UPDATE" | "KEY SHARE";

/** Locks a customer. Throws NOT_FOUND if the principal cannot access it (db/access-filter.ts). */
export async function lockCustomer(
  tx: Prisma.TransactionClient,
  { accessFilter, id }: CustomerTarget,
  strength: LockStrength,
): Promise<LockedCustomer> {
  const rows = await tx.$queryRaw<{ company_id: string; archived: boolean }[]>`
    SELECT c.company_id, c.archived_time IS NOT NULL AS archived FROM customer c
    WHERE c.id = ${id} AND ${toPrismaPredicate(accessPredicate("c"), accessFilter)}
    FOR ${Prisma.raw(strength)}`;
  const row = requireSingleRow(rows, "Customer", id);
  if (!row) throw notFoundError("Customer", id);
  return { companyId: row.company_id, id, archived: row.archived };
}
