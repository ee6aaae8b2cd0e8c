import { erasedError } from "../../core/errors.js";
import type { WriteContext } from "../../core/write.js";
import { timestamp } from "../../db/audit-columns.js";
import { recordChange, recordConsent } from "../../db/audit-log.js";
import type { Database } from "../../db/database.js";
import { isErased, type RecordKey } from "../../db/erasure/erasure.js";
import type { Pseudonym } from "../../db/erasure/pseudonym.js";
import { findExistingIds } from "../../db/existing-ids.js";
import { once } from "../../db/once.js";
import type { Prisma } from "../../gen/prisma/client.js";
import { missingStaff } from "../customers/customer-references.repository.js";
import { createPetWriter } from "../pets/pet-writer.repository.js";
import { leadFields } from "./lead.columns.js";
import type { Lead } from "./lead.model.js";
import type { LeadImportUnit } from "./lead-admin.model.js";
import { assertLeadSeen, readLead } from "./lead-change.repository.js";
import type { LeadTarget } from "./lead-store.model.js";
import { defaultLifeCycleId, missingLeadReferences } from "./lead-transaction.repository.js";

export interface LeadImporting {
  readonly target: LeadTarget & RecordKey;
  readonly write: WriteContext;
  readonly pseudonym: Pseudonym;
  work(unit: LeadImportUnit): Promise<void>;
}

/** Imports a lead. The claim comes first, as in customer-import.repository.ts. */
export function importLead(database: Database, { target, write, pseudonym, work }: LeadImporting): Promise<Lead> {
  const { companyId, id } = target;
  return once(database, write, {
    lock: async () => {},
    async replay({ tx }) {
      if (await isErased(tx, { companyId, kind: "lead", id, pseudonym })) throw erasedError("Lead", id);
      await assertLeadSeen(tx, target);
    },
    async work({ tx, now, record }) {
      const recorded = await record({ companyId, kind: "lead", ids: [id] });
      await work(createUnit(tx, { target, now, write, pseudonym }));
      return recorded;
    },
    response: ({ tx }) => readLead(tx, target),
  });
}

interface UnitOptions extends Omit<LeadImporting, "work"> {
  readonly now: Date;
}

function createUnit(tx: Prisma.TransactionClient, { target, now, write, pseudonym }: UnitOptions): LeadImportUnit {
  const { companyId, id } = target;
  const pets = createPetWriter(tx, { companyId, now, write });
  return {
    now,

    exists: async (leadId) => (await tx.lead.count({ where: { companyId, id: leadId } })) > 0,
    isErased: () => isErased(tx, { companyId, kind: "lead", id, pseudonym }),
    isPetErased: (petId) => isErased(tx, { companyId, kind: "pet", id: petId, pseudonym }),
    missing: (references) => missingLeadReferences(tx, companyId, references),
    missingPetCodes: (ids) => pets.missingCodes(ids),
    missingStaff: (ids) => missingStaff(tx, companyId, ids),
    taken: (kind, ids) => findExistingIds(tx, { companyId, kind, ids }),

    async insert({ pets: records, ...lead }) {
      const { consent, createdBy, createdTime, lastUpdatedBy, lastUpdatedTime } = lead;
      const lifeCycleId = lead.lifeCycleId ?? (await defaultLifeCycleId(tx, companyId));
      await tx.$executeRaw(
        leadFields.insert("lead", lifeCycleId === undefined ? lead : { ...lead, lifeCycleId }, {
          ...{ company_id: companyId, id, created_by: createdBy, created_time: timestamp(createdTime) },
          ...{ last_updated_by: lastUpdatedBy, last_updated_time: timestamp(lastUpdatedTime) },
        }),
      );
      for (const pet of records) await pets.addKept({ leadId: id }, pet);
      const subject = { companyId, subjectKind: "lead", subjectId: id } as const;
      await recordConsent(tx, write, { ...subject, after: consent, time: now });
      await recordChange(tx, write, { companyId, kind: "lead", id, version: 1n, time: now });
    },
  };
}
