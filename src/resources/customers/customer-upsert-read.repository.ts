import { Prisma } from "../../gen/prisma/client.js";
import { type CustomerRow, customerChildren, customerColumns } from "./customer.columns.js";

/** A customer with the size of all its notes. */
export interface UpsertedRow extends CustomerRow {
  readonly note_count: number;
  readonly note_bytes: number;
}

/** Customers with their children. */
export async function readUpserted(
  tx: Prisma.TransactionClient,
  companyId: string,
  ids: readonly string[],
): Promise<readonly UpsertedRow[]> {
  if (ids.length === 0) return [];
  return tx.$queryRaw<UpsertedRow[]>`
    SELECT ${Prisma.raw(customerColumns)}, ${Prisma.raw(customerChildren)}, stored.note_count, stored.note_bytes
    FROM customer c, LATERAL (
      SELECT count(*)::float8 AS note_count, coalesce(sum(octet_length(n.note)), 0)::float8 AS note_bytes
      FROM customer_note n WHERE n.company_id = c.company_id AND n.customer_id = c.id) stored
    WHERE c.company_id = ${companyId} AND c.id = ANY(${[...ids]}::text[])`;
}

/** Ids of the customers that others were merged into, by the former id. */
export async function survivorIds(
  tx: Prisma.TransactionClient,
  companyId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const where = { companyId, fromId: { in: [...ids] }, undoneTime: null };
  const merges = await tx.customerMerge.findMany({ where, select: { fromId: true, survivorId: true } });
  return new Map(merges.map(({ fromId, survivorId }) => [fromId, survivorId]));
}
