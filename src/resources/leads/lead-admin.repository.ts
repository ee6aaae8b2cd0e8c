import { erasedError } from "../../core/errors.js";
import { actingStaffId, type WriteContext } from "../../core/write.js";
import { timestamp, updatedTime } from "../../db/audit-columns.js";
import { recordChange, recordConsent } from "../../db/audit-log.js";
import type { Database } from "../../db/database.js";
import { createEraser, eraseRecord, isErased, type RecordKey } from "../../db/erasure/erasure.js";
import type { Pseudonym } from "../../db/erasure/pseudonym.js";
import { findExistingIds } from "../../db/existing-ids.js";
import { once } from "../../db/once.js";
import type { Prisma } from "../../gen/prisma/client.js";
import { missingStaff } from "../customers/customer-change.repository.js";
import { createPetWriter } from "../pets/pet-writer.repository.js";
import { leadFields } from "./lead.columns.js";
import {
  assertNotPromoted,
  type Lead,
  type LeadAdminRepository,
  type LeadImportUnit,
  type LeadTarget,
} from "./lead.model.js";
import {
  assertLeadSeen,
  defaultLifeCycleId,
  lockLead,
  missingLeadReferences,
  readLead,
} from "./lead-change.repository.js";

/** Archives, restores, erases and imports leads, each in one transaction. */
export function createLeadAdminRepository(database: Database, pseudonym: Pseudonym): LeadAdminRepository {
  return {
    setArchived: (target, archived, write) => setArchived(database, { target, archived, write }),

    erase(target, write) {
      const lock = (tx: Prisma.TransactionClient) => lockLead(tx, target);
      return createEraser(database, { lock, kind: "lead", write }, async (tx, key, now) => {
        assertNotPromoted(await readLead(tx, key));
        await eraseRecord(tx, write, { ...key, kind: "lead", time: now, pseudonym });
      });
    },

    import: (target, write, work) => importLead(database, { target, write, pseudonym, work }),
  };
}

interface Archiving {
  readonly target: LeadTarget;
  readonly archived: boolean;
  readonly write: WriteContext;
}

function setArchived(database: Database, { target, archived, write }: Archiving): Promise<Lead> {
  return once(database, write, {
    lock: (tx) => lockLead(tx, target),
    async work({ tx, locked: key, now, record }) {
      const lead = await readLead(tx, key);
      if (assertNotPromoted(lead).archived !== archived) {
        const version = lead.version + 1n;
        const lastUpdatedTime = updatedTime(lead, now);
        const stamp = { lastUpdatedBy: actingStaffId(write, key.companyId), lastUpdatedTime, version };
        await tx.lead.update({
          where: { companyId_id: key },
          data: { archivedTime: archived ? now : null, ...stamp },
        });
        await recordChange(tx, write, { ...key, kind: "lead", version, time: now });
      }
      return record({ companyId: key.companyId, kind: "lead", ids: [key.id] });
    },
    response: ({ tx, locked }) => readLead(tx, locked),
  });
}

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
