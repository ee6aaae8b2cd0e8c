import type { Prisma } from "../../gen/prisma/client.js";
import type { Traces } from "./pseudonym.js";

interface Survivor {
  readonly companyId: string;
  readonly id: string;
}

/** The ids that were merged into a customer, directly or through another one. Must be called before it is deleted. */
export async function mergedIds(
  tx: Prisma.TransactionClient,
  { companyId, id: survivorId }: Survivor,
): Promise<readonly string[]> {
  const where = { companyId, survivorId, undoneTime: null };
  const merges = await tx.customerMerge.findMany({ where, select: { fromId: true } });
  return merges.map(({ fromId }) => fromId);
}

/** Deletes the merges that name an erased customer and were undone. Those in force go with their survivor. */
export async function forgetMerges(
  tx: Prisma.TransactionClient,
  companyId: string,
  ids: readonly string[],
): Promise<void> {
  const names = [{ fromId: { in: [...ids] } }, { intoId: { in: [...ids] } }];
  await tx.customerMerge.deleteMany({ where: { companyId, OR: names } });
}

/** Deletes ids of erased records from the snapshots of merges of other people. */
export async function forgetInSnapshots(
  tx: Prisma.TransactionClient,
  companyId: string,
  traces: Traces,
): Promise<void> {
  for (const kind of ["customer", "lead", "pet"] as const) {
    const ids = [...(traces.get(kind) ?? [])];
    if (ids.length === 0) continue;
    await tx.$executeRaw`SELECT forget_in_snapshots(${companyId}, ${kind}, r.id) FROM unnest(${ids}::text[]) AS r (id)`;
  }
}
