import {
  archivedShare,
  type CompanyLimitName,
  type CompanyLimits,
  companyLimitReached,
} from "../core/company-limits.js";
import { Prisma } from "../gen/prisma/client.js";
import type { Changed } from "./audit-log.js";

/** What is counted of the rows of a company, and the limit. */
export interface Measure {
  readonly limit: CompanyLimitName;
  /** SQL aggregate over the rows in use. */
  readonly amount: string;
}

export interface LimitedRows {
  readonly kind: Changed["kind"];
  readonly measures: readonly Measure[];
  /** SQL condition of rows in use. */
  readonly inUse?: string;
}

export function countedBy(limit: CompanyLimitName): readonly Measure[] {
  return [{ limit, amount: "count(*)" }];
}

interface Growth extends LimitedRows {
  readonly companyId: string;
  readonly limits: CompanyLimits;
}

/**
 * Runs the work, and throws COMPANY_LIMIT_REACHED if the rows of the company grew beyond a limit. Requires the lock of
 * the company row, which excludes other changes of these rows.
 */
export async function withinLimits<T>(
  tx: Prisma.TransactionClient,
  { companyId, limits, ...rows }: Growth,
  work: () => Promise<T>,
): Promise<T> {
  if (rows.measures.length === 0) return work();
  const before = await amountsOf(tx, companyId, rows);
  const result = await work();
  const after = await amountsOf(tx, companyId, rows);
  for (const [position, { limit: name }] of rows.measures.entries()) {
    const limit = limits[name];
    const grew = (amounts: "inUse" | "inAll", most: number) =>
      (after[amounts][position] ?? 0) > Math.max(most, before[amounts][position] ?? 0);
    if (grew("inUse", limit)) throw companyLimitReached({ companyId, name, limit });
    if (grew("inAll", limit * archivedShare))
      throw companyLimitReached({ companyId, name, limit: limit * archivedShare, withArchived: true });
  }
  return result;
}

interface Amounts {
  readonly inUse: readonly number[];
  readonly inAll: readonly number[];
}

async function amountsOf(
  tx: Prisma.TransactionClient,
  companyId: string,
  { kind, measures, inUse = "archived_time IS NULL" }: LimitedRows,
): Promise<Amounts> {
  const inAll = Prisma.raw(measures.map(({ amount }) => `(${amount})::float8`).join(", "));
  const used = Prisma.raw(measures.map(({ amount }) => `(${amount} FILTER (WHERE ${inUse}))::float8`).join(", "));
  const [row] = await tx.$queryRaw<Amounts[]>`
    SELECT ARRAY[${used}] AS "inUse", ARRAY[${inAll}] AS "inAll"
    FROM ${Prisma.raw(kind)} WHERE company_id = ${companyId}`;
  return row ?? { inUse: [], inAll: [] };
}
