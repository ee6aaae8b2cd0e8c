import type { Prisma } from "../../gen/prisma/client.js";

/**
 * Counts one customer more; returns the limit, and counts nothing, when it is reached. FOR KEY SHARE on the company comes
 * first: it excludes the switching on of a limit (quota.ts), not others who count.
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

/** Counts one customer less, under the same lock. */
export async function decrementCustomerCount(tx: Prisma.TransactionClient, companyId: string): Promise<void> {
  if ((await limitOf(tx, companyId)) === null) return;
  await tx.$executeRaw`UPDATE company_customer_count SET customers = customers - 1 WHERE company_id = ${companyId}`;
}

async function limitOf(tx: Prisma.TransactionClient, companyId: string): Promise<number | null> {
  const [company] = await tx.$queryRaw<{ max_customers: number | null }[]>`
    SELECT max_customers FROM company WHERE id = ${companyId} FOR KEY SHARE`;
  return company?.max_customers ?? null;
}
