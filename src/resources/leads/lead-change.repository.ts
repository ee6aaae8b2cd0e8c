import type { RecordTarget } from "../../core/access.js";
import { type CompanyResource, requireFound } from "../../core/company-resource.js";
import type { ConsentProvenance } from "../../core/consent-provenance.js";
import { consentRespectingOptOut, type Withheld } from "../../core/contact-rule.js";
import { notFoundError } from "../../core/errors.js";
import type { ContactPhone } from "../../core/phone/contact-phone.js";
import type { WriteContext, WriteResult } from "../../core/write.js";
import { grantPredicate, leadGrantPredicate, requireSingleRow, toPrismaPredicate } from "../../db/access-filter.js";
import { withoutAddress } from "../../db/audit-log.js";
import { phoneData } from "../../db/contact-phones.js";
import { storeChange } from "../../db/contact-record.js";
import { missingReferences, type Reference } from "../../db/existing-ids.js";
import { refusingTakenIds, replaceExternalIds } from "../../db/external-ids.js";
import { once } from "../../db/idempotent-write.js";
import type { ContactDatabase, OptOutKeys } from "../../db/opt-out-key.js";
import { optedOutChannels } from "../../db/opt-out-list.js";
import { Prisma } from "../../gen/prisma/client.js";
import { customFieldsInTransaction } from "../custom-fields/custom-field.repository.js";
import { createPetWriter } from "../pets/pet-writer.repository.js";
import { type LeadRow, leadChildren, leadColumns, leadFields, toLead } from "./lead.columns.js";
import {
  assertLead,
  type ChangedLead,
  type Lead,
  type LeadChange,
  type LeadReferences,
  type LeadTransaction,
} from "./lead.model.js";
import { notesAndTagsOf, writtenTags } from "./lead-note.repository.js";
import { sizedLead } from "./lead-size.repository.js";

/** Changes a lead in one transaction, with the steps of customer-change.repository.ts. */
export function changeLead(
  { database, limits, optOutKeys }: ContactDatabase,
  target: RecordTarget,
  write: WriteContext,
  work: (unit: LeadTransaction) => Promise<WriteResult>,
): Promise<ChangedLead> {
  const size = sizedLead(limits.recordBytes);
  const changed = once(database, write, {
    lock(tx) {
      size.reset();
      return lockLead(tx, target);
    },
    async work({ tx, locked: key, now, record }) {
      const lead = assertLead(await readLead(tx, key));
      await size.begin(tx, lead);
      const maxTags = limits.ofCompany.MAX_TAGS;
      const { unit, finish } = createLeadUnit(tx, { lead, now, write, maxTags, optOutKeys });
      const result = await work(unit);
      await finish();
      return record({ companyId: key.companyId, ...result });
    },
    async response({ tx, locked, ids }) {
      const lead = await readLead(tx, locked);
      await size.end(tx, lead);
      return { lead, resourceIds: ids, tags: await writtenTags(tx, lead, ids) };
    },
  });
  return refusingTakenIds(changed);
}

/**
 * Locks a lead, promoted or not. Throws NOT_FOUND if the principal cannot access it.
 *
 * Access to a promoted lead is checked after the lock: a transaction that waited gets the row as the promotion left it,
 * but its statement's snapshot does not contain the new customer yet.
 */
export async function lockLead(
  tx: Prisma.TransactionClient,
  { accessFilter, id }: RecordTarget,
): Promise<CompanyResource> {
  const rows = await tx.$queryRaw<{ company_id: string; is_promoted: boolean }[]>`
    SELECT l.company_id, l.promoted_customer_id IS NOT NULL AS is_promoted FROM lead l
    WHERE l.company_id = ANY(${[...accessFilter.companyIds]}::text[]) AND l.id = ${id}
      AND (l.promoted_customer_id IS NOT NULL OR ${toPrismaPredicate(grantPredicate("l"), accessFilter)})
    FOR NO KEY UPDATE`;
  const seen = rows.some((row) => row.is_promoted) ? await seenLeads(tx, { accessFilter, id }) : rows;
  const { company_id: companyId } = requireFound(requireSingleRow(seen, "Lead", id), "Lead", id);
  return { companyId, id };
}

/** Throws NOT_FOUND if the principal cannot access the lead. */
export async function assertLeadSeen(tx: Prisma.TransactionClient, target: RecordTarget): Promise<void> {
  const [row] = await seenLeads(tx, target);
  if (!row) throw notFoundError("Lead", target.id);
}

function seenLeads(
  tx: Prisma.TransactionClient,
  { accessFilter, id }: RecordTarget,
): Promise<{ company_id: string }[]> {
  const isSeen = toPrismaPredicate(leadGrantPredicate("l"), accessFilter);
  return tx.$queryRaw`
    SELECT l.company_id FROM lead l
    WHERE l.company_id = ANY(${[...accessFilter.companyIds]}::text[]) AND l.id = ${id} AND ${isSeen}`;
}

export async function readLead(tx: Prisma.TransactionClient, { companyId, id }: CompanyResource): Promise<Lead> {
  const rows = await tx.$queryRaw<LeadRow[]>`
    SELECT ${Prisma.raw(leadColumns)}, ${Prisma.raw(leadChildren)} FROM lead l
    WHERE l.company_id = ${companyId} AND l.id = ${id}`;
  return toLead(requireFound(rows[0], "Lead", id));
}

/** The same for several leads, in any order. */
export async function readLeads(
  tx: Prisma.TransactionClient,
  { companyId, ids }: { readonly companyId: string; readonly ids: readonly string[] },
): Promise<readonly Lead[]> {
  const rows = await tx.$queryRaw<LeadRow[]>`
    SELECT ${Prisma.raw(leadColumns)}, ${Prisma.raw(leadChildren)} FROM lead l
    WHERE l.company_id = ${companyId} AND l.id = ANY(${[...ids]}::text[])`;
  return rows.map(toLead);
}

interface LeadUnitOptions {
  /** The state under the lock. */
  readonly lead: Lead;
  /** Timestamp of the change. */
  readonly now: Date;
  readonly write: WriteContext;
  /** Most tags of the company. Needed only by a unit that creates tags. */
  readonly maxTags?: number;
  /** Needed only by a unit that changes the lead itself. */
  readonly optOutKeys?: OptOutKeys;
}

/**
 * The changes of a locked lead. `finish` stores the new version, the consent entry and the audit log entry,
 * with further changed fields.
 */
export function createLeadUnit(
  tx: Prisma.TransactionClient,
  { lead, now, write, maxTags = 0, optOutKeys }: LeadUnitOptions,
): { readonly unit: LeadTransaction; finish(others?: readonly string[]): Promise<void> } {
  const { companyId, id: leadId } = lead;
  const pets = createPetWriter(tx, {
    companyId,
    businessId: lead.preferredBusinessId,
    now,
    write: withoutAddress(write),
  });
  const nested = new Set<"external_ids" | "notes" | "pets" | "phones" | "tags">();
  let change: LeadChange = {};
  let isLeft = false;
  let provenance: ConsentProvenance | undefined;
  let withheld: Withheld | undefined;
  let newPhones: readonly ContactPhone[] | undefined;

  const unit: LeadTransaction = {
    lead,
    customFields: customFieldsInTransaction(tx),

    async save(next, source) {
      const respecting = await withoutOptedOut(next);
      change = respecting ? { ...next, consent: respecting.choice } : next;
      withheld = respecting?.withheld;
      provenance = source;
    },

    skipUpdate() {
      isLeft = true;
    },

    ...notesAndTagsOf(tx, { lead, now, write, maxTags, changed: (part) => nested.add(part) }),

    async replacePhones(phones) {
      nested.add("phones");
      newPhones = phones;
      await tx.leadPhone.deleteMany({ where: { companyId, leadId } });
      const data = phoneData(phones).map((phone) => ({ companyId, leadId, ...phone }));
      if (data.length > 0) await tx.leadPhone.createMany({ data });
    },

    async replaceExternalIds(ids) {
      nested.add("external_ids");
      await replaceExternalIds(tx, { kind: "lead", companyId, id: leadId, before: lead.externalIds, after: ids });
    },

    missing: (ids) => missingReferences(tx, { companyId, ids, references: leadReferences }),
    missingPetCodes: (ids) => pets.missingCodes(ids),
    missingPetNotes: (pet, ids) => pets.missingNotes(pet, ids),
    async addPet(pet) {
      nested.add("pets");
      await pets.add({ kind: "lead", id: leadId }, pet);
    },
    async editPet(pet, edit) {
      nested.add("pets");
      await pets.edit(pet, edit);
    },
    async removePet(pet) {
      nested.add("pets");
      await pets.remove(pet);
    },

    defaultLifeCycleId: () => defaultLifeCycleId(tx, companyId),
  };

  /** See customer-change.repository.ts. */
  async function withoutOptedOut(next: LeadChange) {
    const { consent = lead.consent, email = lead.email } = next;
    if (!newPhones && !next.consent && email === lead.email) return undefined;
    if (!optOutKeys) throw new Error("a lead is changed without the list of opt-outs");
    const after = { phones: newPhones ?? lead.phones, email };
    const channels = await optedOutChannels(tx, optOutKeys, { companyId, before: lead, after });
    const respecting = consentRespectingOptOut(consent, channels);
    return respecting.withheld ? respecting : undefined;
  }

  const finish = async (others: readonly string[] = []) => {
    if (isLeft) return;
    const changed = { change, provenance, withheld, nested: [...nested, ...others] };
    await storeChange(tx, { kind: "lead", former: lead, fields: leadFields, ...changed, now, write });
  };
  return { unit, finish };
}

/** The default stage of the company, if it has one. */
export async function defaultLifeCycleId(tx: Prisma.TransactionClient, companyId: string): Promise<string | undefined> {
  const stage = await tx.lifeCycle.findFirst({ where: { companyId, isDefault: true }, select: { id: true } });
  return stage?.id;
}

/** The tables of what a lead refers to. */
export const leadReferences: readonly Reference<keyof LeadReferences>[] = [
  ["preferredBusinessId", "business"],
  ["allocateStaffId", "staff"],
  ["lifeCycleId", "life_cycle"],
  ["actionStatusId", "action_status"],
  ["referralSourceId", "referral_source"],
];
