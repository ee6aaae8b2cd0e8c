import { sameConsent } from "../../core/consent.js";
import { idPrefixes, newId } from "../../core/ids.js";
import { actingStaffId, type WriteContext } from "../../core/write.js";
import { addressData } from "../../db/address-columns.js";
import { timestamp, updatedTime } from "../../db/audit-columns.js";
import { recordChange, recordConsent } from "../../db/audit-log.js";
import { Prisma } from "../../gen/prisma/client.js";
import { customFieldsInTransaction } from "../custom-fields/custom-field-values.repository.js";
import { resolveTags } from "../setting-lists/tag.repository.js";
import { customerFields } from "./customer.columns.js";
import type { Customer, CustomerChange, CustomerTransaction } from "./customer.model.js";
import { missingReferences } from "./customer-references.repository.js";

export interface UnitOptions {
  /** The state under the lock. */
  readonly customer: Customer;
  /** Timestamp of the change. */
  readonly now: Date;
  readonly write: WriteContext;
}

/** The changes of a locked customer. `finish` stores the new version, the consent entry and the audit log entry. */
export function createCustomerUnit(
  tx: Prisma.TransactionClient,
  { customer, now, write }: UnitOptions,
): { readonly unit: CustomerTransaction; finish(): Promise<void> } {
  const { companyId, id: customerId } = customer;
  const author = actingStaffId(write, companyId);
  const key = (id: string) => ({ companyId_id: { companyId, id } });
  const noteStamp = { lastUpdatedBy: author, lastUpdatedTime: now };
  let change: CustomerChange = {};
  let isLeft = false;

  const unit: CustomerTransaction = {
    customer,
    customFields: customFieldsInTransaction(tx),

    async save(next) {
      change = next;
    },

    skipUpdate() {
      isLeft = true;
    },

    missing: (references) => missingReferences(tx, companyId, references),
    resolveTags(references, mayCreate) {
      // The tags of the customer may have been archived in the meantime. Sending them back is always allowed.
      const carried = customer.tags.map((tag) => tag.id);
      return resolveTags(tx, { companyId, references, carried, mayCreate, now, write });
    },

    async replaceTags(tags) {
      const ids = tags.map((tag) => tag.id);
      await tx.customerTag.deleteMany({ where: { companyId, customerId, tagId: { notIn: ids } } });
      await unit.addTags(tags);
    },

    async addTags(tags) {
      const data = tags.map((tag) => ({ companyId, customerId, tagId: tag.id }));
      await tx.customerTag.createMany({ data, skipDuplicates: true });
    },

    async addAddress(address) {
      const data = { companyId, customerId, id: newId(idPrefixes.address), ...addressData(address) };
      await tx.customerAddress.create({ data });
    },

    async editAddress(id, address) {
      await tx.customerAddress.update({ where: key(id), data: addressData(address) });
    },

    async removeAddress(id) {
      await tx.customerAddress.delete({ where: key(id) });
    },

    findNotes(ids) {
      return tx.customerNote.findMany({
        where: { companyId, customerId, id: { in: [...ids] } },
        orderBy: { id: "desc" },
      });
    },

    async addNotes(texts) {
      const notes = texts.map((note) => ({ id: newId(idPrefixes.note), note, ...noteStamp }));
      await tx.customerNote.createMany({
        data: notes.map((note) => ({ ...note, companyId, customerId, createdTime: now })),
      });
      return notes;
    },

    async editNote(id, note) {
      await tx.customerNote.update({ where: key(id), data: { note, ...noteStamp } });
    },

    async keepNotes(ids) {
      await tx.customerNote.deleteMany({ where: { companyId, customerId, id: { notIn: [...ids] } } });
    },

    async removeNote(id) {
      await tx.customerNote.delete({ where: key(id) });
    },
  };

  async function finish(): Promise<void> {
    if (isLeft) return;
    const lastUpdatedTime = updatedTime(customer, now);
    const version = customer.version + 1n;
    const audit = Prisma.sql`last_updated_by = ${author}, last_updated_time = ${timestamp(lastUpdatedTime)}, version = ${version}`;
    await tx.$executeRaw`UPDATE customer SET ${Prisma.join([...customerFields.assignments(change), audit])}
      WHERE company_id = ${companyId} AND id = ${customerId}`;
    if (change.consent && !sameConsent(change.consent, customer.consent)) {
      const states = { before: customer.consent, after: change.consent };
      await recordConsent(tx, write, {
        companyId,
        subjectKind: "customer",
        subjectId: customerId,
        ...states,
        time: lastUpdatedTime,
      });
    }
    await recordChange(tx, write, { companyId, kind: "customer", id: customerId, version, time: now });
  }

  return { unit, finish };
}
