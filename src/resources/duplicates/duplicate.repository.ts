import type { AccessFilter } from "../../core/access.js";
import { requireFound } from "../../core/company-resource.js";
import { grantPredicate, toPrismaPredicate } from "../../db/access-filter.js";
import { recordChanges, stayingAt } from "../../db/audit-log.js";
import type { Database } from "../../db/database.js";
import { once, orNotFound, orThrow } from "../../db/idempotent-write.js";
import type { Prisma } from "../../gen/prisma/client.js";
import type { CustomerPair, DuplicateRepository } from "./duplicate.model.js";
import { listDuplicates } from "./duplicate-list.repository.js";

export function createDuplicateRepository(database: Database): DuplicateRepository {
  return {
    list: (filter, page, signal) => listDuplicates(database, filter, page, signal),

    setDismissed: (pair, dismissed, access, write) =>
      once(database, write, {
        lock: (tx) => orNotFound(lockPair(tx, pair, access)),
        async work({ tx, locked, now, record }) {
          const customers = orThrow(locked);
          const { companyId } = pair;
          if (await store(tx, pair, dismissed)) {
            const fields = ["dismissed_duplicates"];
            const changed = customers.map(({ id, version, businessId }) => ({
              ...{ companyId, kind: "customer" as const, id, version, time: now, fields },
              location: stayingAt(businessId ?? undefined),
            }));
            await recordChanges(tx, write, changed);
          }
          return record({ companyId, kind: "customer", ids: customers.map(({ id }) => id) });
        },
        response: async () => {},
      }),
  };
}

interface PairRow {
  readonly id: string;
  readonly version: bigint;
  readonly businessId: string | null;
}

/** The customers by id. Their lock keeps out their erasure, and nothing else. */
async function lockPair(
  tx: Prisma.TransactionClient,
  { companyId, customerId, otherCustomerId }: CustomerPair,
  access: AccessFilter,
): Promise<readonly PairRow[]> {
  const isVisible = toPrismaPredicate(grantPredicate("c"), access);
  const rows = await tx.$queryRaw<PairRow[]>`
    SELECT c.id, c.version, c.preferred_business_id AS "businessId" FROM customer c
    WHERE c.company_id = ${companyId} AND c.id = ANY(${[customerId, otherCustomerId]}::text[]) AND ${isVisible}
    ORDER BY c.id FOR KEY SHARE`;
  return [customerId, otherCustomerId]
    .map((id) =>
      requireFound(
        rows.find((row) => row.id === id),
        "Customer",
        id,
      ),
    )
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** Returns whether something changed. */
async function store(tx: Prisma.TransactionClient, pair: CustomerPair, dismissed: boolean): Promise<boolean> {
  const { companyId, customerId: one, otherCustomerId: other } = pair;
  const [customerId, otherCustomerId] = one < other ? [one, other] : [other, one];
  const data = { companyId, customerId, otherCustomerId };
  const { count } = dismissed
    ? await tx.dismissedDuplicate.createMany({ data: [data], skipDuplicates: true })
    : await tx.dismissedDuplicate.deleteMany({ where: data });
  return count > 0;
}
