import type { AccessFilter } from "../core/access.js";
import type { Prisma } from "../gen/prisma/client.js";
import { singleCompanyAccessPredicate, toPrismaPredicate } from "./access-filter.js";

/** The customers into which those with the ids were merged, as far as the principal can access them, by the former id. */
export async function survivorsOf(
  tx: Prisma.TransactionClient,
  { companyId, accessFilter }: { readonly companyId: string; readonly accessFilter: AccessFilter },
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const isVisible = toPrismaPredicate(singleCompanyAccessPredicate("c"), accessFilter);
  const rows = await tx.$queryRaw<{ from_id: string; survivor_id: string }[]>`
    SELECT m.from_id, m.survivor_id FROM customer_merge m
    JOIN customer c ON c.company_id = m.company_id AND c.id = m.survivor_id
    WHERE m.company_id = ${companyId} AND m.from_id = ANY(${[...ids]}::text[]) AND m.undone_time IS NULL
      AND ${isVisible}`;
  return new Map(rows.map((row) => [row.from_id, row.survivor_id]));
}
