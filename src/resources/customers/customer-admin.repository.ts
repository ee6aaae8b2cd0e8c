import { erasedError } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import { actingStaffId, type WriteContext } from "../../core/write.js";
import { addressData } from "../../db/address-columns.js";
import { timestamp, updatedTime } from "../../db/audit-columns.js";
import { recordChange, recordConsent } from "../../db/audit-log.js";
import type { Database } from "../../db/database.js";
import { createEraser, eraseRecord, isErased, type RecordKey } from "../../db/erasure/erasure.js";
import type { Pseudonym } from "../../db/erasure/pseudonym.js";
import { findExistingIds } from "../../db/existing-ids.js";
import { once } from "../../db/once.js";
import type { Prisma } from "../../gen/prisma/client.js";
import { resolveTags } from "../setting-lists/tag.repository.js";
import { customerFields } from "./customer.columns.js";
import { type Customer, type CustomerTarget, newCustomerFields } from "./customer.model.js";
import type { CustomerAdminRepository, CustomerImportUnit } from "./customer-admin.model.js";
import { lockCustomer, missingReferences, missingStaff, readCustomer } from "./customer-change.repository.js";
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

export interface CustomerImporting {
  readonly target: CustomerTarget & RecordKey;
  readonly write: WriteContext;
  readonly pseudonym: Pseudonym;
  work(unit: CustomerImportUnit): Promise<void>;
}

/**
 * Imports a customer. The claim comes first: there is no row yet whose lock could make a concurrent duplicate wait, and
 * a duplicate that waited for the customer limit or the id would be rejected because of what the first one stored.
 */
export function importCustomer(
  database: Database,
  { target, write, pseudonym, work }: CustomerImporting,
): Promise<Customer> {
  const { companyId, id } = target;
  return once(database, write, {
    lock: async () => {},
    async replay({ tx }) {
      if (await isErased(tx, { companyId, kind: "customer", id, pseudonym })) throw erasedError("Customer", id);
      await lockCustomer(tx, target, "KEY SHARE");
    },
    async work({ tx, now, record }) {
      const recorded = await record({ companyId, kind: "customer", ids: [id] });
      await work(createUnit(tx, { target, now, write, pseudonym }));
      return recorded;
    },
    response: ({ tx }) => readCustomer(tx, target),
  });
}

interface UnitOptions extends Omit<CustomerImporting, "work"> {
  readonly now: Date;
}

function createUnit(
  tx: Prisma.TransactionClient,
  { target: { companyId, id }, now, write, pseudonym }: UnitOptions,
): CustomerImportUnit {
  return {
    now,
    exists: async (customerId) => (await tx.customer.count({ where: { companyId, id: customerId } })) > 0,
    isErased: () => isErased(tx, { companyId, kind: "customer", id, pseudonym }),
    missing: (references) => missingReferences(tx, companyId, references),
    missingStaff: (ids) => missingStaff(tx, companyId, ids),
    taken: (kind, ids) => findExistingIds(tx, { companyId, kind, ids }),

    resolveTags: (references, mayCreate) =>
      resolveTags(tx, { companyId, references, carried: [], mayCreate, now, write }),
    count: () => incrementCustomerCount(tx, companyId),

    async insert(customer) {
      const { createdBy, createdTime, lastUpdatedBy, lastUpdatedTime, lastAppointmentTime, nextAppointmentTime } =
        customer;
      await tx.$executeRaw(
        customerFields.insert(
          "customer",
          { ...newCustomerFields, ...customer },
          {
            ...{ company_id: companyId, id, created_by: createdBy, created_time: timestamp(createdTime) },
            ...{ last_updated_by: lastUpdatedBy, last_updated_time: timestamp(lastUpdatedTime) },
            ...(lastAppointmentTime ? { last_appointment_time: timestamp(lastAppointmentTime) } : {}),
            ...(nextAppointmentTime ? { next_appointment_time: timestamp(nextAppointmentTime) } : {}),
          },
        ),
      );
      if (customer.address) {
        const { id: addressId = newId(idPrefixes.address), ...address } = customer.address;
        const data = { companyId, customerId: id, id: addressId, ...addressData(address) };
        await tx.customerAddress.create({ data });
      }
      await tx.customerNote.createMany({
        data: customer.notes.map(({ id: noteId = newId(idPrefixes.note), text: note, ...stamp }) => ({
          ...{ companyId, customerId: id, id: noteId, note, ...stamp },
        })),
      });
      await tx.customerTag.createMany({
        data: customer.tags.map((tag) => ({ companyId, customerId: id, tagId: tag.id })),
      });
      const subject = { companyId, subjectKind: "customer", subjectId: id } as const;
      await recordConsent(tx, write, { ...subject, after: customer.consent, time: now });
      await recordChange(tx, write, { companyId, kind: "customer", id, version: 1n, time: now });
    },
  };
}
