import type { Prisma } from "../../gen/prisma/client.js";

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
