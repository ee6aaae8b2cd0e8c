import { takenExternalIds } from "../../db/external-ids.js";
import { survivorsOf } from "../../db/merge-survivors.js";
import type { Prisma } from "../../gen/prisma/client.js";
import type { BatchFacts, PackagesById } from "./package-batch.model.js";
import type { SalesOfCompany } from "./package-sale.model.js";
import { readSaleFacts } from "./package-sale-facts.repository.js";

/** Reads what the sales of a batch refer to, and which of the ids that they state are taken. */
export async function readBatchFacts(tx: Prisma.TransactionClient, asked: SalesOfCompany): Promise<BatchFacts> {
  const { companyId, sales } = asked;
  const facts = await readSaleFacts(tx, asked);
  const missing = sales.map(({ customerId }) => customerId).filter((id) => !facts.customerIds.has(id));
  const ids = sales.flatMap(({ id }) => id ?? []);
  const lineIds = sales.flatMap(({ lines = [] }) => lines.flatMap(({ id }) => id ?? []));
  const externalIds = sales.flatMap((sale) => sale.externalIds);
  const taken = (given: string[]) => ({ where: { companyId, id: { in: given } }, select: { id: true } });
  const packages = ids.length === 0 ? [] : await tx.package.findMany(taken(ids));
  const lines = lineIds.length === 0 ? [] : await tx.packageService.findMany(taken(lineIds));
  return {
    ...facts,
    takenIds: new Set(packages.map(({ id }) => id)),
    takenLineIds: new Set(lines.map(({ id }) => id)),
    takenExternalIds: await takenExternalIds(tx, { kind: "package", companyId }, externalIds),
    merged: missing.length === 0 ? new Map() : await survivorsOf(tx, reachOf(asked), missing),
  };
}

function reachOf({ companyId, businessIds }: SalesOfCompany) {
  const grants = businessIds?.map((id) => `${companyId}/${id}`) ?? [companyId];
  return { companyId, accessFilter: { companyIds: [companyId], grants } };
}

/** The versions of those packages that the API key can access. */
export async function versionsOf(
  tx: Prisma.TransactionClient,
  { companyId, businessIds, ids }: PackagesById,
): Promise<ReadonlyMap<string, bigint>> {
  if (ids.length === 0) return new Map();
  const where = { companyId, id: { in: [...ids] }, ...(businessIds ? { businessId: { in: [...businessIds] } } : {}) };
  const rows = await tx.package.findMany({ where, select: { id: true, version: true } });
  return new Map(rows.map(({ id, version }) => [id, version]));
}
