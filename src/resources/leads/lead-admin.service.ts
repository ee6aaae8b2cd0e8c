import { mayCreateTags, requireCompanyAccess, targetIn } from "../../core/access.js";
import type { CompanyResource } from "../../core/company-resource.js";
import { importedProvenance, provenanceViolations } from "../../core/consent-provenance.js";
import { alreadyExistsError, erasedError, type Violation } from "../../core/errors.js";
import type { ErasureCondition } from "../../core/import-entry.js";
import { type ImportedNote, toImportedNoteRecords } from "../../core/note.js";
import { duplicateView } from "../../core/possible-duplicate.js";
import type { Principal } from "../../core/principal.js";
import {
  authorsOf,
  authorViolations,
  type ImportAuthors,
  type ImportTimes,
  type NestedRecord,
  type NestedRecordLookup,
  nestedNotes,
  nestedViolations,
  prefixPaths,
  timesOf,
  timeViolations,
} from "../../core/record-import.js";
import type { WriteContext } from "../../core/write.js";
import type { CustomFieldRepository } from "../custom-fields/custom-field.model.js";
import { referenceError } from "../customers/customer.model.js";
import { type ImportedPet, toImportedPetRecord } from "../pets/pet-import.model.js";
import type { TagReference } from "../setting-lists/tag.model.js";
import {
  type CreatedLead,
  type LeadAdminRepository,
  type LeadRepository,
  leadReferenceViolations,
  type NewLeadWith,
} from "./lead.model.js";
import { completeLead } from "./lead.service.js";

/** The validated input of ImportLead. */
interface LeadImport extends CompanyResource, ImportTimes, ImportAuthors {
  /** Its pets can keep their ids, times, actors and notes. */
  readonly lead: NewLeadWith<ImportedPet>;
  readonly notes: readonly ImportedNote[];
  readonly tags: readonly TagReference[];
  /** Where the request has the notes, as a prefix, and the tags. */
  readonly within: { readonly notes: string; readonly tags: string | undefined };
}

interface LeadAdminDependencies {
  readonly leadAdmin: LeadAdminRepository;
  readonly leads: LeadRepository;
  readonly customFields: CustomFieldRepository;
}

export type LeadAdmin = ReturnType<typeof createLeadAdmin>;

/** The rules of lead administration. */
export function createLeadAdmin({ leadAdmin, leads, customFields }: LeadAdminDependencies) {
  return {
    setArchived: async (name: CompanyResource, archived: boolean, principal: Principal, write: WriteContext) =>
      leadAdmin.setArchived(targetIn(principal, name), archived, write),

    erase: async (name: CompanyResource, principal: Principal, write: WriteContext, condition?: ErasureCondition) =>
      leadAdmin.erase(targetIn(principal, name), write, condition),

    async import(input: LeadImport, principal: Principal, write: WriteContext): Promise<CreatedLead> {
      const { companyId, id } = input;
      const access = requireCompanyAccess(principal, companyId);
      const { record, violations: faults } = await completeLead(input.lead, {
        access,
        customFields,
        signal: write.signal,
      });
      const stored = await leadAdmin.import(targetIn(principal, input), write, async (unit) => {
        const references = await unit.missing(record);
        const tags = await unit.resolveTags(input.tags, mayCreateTags(principal, access));
        const petCodes = await unit.missingPetCodes([...new Set(record.pets.flatMap((pet) => pet.petCodeIds))]);
        const petCodePaths = missingCodePaths(new Set(petCodes), record.pets);
        const violations = [
          ...(await importedLeadViolations(unit, { ...input, lead: record, notesWithin: input.within.notes })),
          ...prefixPaths("lead", [...faults, ...leadReferenceViolations({ references, petCodePaths })]),
        ];
        const { within } = input;
        const refused = referenceError({
          ...{ missing: [], tags, references: input.tags, violations, within: within.tags },
        });
        if (refused) throw refused;
        if (await unit.exists()) throw alreadyExistsError("Lead", "id");
        const stamp = { ...timesOf(input, unit.now), ...authorsOf(input, write) };
        const pets = record.pets.map((pet) => toImportedPetRecord(pet, { companyId, now: unit.now, write }));
        const notes = toImportedNoteRecords(input.notes, { time: stamp.createdTime, author: stamp.createdBy });
        const provenance = importedProvenance(record.provenance, {
          statesConsent: Object.keys(input.lead.consent).length > 0,
          createdTime: stamp.createdTime,
        });
        await unit.insert({ ...record, ...stamp, pets, provenance, notes, tags: tags.tags });
        if (await unit.isErased()) throw erasedError("Lead", id);
        for (const { id: petId } of pets) {
          if (petId !== undefined && (await unit.isPetErased(petId))) throw erasedError("Pet", petId);
        }
      });
      const view = duplicateView(principal, access);
      return { lead: stored, duplicates: await leads.findDuplicates(stored, view, write.signal) };
    },
  };
}

interface ImportedParts extends ImportTimes, ImportAuthors {
  readonly lead: Pick<NewLeadWith<ImportedPet>, "pets" | "provenance">;
  readonly notes: readonly ImportedNote[];
  /** Path of the message that has the notes, as a prefix. */
  readonly notesWithin: string;
}

/** What is wrong with the times, authors and ids of an import. */
export async function importedLeadViolations(
  unit: NestedRecordLookup,
  { lead, notes, notesWithin, ...stated }: ImportedParts,
): Promise<readonly Violation[]> {
  return [
    ...timeViolations(stated, unit.now),
    ...(await authorViolations(unit, stated)),
    ...(await nestedViolations(unit, [
      ...lead.pets.flatMap(nestedIn),
      ...nestedNotes("note", `${notesWithin}notes`, notes),
    ])),
    ...prefixPaths("consent_provenance", await provenanceViolations(lead.provenance, unit.now, unit.missingStaff)),
  ];
}

function nestedIn({ notes, ...pet }: ImportedPet, position: number): NestedRecord[] {
  const field = `lead.pets[${position}]`;
  return [{ ...pet, kind: "pet", field }, ...nestedNotes("petNote", `${field}.notes`, notes)];
}

/** The paths of pet codes that do not exist or are archived. */
export function missingCodePaths(missing: ReadonlySet<string>, pets: readonly ImportedPet[]): string[] {
  return pets.flatMap(({ petCodeIds }, position) =>
    petCodeIds.flatMap((code, index) => (missing.has(code) ? [`pets[${position}].pet_codes[${index}].id`] : [])),
  );
}
