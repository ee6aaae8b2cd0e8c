import { type CompanyResource, requireFound } from "../../core/company-resource.js";
import type { ConsentProvenance } from "../../core/consent-provenance.js";
import { respectingOptOut, type Withheld } from "../../core/contact-rule.js";
import { archivedError } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import type { ContactPhone } from "../../core/phone/contact-phone.js";
import { actingStaffId, type WriteContext, type WriteResult } from "../../core/write.js";
import { accessPredicate, requireSingleRow, toPrismaPredicate } from "../../db/access-filter.js";
import { phoneData } from "../../db/contact-phones.js";
import { storeChange } from "../../db/contact-record.js";
import { missingReferences, type Reference } from "../../db/existing-ids.js";
import { once } from "../../db/idempotent-write.js";
import { addressData } from "../../db/nested-rows.js";
import type { ContactDatabase, OptOutKeys } from "../../db/opt-out-key.js";
import { optedOutChannels } from "../../db/opt-out-list.js";
import { Prisma } from "../../gen/prisma/client.js";
import { customFieldsInTransaction } from "../custom-fields/custom-field.repository.js";
import { resolveTags } from "../setting-lists/tag.repository.js";
import { type CustomerRow, customerChildren, customerColumns, customerFields, toCustomer } from "./customer.columns.js";
import type {
  ChangedCustomer,
  Customer,
  CustomerChange,
  CustomerTarget,
  CustomerTransaction,
  References,
} from "./customer.model.js";
import { sizedCustomer } from "./customer-size.repository.js";

/**
 * Changes a customer in one transaction: lock, replay, work, new version, audit log, claim. The lock is taken before
 * the claim is looked up, so concurrent duplicates wait for each other here.
 */
export function changeCustomer(
  { database, limits, optOutKeys }: ContactDatabase,
  target: CustomerTarget,
  write: WriteContext,
  work: (unit: CustomerTransaction) => Promise<WriteResult>,
): Promise<ChangedCustomer> {
  const size = sizedCustomer(limits.recordBytes);
  return once(database, write, {
    lock(tx) {
      size.reset();
      return lockCustomer(tx, target, "NO KEY UPDATE");
    },
    async work({ tx, locked: key, now, record }) {
      const customer = await readCustomer(tx, key);
      if (key.archived) throw archivedError("Customer", customer.id);
      await size.begin(tx, customer);
      const maxTags = limits.ofCompany.MAX_TAGS;
      const { unit, finish } = createCustomerUnit(tx, { customer, now, write, maxTags, optOutKeys });
      const result = await work(unit);
      await finish();
      return record({ companyId: key.companyId, ...result });
    },
    async response({ tx, locked, ids }) {
      const customer = await readCustomer(tx, locked);
      await size.end(tx, customer);
      return { customer, resourceIds: ids };
    },
  });
}

export async function readCustomer(
  tx: Prisma.TransactionClient,
  { companyId, id }: CompanyResource,
): Promise<Customer> {
  const rows = await tx.$queryRaw<CustomerRow[]>`
    SELECT ${Prisma.raw(customerColumns)}, ${Prisma.raw(customerChildren)} FROM customer c
    WHERE c.company_id = ${companyId} AND c.id = ${id}`;
  return toCustomer(requireFound(rows[0], "Customer", id));
}

/** NO KEY UPDATE excludes other changes of the customer, KEY SHARE only its erasure. */
type LockStrength = "NO KEY UPDATE" | "KEY SHARE";

interface LockedCustomer extends CompanyResource {
  /** Its preferred location. */
  readonly businessId: string | undefined;
  readonly archived: boolean;
}

/** Locks a customer. Throws NOT_FOUND if the principal cannot access it (db/access-filter.ts). */
export async function lockCustomer(
  tx: Prisma.TransactionClient,
  { accessFilter, id }: CustomerTarget,
  strength: LockStrength,
): Promise<LockedCustomer> {
  const rows = await tx.$queryRaw<{ company_id: string; business_id: string | null; archived: boolean }[]>`
    SELECT c.company_id, c.preferred_business_id AS business_id, c.archived_time IS NOT NULL AS archived FROM customer c
    WHERE c.id = ${id} AND ${toPrismaPredicate(accessPredicate("c"), accessFilter)}
    FOR ${Prisma.raw(strength)}`;
  const row = requireFound(requireSingleRow(rows, "Customer", id), "Customer", id);
  return { companyId: row.company_id, id, businessId: row.business_id ?? undefined, archived: row.archived };
}

export interface UnitOptions {
  /** The state under the lock. */
  readonly customer: Customer;
  /** Timestamp of the change. */
  readonly now: Date;
  readonly write: WriteContext;
  readonly maxTags: number;
  readonly optOutKeys: OptOutKeys;
}

/**
 * The changes of a locked customer. `finish` stores the new version, the consent entry and the audit log entry,
 * with further changed fields.
 */
export function createCustomerUnit(
  tx: Prisma.TransactionClient,
  { customer, now, write, maxTags, optOutKeys }: UnitOptions,
): { readonly unit: CustomerTransaction; finish(others?: Iterable<string>): Promise<void> } {
  const { companyId, id: customerId } = customer;
  const author = actingStaffId(write, companyId);
  const key = (id: string) => ({ companyId_id: { companyId, id } });
  const noteStamp = { lastUpdatedBy: author, lastUpdatedTime: now };
  let change: CustomerChange = {};
  let provenance: ConsentProvenance | undefined;
  let withheld: Withheld | undefined;
  let newPhones: readonly ContactPhone[] | undefined;
  const nested = new Set<"addresses" | "notes" | "phones" | "tags">();
  const carried = new Set(customer.tags.map((tag) => tag.id));
  let isLeft = false;

  const unit: CustomerTransaction = {
    customer,
    customFields: customFieldsInTransaction(tx),

    async save(next, source) {
      const respecting = await withoutOptedOut(next);
      change = { ...next, ...respecting?.choice };
      withheld = respecting?.withheld;
      provenance = source;
    },

    skipUpdate() {
      isLeft = true;
    },

    missing: (ids) => missingReferences(tx, { companyId, ids, references: customerReferences }),
    resolveTags(references, mayCreate) {
      // The tags of the customer may have been archived in the meantime. Sending them back is always allowed.
      return resolveTags(tx, { companyId, references, carried: [...carried], mayCreate, maxTags, now, write });
    },

    async replaceTags(tags) {
      const ids = tags.map((tag) => tag.id);
      if ([...carried].some((id) => !ids.includes(id))) nested.add("tags");
      await tx.customerTag.deleteMany({ where: { companyId, customerId, tagId: { notIn: ids } } });
      await unit.addTags(tags);
    },

    async addTags(tags) {
      if (tags.some((tag) => !carried.has(tag.id))) nested.add("tags");
      const data = tags.map((tag) => ({ companyId, customerId, tagId: tag.id }));
      await tx.customerTag.createMany({ data, skipDuplicates: true });
    },

    async replacePhones(phones) {
      nested.add("phones");
      newPhones = phones;
      await tx.customerPhone.deleteMany({ where: { companyId, customerId } });
      const data = phoneData(phones).map((phone) => ({ companyId, customerId, ...phone }));
      if (data.length > 0) await tx.customerPhone.createMany({ data });
    },

    async addAddress(address) {
      nested.add("addresses");
      const data = { companyId, customerId, id: newId(idPrefixes.address), ...addressData(address) };
      await tx.customerAddress.create({ data });
    },

    async editAddress(id, address) {
      nested.add("addresses");
      await tx.customerAddress.update({ where: key(id), data: addressData(address) });
    },

    async removeAddress(id) {
      nested.add("addresses");
      await tx.customerAddress.delete({ where: key(id) });
    },

    findNotes(ids) {
      return tx.customerNote.findMany({
        where: { companyId, customerId, id: { in: [...ids] } },
        orderBy: { id: "desc" },
      });
    },

    async addNotes(texts) {
      nested.add("notes");
      const notes = texts.map((note) => ({ id: newId(idPrefixes.note), note, ...noteStamp }));
      await tx.customerNote.createMany({
        data: notes.map((note) => ({ ...note, companyId, customerId, createdTime: now })),
      });
      return notes;
    },

    async editNote(id, note) {
      nested.add("notes");
      await tx.customerNote.update({ where: key(id), data: { note, ...noteStamp } });
    },

    async keepNotes(ids) {
      const removed = await tx.customerNote.deleteMany({ where: { companyId, customerId, id: { notIn: [...ids] } } });
      if (removed.count > 0) nested.add("notes");
    },
  };

  /** A channel from which one of its numbers or its address is opted out is not permitted, whatever the request says. */
  async function withoutOptedOut(next: CustomerChange) {
    const { consent = customer.consent, preference = customer.preference, email = customer.email } = next;
    if (!newPhones && !next.consent && !next.preference && email === customer.email) return undefined;
    const after = { phones: newPhones ?? customer.phones, email };
    const channels = await optedOutChannels(tx, optOutKeys, { companyId, before: customer, after });
    const respecting = respectingOptOut({ consent, preference }, channels);
    return respecting.withheld ? respecting : undefined;
  }

  async function finish(others: Iterable<string> = []): Promise<void> {
    if (isLeft) return;
    const changed = { change, provenance, withheld, nested: [...nested, ...others] };
    await storeChange(tx, { kind: "customer", former: customer, fields: customerFields, ...changed, now, write });
  }

  return { unit, finish };
}

/** The references of a customer, in the order of their violations. */
export const customerReferences: readonly Reference<keyof References>[] = [
  ["preferredBusinessId", "business"],
  ["referralSourceId", "referral_source"],
  ["assignedStaffId", "staff"],
];
