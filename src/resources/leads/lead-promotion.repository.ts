import { notFoundError } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import { actingStaffId, type WriteContext } from "../../core/write.js";
import { addressData } from "../../db/address-columns.js";
import { auditColumns, timestamp, updatedTime } from "../../db/audit-columns.js";
import { recordChanges, recordConsent } from "../../db/audit-log.js";
import type { Database } from "../../db/database.js";
import { once } from "../../db/once.js";
import type { Prisma } from "../../gen/prisma/client.js";
import type { FieldValues } from "../custom-fields/custom-field-values.model.js";
import { customFieldsInTransaction } from "../custom-fields/custom-field-values.repository.js";
import { customerFields } from "../customers/customer.columns.js";
import { type CustomerFields, defaultPreference } from "../customers/customer.model.js";
import { readCustomer } from "../customers/customer-change.repository.js";
import { incrementCustomerCount } from "../customers/customer-limit.repository.js";
import type { Lead, LeadTarget, PromotionOutcome } from "./lead.model.js";
import { lockLead, readLead } from "./lead-change.repository.js";
import { convertCustomFields } from "./lead-promotion.model.js";

/**
 * Promotes a lead to a customer in one transaction: row, address, pets, consent, customer count. The lead keeps its row
 * with the id of the customer, so that a later or concurrent promotion returns the same customer.
 */
export function promoteLead(database: Database, target: LeadTarget, write: WriteContext): Promise<PromotionOutcome> {
  return once(database, write, {
    lock: (tx) => lockLead(tx, target),
    async work({ tx, locked: key, now, record }) {
      const lead = await readLead(tx, key);
      const { companyId, promotedCustomerId } = lead;
      if (promotedCustomerId !== undefined) return record({ companyId, kind: "customer", ids: [promotedCustomerId] });
      if (lead.archived) throw notFoundError("Lead", lead.id);
      const limit = await incrementCustomerCount(tx, companyId);
      if (limit !== undefined) return { refusal: { kind: "quota", companyId, limit } };
      return record({ companyId, kind: "customer", ids: [await storeCustomer(tx, { lead, now, write })] });
    },
    async response({ tx, locked: { companyId }, ids: [id = ""] }): Promise<PromotionOutcome> {
      return { kind: "promoted", customer: await readCustomer(tx, { companyId, id }) };
    },
  });
}

interface Promotion {
  readonly lead: Lead;
  readonly now: Date;
  readonly write: WriteContext;
}

async function storeCustomer(tx: Prisma.TransactionClient, { lead, now, write }: Promotion): Promise<string> {
  const { companyId } = lead;
  const id = newId(idPrefixes.customer);
  const author = actingStaffId(write, companyId);
  const { firstName, lastName, avatar, phone, email, consent, preferredBusinessId, referralSourceId } = lead;
  const customer: CustomerFields = {
    ...{ firstName, lastName, avatar, phone, email, consent, status: "ACTIVE", colorCode: "", source: "" },
    ...{ preference: defaultPreference, customFields: await carried(tx, lead, write) },
    ...(preferredBusinessId === undefined ? {} : { preferredBusinessId }),
    ...(referralSourceId === undefined ? {} : { referralSourceId }),
    ...(lead.allocateStaffId === undefined ? {} : { assignedStaffId: lead.allocateStaffId }),
  };
  const time = timestamp(now);
  await tx.$executeRaw(
    customerFields.insert("customer", customer, {
      ...{ company_id: companyId, id, source_lead_id: lead.id },
      ...{ created_by: author, created_time: time, last_updated_by: author, last_updated_time: time },
    }),
  );
  if (lead.address) {
    const data = { companyId, customerId: id, id: newId(idPrefixes.address), ...addressData(lead.address) };
    await tx.customerAddress.create({ data });
  }
  // In one statement, because all creates of a company with a limit wait for its counter until the transaction ends.
  const pets = await tx.$queryRaw<{ id: string; version: bigint }[]>`
    UPDATE pet AS t SET lead_id = NULL, customer_id = ${id}, ${auditColumns({ companyId, now, write })}
    WHERE company_id = ${companyId} AND lead_id = ${lead.id} AND archived_time IS NULL RETURNING id, version`;
  const version = lead.version + 1n;
  const lastUpdatedTime = updatedTime(lead, now);
  await tx.lead.update({
    where: { companyId_id: { companyId, id: lead.id } },
    data: { promotedCustomerId: id, version, lastUpdatedBy: author, lastUpdatedTime },
  });
  await recordConsent(tx, write, { companyId, subjectKind: "customer", subjectId: id, after: lead.consent, time: now });
  await recordChanges(tx, write, [
    ...pets.map((pet) => ({ companyId, kind: "pet" as const, ...pet, time: now })),
    { companyId, kind: "lead", id: lead.id, version, time: now },
    { companyId, kind: "customer", id, version: 1n, time: now },
  ]);
  return id;
}

async function carried(
  tx: Prisma.TransactionClient,
  { companyId, customFields }: Lead,
  { signal }: WriteContext,
): Promise<FieldValues> {
  if (Object.keys(customFields).length === 0) return {};
  const fields = customFieldsInTransaction(tx);
  const ofLeads = await fields.definitions(companyId, "LEAD", signal);
  return convertCustomFields(customFields, {
    ofLeads,
    ofCustomers: await fields.definitions(companyId, "CUSTOMER", signal),
  });
}
