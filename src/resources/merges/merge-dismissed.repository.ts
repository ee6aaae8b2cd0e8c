import { Prisma } from "../../gen/prisma/client.js";
import type { MergedIds, MergeSnapshot } from "./merge-snapshot.repository.js";

type Ids = Omit<MergedIds, "mergeId">;

/** The columns of a pair, of which the smaller id comes first. */
const pairOf = (one: string, other: Prisma.Sql) =>
  Prisma.sql`least(${one}::text COLLATE "C", ${other}), greatest(${one}::text COLLATE "C", ${other})`;

/**
 * Customers that were found to be no duplicates of the merged customer are no duplicates of the survivor. Must be called
 * before the merged one is deleted. The lock keeps an erasure of the others from failing the merge.
 */
export async function carryDismissedPairs(
  tx: Prisma.TransactionClient,
  { companyId, fromId, intoId }: Ids,
): Promise<void> {
  await tx.$executeRaw`INSERT INTO dismissed_duplicate (company_id, customer_id, other_customer_id)
    SELECT c.company_id, ${pairOf(intoId, Prisma.sql`c.id`)} FROM customer c
    WHERE c.company_id = ${companyId} AND c.id <> ${intoId} AND c.id IN (
      SELECT d.customer_id FROM dismissed_duplicate d WHERE d.company_id = ${companyId} AND d.other_customer_id = ${fromId}
      UNION ALL
      SELECT d.other_customer_id FROM dismissed_duplicate d WHERE d.company_id = ${companyId} AND d.customer_id = ${fromId})
    ORDER BY c.id FOR KEY SHARE OF c
    ON CONFLICT DO NOTHING`;
}

/**
 * Gives the pairs back that came to the survivor with the merge. Those that were restored since stay restored. A
 * customer that was merged since is looked for under the id of the survivor.
 */
export async function restoreDismissedPairs(
  tx: Prisma.TransactionClient,
  { companyId, fromId, intoId }: Ids,
  { dismissed = [], intoDismissed = [] }: Pick<MergeSnapshot, "dismissed" | "intoDismissed">,
): Promise<void> {
  const former = [...(await presentIds(tx, companyId, dismissed))];
  const own = new Set(await presentIds(tx, companyId, intoDismissed));
  const carried = former.filter((id) => id !== intoId && !own.has(id));
  await tx.$executeRaw`INSERT INTO dismissed_duplicate (company_id, customer_id, other_customer_id)
    SELECT c.company_id, ${pairOf(fromId, Prisma.sql`c.id`)} FROM customer c
    WHERE c.company_id = ${companyId} AND c.id = ANY(${former}::text[]) AND (c.id = ${intoId} OR EXISTS (
      SELECT 1 FROM dismissed_duplicate d WHERE d.company_id = ${companyId}
        AND (d.customer_id, d.other_customer_id) = (${pairOf(intoId, Prisma.sql`c.id`)})))
    ORDER BY c.id FOR KEY SHARE OF c
    ON CONFLICT DO NOTHING`;
  await tx.$executeRaw`DELETE FROM dismissed_duplicate d WHERE d.company_id = ${companyId}
    AND ((d.customer_id = ${intoId} AND d.other_customer_id = ANY(${carried}::text[]))
      OR (d.other_customer_id = ${intoId} AND d.customer_id = ANY(${carried}::text[])))`;
}

/** The ids of those who were merged since are those of their survivors. */
async function presentIds(
  tx: Prisma.TransactionClient,
  companyId: string,
  ids: readonly string[],
): Promise<readonly string[]> {
  const where = { companyId, fromId: { in: [...ids] }, undoneTime: null };
  const merges = await tx.customerMerge.findMany({ where, select: { fromId: true, survivorId: true } });
  const survivors = new Map(merges.map(({ fromId, survivorId }) => [fromId, survivorId]));
  return [...new Set(ids.map((id) => survivors.get(id) ?? id))];
}
