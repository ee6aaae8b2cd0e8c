import type { CompanyResource } from "../../core/company-resource.js";
import { consentRespectingOptOut } from "../../core/contact-rule.js";
import { idPrefixes, newId } from "../../core/ids.js";
import type { ImportLookups } from "../../core/record-import.js";
import type { WriteContext } from "../../core/write.js";
import { recordChange, recordConsent, timestamp, withoutAddress } from "../../db/audit-log.js";
import { phoneData } from "../../db/contact-phones.js";
import { importRecord, setArchived } from "../../db/contact-record.js";
import { createEraser, eraseRecord, isErased } from "../../db/erasure/erasure.js";
import type { Pseudonym } from "../../db/erasure/pseudonym.js";
import { missingReferences } from "../../db/existing-ids.js";
import { insertExternalIds, refusingTakenIds } from "../../db/external-ids.js";
import type { ContactDatabase, OptOutKeys } from "../../db/opt-out-key.js";
import { optedOutChannels } from "../../db/opt-out-list.js";
import type { Prisma } from "../../gen/prisma/client.js";
import { createPetWriter } from "../pets/pet-writer.repository.js";
import { resolveTags } from "../setting-lists/tag.repository.js";
import { leadFields } from "./lead.columns.js";
import { assertNotPromoted, type LeadAdminRepository, type LeadImportUnit } from "./lead.model.js";
import { assertLeadSeen, defaultLifeCycleId, leadReferences, lockLead, readLead } from "./lead-change.repository.js";
import { sizedLead } from "./lead-size.repository.js";

/** Archives, restores, erases and imports leads, each in one transaction. */
export function createLeadAdminRepository(
  { database, limits, optOutKeys }: ContactDatabase,
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

    erase(target, write, condition) {
      const lock = (tx: Prisma.TransactionClient) => lockLead(tx, target);
      return createEraser(database, { ...condition, lock, kind: "lead", write }, async (tx, key, now) => {
        assertNotPromoted(await readLead(tx, key));
        await eraseRecord(tx, write, { ...key, kind: "lead", time: now, pseudonym });
      });
    },

    import: (target, write, work) =>
      refusingTakenIds(
        importRecord(database, {
          ...{ kind: "lead", resource: "Lead", target, write, pseudonym },
          assertSeen: (tx) => assertLeadSeen(tx, target),
          work: (tx, lookups) =>
            work(
              createImportUnit(tx, lookups, {
                target,
                write,
                pseudonym,
                maxTags: limits.ofCompany.MAX_TAGS,
                optOutKeys,
              }),
            ),
          read: readLead,
          size: sizedLead(limits.recordBytes),
        }),
      ),
  };
}

interface ImportUnitOptions {
  readonly target: CompanyResource;
  readonly write: WriteContext;
  readonly pseudonym: Pseudonym;
  readonly maxTags: number;
  readonly optOutKeys: OptOutKeys;
}

function createImportUnit(
  tx: Prisma.TransactionClient,
  lookups: ImportLookups,
  { target: { companyId, id }, write, pseudonym, maxTags, optOutKeys }: ImportUnitOptions,
): LeadImportUnit {
  const { now } = lookups;
  return {
    ...lookups,
    isPetErased: (petId) => isErased(tx, { companyId, kind: "pet", id: petId, pseudonym }),
    missing: (ids) => missingReferences(tx, { companyId, ids, references: leadReferences }),
    resolveTags: (references, mayCreate) =>
      resolveTags(tx, { companyId, references, carried: [], mayCreate, maxTags, now, write }),
    missingPetCodes: (ids) => createPetWriter(tx, { companyId, now, write }).missingCodes(ids),

    async insert({ pets: records, notes, tags, ...given }) {
      const channels = await optedOutChannels(tx, optOutKeys, { companyId, after: given });
      const { choice, withheld } = consentRespectingOptOut(given.consent, channels);
      const lead = { ...given, consent: choice };
      const { consent, provenance, createdBy, createdTime, lastUpdatedBy, lastUpdatedTime } = lead;
      const lifeCycleId = lead.lifeCycleId ?? (await defaultLifeCycleId(tx, companyId));
      await tx.$executeRaw(
        leadFields.insert("lead", lifeCycleId === undefined ? lead : { ...lead, lifeCycleId }, {
          ...{ company_id: companyId, id, created_by: createdBy, created_time: timestamp(createdTime) },
          ...{ last_updated_by: lastUpdatedBy, last_updated_time: timestamp(lastUpdatedTime) },
        }),
      );
      const phones = phoneData(lead.phones).map((phone) => ({ companyId, leadId: id, ...phone }));
      if (phones.length > 0) await tx.leadPhone.createMany({ data: phones });
      await tx.leadNote.createMany({
        data: notes.map(({ id: noteId = newId(idPrefixes.note), text: note, ...stamp }) => ({
          ...{ companyId, leadId: id, id: noteId, note, ...stamp },
        })),
      });
      await tx.leadTag.createMany({ data: tags.map((tag) => ({ companyId, leadId: id, tagId: tag.id })) });
      await insertExternalIds(tx, { kind: "lead", companyId }, [{ id, externalIds: lead.externalIds }]);
      const pets = createPetWriter(tx, {
        companyId,
        businessId: lead.preferredBusinessId,
        now,
        write: withoutAddress(write),
      });
      for (const pet of records) await pets.addKept({ kind: "lead", id }, pet);
      const subject = { companyId, subjectKind: "lead", subjectId: id } as const;
      await recordConsent(tx, write, { ...subject, after: consent, provenance, withheld, time: now });
      const location = { after: lead.preferredBusinessId };
      await recordChange(tx, write, { companyId, kind: "lead", id, version: 1n, time: now, fields: [], location });
    },
  };
}
