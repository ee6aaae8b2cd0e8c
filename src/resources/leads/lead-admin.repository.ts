import type { CompanyResource } from "../../core/company-resource.js";
import type { ImportLookups } from "../../core/record-import.js";
import type { WriteContext } from "../../core/write.js";
import { recordChange, recordConsent, timestamp, withoutAddress } from "../../db/audit-log.js";
import type { LimitedDatabase } from "../../db/company-records.js";
import { phoneData } from "../../db/contact-phones.js";
import { importRecord, setArchived } from "../../db/contact-record.js";
import { createEraser, eraseRecord, isErased } from "../../db/erasure/erasure.js";
import type { Pseudonym } from "../../db/erasure/pseudonym.js";
import { missingReferences } from "../../db/existing-ids.js";
import type { Prisma } from "../../gen/prisma/client.js";
import { createPetWriter } from "../pets/pet-writer.repository.js";
import { leadFields } from "./lead.columns.js";
import { assertNotPromoted, type LeadAdminRepository, type LeadImportUnit } from "./lead.model.js";
import { assertLeadSeen, defaultLifeCycleId, leadReferences, lockLead, readLead } from "./lead-change.repository.js";
import { sizedLead } from "./lead-size.repository.js";

/** Archives, restores, erases and imports leads, each in one transaction. */
export function createLeadAdminRepository(
  { database, limits }: LimitedDatabase,
  pseudonym: Pseudonym,
): LeadAdminRepository {
  return {
    setArchived: (target, archived, write) =>
      setArchived(database, {
        ...{ kind: "lead", archived, write },
        lock: (tx) => lockLead(tx, target),
        read: readLead,
        check: assertNotPromoted,
        admit: async () => {},
      }),

    erase(target, write) {
      const lock = (tx: Prisma.TransactionClient) => lockLead(tx, target);
      return createEraser(database, { lock, kind: "lead", write }, async (tx, key, now) => {
        assertNotPromoted(await readLead(tx, key));
        await eraseRecord(tx, write, { ...key, kind: "lead", time: now, pseudonym });
      });
    },

    import: (target, write, work) =>
      importRecord(database, {
        ...{ kind: "lead", resource: "Lead", target, write, pseudonym },
        assertSeen: (tx) => assertLeadSeen(tx, target),
        work: (tx, lookups) => work(createImportUnit(tx, lookups, { target, write, pseudonym })),
        read: readLead,
        size: sizedLead(limits.recordBytes),
      }),
  };
}

interface ImportUnitOptions {
  readonly target: CompanyResource;
  readonly write: WriteContext;
  readonly pseudonym: Pseudonym;
}

function createImportUnit(
  tx: Prisma.TransactionClient,
  lookups: ImportLookups,
  { target: { companyId, id }, write, pseudonym }: ImportUnitOptions,
): LeadImportUnit {
  const { now } = lookups;
  return {
    ...lookups,
    isPetErased: (petId) => isErased(tx, { companyId, kind: "pet", id: petId, pseudonym }),
    missing: (ids) => missingReferences(tx, { companyId, ids, references: leadReferences }),
    missingPetCodes: (ids) => createPetWriter(tx, { companyId, now, write }).missingCodes(ids),

    async insert({ pets: records, ...lead }) {
      const { consent, createdBy, createdTime, lastUpdatedBy, lastUpdatedTime } = lead;
      const lifeCycleId = lead.lifeCycleId ?? (await defaultLifeCycleId(tx, companyId));
      await tx.$executeRaw(
        leadFields.insert("lead", lifeCycleId === undefined ? lead : { ...lead, lifeCycleId }, {
          ...{ company_id: companyId, id, created_by: createdBy, created_time: timestamp(createdTime) },
          ...{ last_updated_by: lastUpdatedBy, last_updated_time: timestamp(lastUpdatedTime) },
        }),
      );
      const phones = phoneData(lead.phones).map((phone) => ({ companyId, leadId: id, ...phone }));
      if (phones.length > 0) await tx.leadPhone.createMany({ data: phones });
      const pets = createPetWriter(tx, {
        companyId,
        businessId: lead.preferredBusinessId,
        now,
        write: withoutAddress(write),
      });
      for (const pet of records) await pets.addKept({ kind: "lead", id }, pet);
      const subject = { companyId, subjectKind: "lead", subjectId: id } as const;
      await recordConsent(tx, write, { ...subject, after: consent, time: now });
      const location = { after: lead.preferredBusinessId };
      await recordChange(tx, write, { companyId, kind: "lead", id, version: 1n, time: now, fields: [], location });
    },
  };
}
