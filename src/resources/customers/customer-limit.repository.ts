import { notFoundError } from "../../core/errors.js";
import type { WriteContext } from "../../core/write.js";
import type { Database } from "../../db/database.js";
import type { Prisma } from "../../gen/prisma/client.js";

/**
 * Introduces, changes or removes (null) the customer limit of a company while others create customers. A limit below
 * the current count rejects new customers and does not affect existing ones.
 *
 * Transactions that add or remove a counted customer hold FOR KEY SHARE on the company row until they commit
 * (customer.repository.ts), so the count cannot change under FOR UPDATE. The counter row is updated in place and
 * never replaced: a create that waited for this lock continues with its new version, even if its snapshot is older.
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
 * Waits for transactions that add or remove a customer, and blocks new ones.
 *
 * @throws DomainError RESOURCE_NOT_FOUND
 */
export async function lockCompanyAgainstCreates(tx: Prisma.TransactionClient, companyId: string): Promise<void> {
  const found = await tx.$queryRaw<{ id: string }[]>`SELECT id FROM company WHERE id = ${companyId} FOR UPDATE`;
  if (found.length === 0) throw notFoundError("Company", companyId);
}

/** Stores the limit and its counter. Requires `lockCompanyAgainstCreates`. */
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

/**
 * Counts a new customer. If the limit is reached, returns it and counts nothing. FOR KEY SHARE on the company comes
 * first: it excludes a transaction that introduces a limit (customer-limit.repository.ts), but not other counts.
 */
export async function incrementCustomerCount(
  tx: Prisma.TransactionClient,
  companyId: string,
): Promise<number | undefined> {
  const limit = await limitOf(tx, companyId);
  if (limit === null) return undefined;
  const counted = await tx.$executeRaw`UPDATE company_customer_count SET customers = customers + 1
    WHERE company_id = ${companyId} AND customers < ${limit}`;
  return counted === 0 ? limit : undefined;
}

/**
 * How many more customers the company may have. Undefined without a limit. Until the transaction ends, no other one counts
 * a customer.
 */
export async function customerRoom(
  tx: Prisma.TransactionClient,
  companyId: string,
): Promise<{ readonly limit: number; readonly room: number } | undefined> {
  const limit = await limitOf(tx, companyId);
  if (limit === null) return undefined;
  const [counted] = await tx.$queryRaw<{ customers: number }[]>`
    SELECT customers FROM company_customer_count WHERE company_id = ${companyId} FOR NO KEY UPDATE`;
  return { limit, room: Math.max(0, limit - (counted?.customers ?? limit)) };
}

/** Counts new customers, for which there is room. */
export async function addToCustomerCount(
  tx: Prisma.TransactionClient,
  companyId: string,
  added: number,
): Promise<void> {
  await tx.$executeRaw`UPDATE company_customer_count SET customers = customers + ${added}
    WHERE company_id = ${companyId}`;
}

/** Counts a removed customer, under the same lock. */
export async function decrementCustomerCount(tx: Prisma.TransactionClient, companyId: string): Promise<void> {
  if ((await limitOf(tx, companyId)) === null) return;
  await tx.$executeRaw`UPDATE company_customer_count SET customers = customers - 1 WHERE company_id = ${companyId}`;
}

async function limitOf(tx: Prisma.TransactionClient, companyId: string): Promise<number | null> {
  const [company] = await tx.$queryRaw<{ max_customers: number | null }[]>`
    SELECT max_customers FROM company WHERE id = ${companyId} FOR KEY SHARE`;
  return company?.max_customers ?? null;
}
