import { actingStaffId, type WriteContext } from "../../core/write.js";
import { updatedTime } from "../../db/audit-columns.js";
import { recordChange } from "../../db/audit-log.js";
import type { Database } from "../../db/database.js";
import { createEraser, eraseRecord } from "../../db/erasure/erasure.js";
import type { Pseudonym } from "../../db/erasure/pseudonym.js";
import { once } from "../../db/once.js";
import type { Prisma } from "../../gen/prisma/client.js";
import type { Customer, CustomerTarget } from "./customer.model.js";
import type { CustomerAdminRepository } from "./customer-admin.model.js";
import { lockCustomer, readCustomer } from "./customer-change.repository.js";
import { importCustomer } from "./customer-import.repository.js";
import { decrementCustomerCount, incrementCustomerCount } from "./customer-limit.repository.js";

/** Archives, restores, erases and imports customers, each in one transaction. */
export function createCustomerAdminRepository(database: Database, pseudonym: Pseudonym): CustomerAdminRepository {
  return {
    async archive(target, write) {
      const { customer } = await setArchived(database, { target, write, archived: true });
      return customer;
    },

    async restore(target, write) {
      const { customer, limit } = await setArchived(database, { target, write, archived: false });
      const { companyId } = customer;
      return limit === undefined ? { kind: "restored", customer } : { kind: "quota", companyId, limit };
    },

    erase(target, write) {
      const lock = (tx: Prisma.TransactionClient) => lockCustomer(tx, target, "NO KEY UPDATE");
      return createEraser(database, { lock, kind: "customer", write }, async (tx, { companyId, id }, now) => {
        const customer = await readCustomer(tx, { companyId, id });
        if (!customer.archived) await decrementCustomerCount(tx, companyId);
        const erased = { companyId, time: now, pseudonym };
        await eraseRecord(tx, write, { ...erased, kind: "customer", id });
        const { sourceLeadId } = customer;
        if (sourceLeadId !== undefined) await eraseRecord(tx, write, { ...erased, kind: "lead", id: sourceLeadId });
      });
    },

    import: (target, write, work) => importCustomer(database, { target, write, pseudonym, work }),
  };
}

interface Archiving {
  readonly target: CustomerTarget;
  readonly write: WriteContext;
  readonly archived: boolean;
}

/** Returns the changed customer. If the customer limit is reached, returns the unchanged customer and the limit. */
function setArchived(
  database: Database,
  { target, write, archived }: Archiving,
): Promise<{ readonly customer: Customer; readonly limit?: number }> {
  return once(database, write, {
    lock: (tx) => lockCustomer(tx, target, "NO KEY UPDATE"),
    async work({ tx, locked: key, now, record }) {
      const { companyId, id } = key;
      if (key.archived !== archived) {
        const customer = await readCustomer(tx, key);
        const limit = archived
          ? await decrementCustomerCount(tx, companyId)
          : await incrementCustomerCount(tx, companyId);
        if (limit !== undefined) return { refusal: { customer, limit } };
        const version = customer.version + 1n;
        const lastUpdatedTime = updatedTime(customer, now);
        const stamp = { lastUpdatedBy: actingStaffId(write, companyId), lastUpdatedTime, version };
        await tx.customer.update({
          where: { companyId_id: { companyId, id } },
          data: { archivedTime: archived ? now : null, ...stamp },
        });
        await recordChange(tx, write, { companyId, kind: "customer", id, version, time: now });
      }
      return record({ companyId, kind: "customer", ids: [id] });
    },
    response: async ({ tx, locked }) => ({ customer: await readCustomer(tx, locked) }),
  });
}
