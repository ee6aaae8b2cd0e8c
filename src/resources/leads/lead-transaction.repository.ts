import { sameConsent } from "../../core/consent.js";
import { actingStaffId, type WriteContext } from "../../core/write.js";
import { timestamp, updatedTime } from "../../db/audit-columns.js";
import { recordChange, recordConsent } from "../../db/audit-log.js";
import { Prisma } from "../../gen/prisma/client.js";
import { customFieldsInTransaction } from "../custom-fields/custom-field-values.repository.js";
import { createPetWriter } from "../pets/pet-writer.repository.js";
import { leadFields } from "./lead.columns.js";
import type { Lead } from "./lead.model.js";
import type { LeadChange, LeadReferences, LeadTransaction } from "./lead-store.model.js";

export interface LeadUnitOptions {
  /** The state under the lock. */
  readonly lead: Lead;
  /** Timestamp of the change. */
  readonly now: Date;
  readonly write: WriteContext;
}

/** The changes of a locked lead. `finish` stores the new version, the consent entry and the audit log entry. */
export function createLeadUnit(
  tx: Prisma.TransactionClient,
  { lead, now, write }: LeadUnitOptions,
): { readonly unit: LeadTransaction; finish(): Promise<void> } {
  const { companyId, id: leadId } = lead;
  const pets = createPetWriter(tx, { companyId, now, write });
  let change: LeadChange = {};

  const unit: LeadTransaction = {
    lead,
    customFields: customFieldsInTransaction(tx),

    async save(next) {
      change = next;
    },

    missing: (references) => missingLeadReferences(tx, companyId, references),
    missingPetCodes: (ids) => pets.missingCodes(ids),
    missingPetNotes: (pet, ids) => pets.missingNotes(pet, ids),
    async addPet(pet) {
      await pets.add({ leadId }, pet);
    },
    async editPet(pet, edit) {
      await pets.edit(pet, edit);
    },
    removePet: (pet) => pets.remove(pet),

    defaultLifeCycleId: () => defaultLifeCycleId(tx, companyId),
  };

  async function finish(): Promise<void> {
    const lastUpdatedTime = updatedTime(lead, now);
    const version = lead.version + 1n;
    const author = actingStaffId(write, companyId);
    const audit = Prisma.sql`last_updated_by = ${author}, last_updated_time = ${timestamp(lastUpdatedTime)}, version = ${version}`;
    await tx.$executeRaw`UPDATE lead SET ${Prisma.join([...leadFields.assignments(change), audit])}
      WHERE company_id = ${companyId} AND id = ${leadId}`;
    if (change.consent && !sameConsent(change.consent, lead.consent)) {
      const states = { before: lead.consent, after: change.consent };
      const subject = { companyId, subjectKind: "lead", subjectId: leadId } as const;
      await recordConsent(tx, write, { ...subject, ...states, time: lastUpdatedTime });
    }
    await recordChange(tx, write, { companyId, kind: "lead", id: leadId, version, time: now });
  }

  return { unit, finish };
}

/** The default stage of the company, if it has one. */
export async function defaultLifeCycleId(tx: Prisma.TransactionClient, companyId: string): Promise<string | undefined> {
  const stage = await tx.lifeCycle.findFirst({ where: { companyId, isDefault: true }, select: { id: true } });
  return stage?.id;
}

/** The references that do not exist in the company or are archived. */
export async function missingLeadReferences(
  tx: Prisma.TransactionClient,
  companyId: string,
  references: LeadReferences,
): Promise<(keyof LeadReferences)[]> {
  const usable = (id: string) => ({ companyId, id, archivedTime: null });
  const { preferredBusinessId, allocateStaffId, lifeCycleId, actionStatusId, referralSourceId } = references;
  const counts: readonly (readonly [keyof LeadReferences, Promise<number> | undefined])[] = [
    [
      "preferredBusinessId",
      preferredBusinessId === undefined ? undefined : tx.business.count({ where: usable(preferredBusinessId) }),
    ],
    ["allocateStaffId", allocateStaffId === undefined ? undefined : tx.staff.count({ where: usable(allocateStaffId) })],
    ["lifeCycleId", lifeCycleId === undefined ? undefined : tx.lifeCycle.count({ where: usable(lifeCycleId) })],
    [
      "actionStatusId",
      actionStatusId === undefined ? undefined : tx.actionStatus.count({ where: usable(actionStatusId) }),
    ],
    [
      "referralSourceId",
      referralSourceId === undefined ? undefined : tx.referralSource.count({ where: usable(referralSourceId) }),
    ],
  ];
  const missing: (keyof LeadReferences)[] = [];
  for (const [name, count] of counts) if (count && (await count) === 0) missing.push(name);
  return missing;
}
