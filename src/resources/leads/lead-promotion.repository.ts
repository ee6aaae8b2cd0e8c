import type { RecordTarget } from "../../core/access.js";
import { respectingOptOut } from "../../core/contact-rule.js";
import { actingStaffId, type WriteContext } from "../../core/write.js";
import { auditColumns, recordChanges, recordConsent, stayingAt, timestamp, updatedTime } from "../../db/audit-log.js";
import { phoneData } from "../../db/contact-phones.js";
import { assertNotErased, once, orNotFound, orThrow } from "../../db/idempotent-write.js";
import { addressData } from "../../db/nested-rows.js";
import type { ContactDatabase, OptOutKeys } from "../../db/opt-out-key.js";
import { optedOutChannels } from "../../db/opt-out-list.js";
import type { Prisma } from "../../gen/prisma/client.js";
import { customFieldsInTransaction } from "../custom-fields/custom-field.repository.js";
import { customerFields } from "../customers/customer.columns.js";
import type { Customer } from "../customers/customer.model.js";
import { readCustomer } from "../customers/customer-change.repository.js";
import { incrementCustomerCount } from "../customers/customer-limit.repository.js";
import type { Lead, LeadPromotion, PromotedCustomer } from "./lead.model.js";
import { lockLead, readLead } from "./lead-change.repository.js";

/** Runs the promotion of a locked lead in one transaction. `decide` returns the id of the customer. */
export function promoteOnce(
  { database, optOutKeys }: ContactDatabase,
  target: RecordTarget,
  write: WriteContext,
  decide: (unit: LeadPromotion) => Promise<string>,
): Promise<Customer> {
  return once(database, write, {
    lock: (tx) => orNotFound(lockLead(tx, target)),
    async replay({ ids }) {
      assertNotErased("Customer", ids);
    },
    async work({ tx, locked, now, record }) {
      const { companyId, id } = orThrow(locked);
      const lead = await readLead(tx, { companyId, id });
      const customerId = await decide({
        lead,
        customFields: customFieldsInTransaction(tx),
        countCustomer: () => incrementCustomerCount(tx, companyId),
        promote: (customer) => storeCustomer(tx, { lead, customer, now, write, optOutKeys }),
      });
      return record({ companyId, kind: "customer", ids: [customerId] });
    },
    response: ({ tx, locked, ids: [id = ""] }) => readCustomer(tx, { companyId: orThrow(locked).companyId, id }),
  });
}

interface Promotion {
  readonly lead: Lead;
  readonly customer: PromotedCustomer;
  readonly now: Date;
  readonly write: WriteContext;
  readonly optOutKeys: OptOutKeys;
}

async function storeCustomer(
  tx: Prisma.TransactionClient,
  { lead, customer, now, write, optOutKeys }: Promotion,
): Promise<void> {
  const { companyId } = lead;
  const { id, phones, address, petIds } = customer;
  // The lead has the same lines, and is locked: an opt-out of them finds the lead before or its customer afterwards.
  const channels = await optedOutChannels(tx, optOutKeys, { companyId, before: lead, after: lead });
  const { choice, withheld } = respectingOptOut(customer.fields, channels);
  const fields = { ...customer.fields, ...choice };
  const author = actingStaffId(write, companyId);
  const time = timestamp(now);
  await tx.$executeRaw(
    customerFields.insert("customer", fields, {
      ...{ company_id: companyId, id, source_lead_id: lead.id },
      ...{ created_by: author, created_time: time, last_updated_by: author, last_updated_time: time },
    }),
  );
  const data = phoneData(phones).map((phone) => ({ companyId, customerId: id, ...phone }));
  if (data.length > 0) await tx.customerPhone.createMany({ data });
  if (address) {
    await tx.customerAddress.create({ data: { companyId, customerId: id, id: address.id, ...addressData(address) } });
  }
  await tx.$executeRaw`WITH moved AS (
      DELETE FROM lead_note n WHERE n.company_id = ${companyId} AND n.lead_id = ${lead.id} RETURNING n.*)
    INSERT INTO customer_note (company_id, id, customer_id, note, created_time, last_updated_by, last_updated_time)
    SELECT moved.company_id, moved.id, ${id}, moved.note, moved.created_time, moved.last_updated_by, moved.last_updated_time
    FROM moved`;
  await tx.$executeRaw`WITH moved AS (
      DELETE FROM lead_tag t WHERE t.company_id = ${companyId} AND t.lead_id = ${lead.id} RETURNING t.*)
    INSERT INTO customer_tag (company_id, customer_id, tag_id) SELECT moved.company_id, ${id}, moved.tag_id FROM moved`;
  // In one statement, because all creates of a company with a limit wait for its counter until the transaction ends.
  const pets = await tx.$queryRaw<{ id: string; version: bigint }[]>`
    UPDATE pet AS t SET lead_id = NULL, customer_id = ${id}, ${auditColumns({ companyId, now, write })}
    WHERE company_id = ${companyId} AND lead_id = ${lead.id} AND id = ANY(${[...petIds]}::text[]) RETURNING id, version`;
  const version = lead.version + 1n;
  const lastUpdatedTime = updatedTime(lead, now);
  await tx.lead.update({
    where: { companyId_id: { companyId, id: lead.id } },
    data: { promotedCustomerId: id, version, lastUpdatedBy: author, lastUpdatedTime },
  });
  await recordConsent(tx, write, {
    ...{ companyId, subjectKind: "customer", subjectId: id, formerLeadId: lead.id, time: now },
    ...{ after: fields.consent, preferenceAfter: fields.preference, withheld },
  });
  const promoted = { companyId, time: now, related: { kind: "customer", id } } as const;
  const { preferredBusinessId: before } = lead;
  const moved = { before, after: fields.preferredBusinessId };
  await recordChanges(tx, write, [
    ...pets.map((pet) => ({ ...pet, ...promoted, kind: "pet" as const, fields: ["customer_id"], location: moved })),
    {
      ...{ ...promoted, kind: "lead", id: lead.id, version },
      fields: ["promoted_customer_id"],
      location: stayingAt(before),
    },
    {
      ...{ companyId, kind: "customer", id, version: 1n, time: now, fields: [] },
      location: { after: moved.after },
      related: { kind: "lead", id: lead.id },
    },
  ]);
}
