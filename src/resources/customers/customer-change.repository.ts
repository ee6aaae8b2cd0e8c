import { archivedError, notFoundError } from "../../core/errors.js";
import type { WriteContext, WriteResult } from "../../core/write.js";
import { accessPredicate, requireSingleRow, toPrismaPredicate } from "../../db/access-filter.js";
import type { Database } from "../../db/database.js";
import { once } from "../../db/once.js";
import { Prisma } from "../../gen/prisma/client.js";
import { type CustomerRow, customerChildren, customerColumns, toCustomer } from "./customer.columns.js";
import type { ChangedCustomer, Customer, CustomerTarget, CustomerTransaction } from "./customer.model.js";
import { createCustomerUnit } from "./customer-transaction.repository.js";

/**
 * Changes a customer in one transaction: lock, replay, work, new version, audit log, claim. The lock is taken before
 * the claim is looked up, so concurrent duplicates wait for each other here.
 */
export function changeCustomer(
  database: Database,
  target: CustomerTarget,
  write: WriteContext,
  work: (unit: CustomerTransaction) => Promise<WriteResult>,
): Promise<ChangedCustomer> {
  return once(database, write, {
    lock: (tx) => lockCustomer(tx, target, "NO KEY UPDATE"),
    async work({ tx, locked: key, now, record }) {
      const customer = await readCustomer(tx, key);
      if (key.archived) throw archivedError("Customer", customer.id);
      const { unit, finish } = createCustomerUnit(tx, { customer, now, write });
      const result = await work(unit);
      await finish();
      return record({ companyId: key.companyId, ...result });
    },
    response: ({ tx, locked, ids }) => changedCustomer(tx, locked, ids),
  });
}

export type CustomerKey = Pick<LockedCustomer, "companyId" | "id">;

export async function readCustomer(tx: Prisma.TransactionClient, { companyId, id }: CustomerKey): Promise<Customer> {
  const rows = await tx.$queryRaw<CustomerRow[]>`
    SELECT ${Prisma.raw(customerColumns)}, ${Prisma.raw(customerChildren)} FROM customer c
    WHERE c.company_id = ${companyId} AND c.id = ${id}`;
  const [row] = rows;
  if (!row) throw notFoundError("Customer", id);
  return toCustomer(row);
}

async function changedCustomer(
  tx: Prisma.TransactionClient,
  key: CustomerKey,
  resourceIds: readonly string[],
): Promise<ChangedCustomer> {
  const customer = await readCustomer(tx, key);
  const rows = await tx.customerNote.findMany({
    where: { companyId: key.companyId, customerId: key.id, id: { in: [...resourceIds] } },
    orderBy: { id: "asc" },
  });
  return { customer, resourceIds, notes: rows };
}

/** A locked customer row. */
export interface LockedCustomer {
  readonly companyId: string;
  readonly id: string;
  readonly archived: boolean;
}

/** NO KEY UPDATE excludes other changes of the customer, KEY SHARE only its erasure. */
export type LockStrength = "NO KEY UPDATE" | "KEY SHARE";

/** Locks a customer. Throws NOT_FOUND if the principal cannot access it (db/access-filter.ts). */
export async function lockCustomer(
  tx: Prisma.TransactionClient,
  { accessFilter, id }: CustomerTarget,
  strength: LockStrength,
): Promise<LockedCustomer> {
  const rows = await tx.$queryRaw<{ company_id: string; archived: boolean }[]>`
    SELECT c.company_id, c.archived_time IS NOT NULL AS archived FROM customer c
    WHERE c.id = ${id} AND ${toPrismaPredicate(accessPredicate("c"), accessFilter)}
    FOR ${Prisma.raw(strength)}`;
  const row = requireSingleRow(rows, "Customer", id);
  if (!row) throw notFoundError("Customer", id);
  return { companyId: row.company_id, id, archived: row.archived };
}
