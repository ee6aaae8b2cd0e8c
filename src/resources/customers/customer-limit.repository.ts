import { notFoundError } from "../../core/errors.js";
import type { WriteContext } from "../../core/write.js";
import type { Database } from "../../db/database.js";
import type { Prisma } from "../../gen/prisma/client.js";

/**
 * Switches a company's customer limit on, to another value, or off (null), while others create customers. A limit below
 * the present count refuses new customers and keeps the present ones.
 *
 * Whoever adds or removes a customer that counts holds FOR KEY SHARE on the company's row until it commits
 * (customer-create.ts), so under FOR UPDATE the count stands still. The counter row is updated in place, never replaced:
 * a creator that waited for this lock follows it to its new version, even where its snapshot is older.
 *
 * @throws DomainError RESOURCE_NOT_FOUND for an unknown company
 */
export async function setCustomerLimit(
  database: Database,
  companyId: string,
  limit: number | null,
  write: WriteContext,
): Promise<void> {
  await database.transact(write, async (tx) => {
    await lockCompanyAgainstCreates(tx, companyId);
    await applyCustomerLimit(tx, companyId, limit);
  });
}

/**
 * Waits for those who are adding or removing a customer, and makes the others wait.
 *
 * @throws DomainError RESOURCE_NOT_FOUND
 */
export async function lockCompanyAgainstCreates(tx: Prisma.TransactionClient, companyId: string): Promise<void> {
  const found = await tx.$queryRaw<{ id: string }[]>`SELECT id FROM company WHERE id = ${companyId} FOR UPDATE`;
  if (found.length === 0) throw notFoundError("Company", companyId);
}

/** Stores the limit and its counter. Call it under `lockCompanyAgainstCreates`. */
export async function applyCustomerLimit(
  tx: Prisma.TransactionClient,
  companyId: string,
  limit: number | null,
): Promise<void> {
  if (limit === null) {
    await tx.companyCustomerCount.deleteMany({ where: { companyId } });
  } else {
    const customers = await tx.customer.count({ where: { companyId, archivedTime: null } });
    const create = { companyId, customers };
    await tx.companyCustomerCount.upsert({ where: { companyId }, create, update: { customers } });
  }
  await tx.company.update({ where: { id: companyId }, data: { maxCustomers: limit } });
}
