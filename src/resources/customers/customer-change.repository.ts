import { type CompanyResource, requireFound } from "../../core/company-resource.js";
import { accessPredicate, requireSingleRow, toPrismaPredicate } from "../../db/access-filter.js";
import type { Database } from "../../db/database.js";
import type { Reference } from "../../db/existing-ids.js";
import { statement } from "../../db/statement.js";
import { Prisma } from "../../gen/prisma/client.js";
import { type CustomerRow, customerChildren, customerColumns, toCustomer } from "./customer.columns.js";
import type { Customer, CustomerTarget, References } from "./customer.model.js";

export async function readCustomer(
  tx: Prisma.TransactionClient,
  { companyId, id }: CompanyResource,
): Promise<Customer> {
  const rows = await tx.$queryRaw<CustomerRow[]>`
    SELECT ${Prisma.raw(customerColumns)}, ${Prisma.raw(customerChildren)} FROM customer c
    WHERE c.company_id = ${companyId} AND c.id = ${id}`;
  return toCustomer(requireFound(rows[0], "Customer", id));
}

/** The same outside a transaction. Also by an id that was merged into another one. */
export async function findCustomer(
  database: Database,
  { companyId, id }: CompanyResource,
  signal: AbortSignal,
): Promise<Customer> {
  const read = async (one: string) => (await database.read<CustomerRow>(find, [companyId, one], signal))[0];
  const found = await read(id);
  if (found) return toCustomer(found);
  const [merge] = await database.read<{ id: string }>(findSurvivor, [[companyId], id], signal);
  return toCustomer(requireFound(merge && (await read(merge.id)), "Customer", id));
}

/** `$1` has the companies, `$2` is the id that was merged. */
export const findSurvivor = statement(
  "customer.survivor",
  `SELECT m.survivor_id AS id FROM customer_merge m
   WHERE m.company_id = ANY($1::text[]) AND m.from_id = $2 AND m.undone_time IS NULL`,
);

const find = statement(
  "customer.find",
  `SELECT ${customerColumns}, ${customerChildren} FROM customer c WHERE c.company_id = $1 AND c.id = $2`,
);

/**
 * NO KEY UPDATE excludes other changes of the customer, KEY SHARE only its erasure. UPDATE excludes new records that refer
 * to it, too.
 */
type LockStrength = "UPDATE" | "NO KEY UPDATE" | "KEY SHARE";

interface LockedCustomer extends CompanyResource {
  /** Its preferred location. */
  readonly businessId: string | undefined;
  readonly archived: boolean;
}

/** Locks a customer. Throws NOT_FOUND if the principal cannot access it (db/access-filter.ts). */
export async function lockCustomer(
  tx: Prisma.TransactionClient,
  { accessFilter, id }: CustomerTarget,
  strength: LockStrength,
): Promise<LockedCustomer> {
  const rows = await tx.$queryRaw<{ company_id: string; business_id: string | null; archived: boolean }[]>`
    SELECT c.company_id, c.preferred_business_id AS business_id, c.archived_time IS NOT NULL AS archived FROM customer c
    WHERE c.id = ${id} AND ${toPrismaPredicate(accessPredicate("c"), accessFilter)}
    FOR ${Prisma.raw(strength)}`;
  const row = requireFound(requireSingleRow(rows, "Customer", id), "Customer", id);
  return { companyId: row.company_id, id, businessId: row.business_id ?? undefined, archived: row.archived };
}

/** The references of a customer, in the order of their violations. */
export const customerReferences: readonly Reference<keyof References>[] = [
  ["preferredBusinessId", "business"],
  ["referralSourceId", "referral_source"],
  ["assignedStaffId", "staff"],
];
