import { archivedError, notFoundError } from "../../core/errors.js";
import type { WriteContext } from "../../core/write.js";
import type { Database } from "../../db/database.js";
import { once } from "../../db/once.js";
import { Prisma } from "../../gen/prisma/client.js";
import { type CustomerRow, customerChildren, customerColumns, toCustomer } from "./customer.columns.js";
import type { Customer } from "./customer.model.js";
import { type LockedCustomer, lockCustomer } from "./customer-lock.repository.js";
import type { ChangedCustomer, CustomerTarget, CustomerTransaction } from "./customer-store.model.js";
import { createCustomerUnit } from "./customer-transaction.repository.js";

/**
 * Changes a customer in one transaction: lock, replay, work, new version, audit log, claim. The lock is taken before
 * the claim is looked up, so concurrent duplicates wait for each other here.
 */
export function changeCustomer(
  database: Database,
  target: CustomerTarget,
  write: WriteContext,
  work: (unit: CustomerTransaction) => Promise<readonly string[]>,
): Promise<ChangedCustomer> {
  return once(database, write, {
    lock: (tx) => lockCustomer(tx, target, "NO KEY UPDATE"),
    async work({ tx, locked: key, now, record }) {
      const customer = await readCustomer(tx, key);
      if (key.archived) throw archivedError("Customer", customer.id);
      const { unit, finish } = createCustomerUnit(tx, { customer, now, write });
      const ids = await work(unit);
      await finish();
      return record({ companyId: key.companyId, ids });
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
