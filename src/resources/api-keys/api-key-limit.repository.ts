import { archivedShare, companyLimitReached } from "../../core/company-limits.js";
import { Prisma } from "../../gen/prisma/client.js";
import { type Organization, organizationTypes } from "./api-key.model.js";

/**
 * Throws COMPANY_LIMIT_REACHED if a company or enterprise of a new key has as many keys as it may have. Keys that were
 * revoked or have expired count only for the limit of all keys. Concurrent creates for the same organization wait for
 * each other: at a lock of its id, because an enterprise has no row.
 */
export async function assertKeyRoom(
  tx: Prisma.TransactionClient,
  organizations: readonly Organization[],
  limit: number,
): Promise<void> {
  // Sorted, so that two creates for the same organizations cannot deadlock.
  const owners = [...new Set(organizations.map(ownerOf))].toSorted();
  for (const owner of owners) {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('api keys'), hashtext(${owner}))`;
    const { inForce, inAll } = await countKeys(tx, owner);
    const reached = { companyId: owner, name: "MAX_API_KEYS" } as const;
    if (inForce >= limit) throw companyLimitReached({ ...reached, limit });
    if (inAll >= limit * archivedShare)
      throw companyLimitReached({ ...reached, limit: limit * archivedShare, withArchived: true });
  }
}

function ownerOf(organization: Organization): string {
  return organization.type === "BUSINESS" ? organization.companyId : organization.id;
}

const business = Prisma.raw(String(organizationTypes.numberOf("BUSINESS")));

async function countKeys(tx: Prisma.TransactionClient, owner: string) {
  const [row] = await tx.$queryRaw<{ inForce: number; inAll: number }[]>`
    SELECT count(*) FILTER (WHERE k.revoked_time IS NULL
        AND (k.expired_time IS NULL OR k.expired_time > clock_timestamp()))::float8 AS "inForce",
      count(*)::float8 AS "inAll"
    FROM api_key k WHERE k.id IN (
      SELECT o.key_id FROM api_key_organization o WHERE o.organization_id = ${owner} AND o.type <> ${business}
      UNION SELECT o.key_id FROM api_key_organization o WHERE o.company_id = ${owner})`;
  return row ?? { inForce: 0, inAll: 0 };
}
