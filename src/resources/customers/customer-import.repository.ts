import { erasedError } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import type { WriteContext } from "../../core/write.js";
import { addressData } from "../../db/address-columns.js";
import { timestamp } from "../../db/audit-columns.js";
import { recordChange, recordConsent } from "../../db/audit-log.js";
import type { Database } from "../../db/database.js";
import { isErased, type RecordKey } from "../../db/erasure/erasure.js";
import type { Pseudonym } from "../../db/erasure/pseudonym.js";
import { findExistingIds } from "../../db/existing-ids.js";
import { once } from "../../db/once.js";
import type { Prisma } from "../../gen/prisma/client.js";
import { resolveTags } from "../setting-lists/tag.repository.js";
import { customerFields } from "./customer.columns.js";
import { type Customer, type CustomerTarget, newCustomerFields } from "./customer.model.js";
import type { CustomerImportUnit } from "./customer-admin.model.js";
import { lockCustomer, readCustomer } from "./customer-change.repository.js";
import { incrementCustomerCount } from "./customer-limit.repository.js";
import { missingReferences, missingStaff } from "./customer-references.repository.js";

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
