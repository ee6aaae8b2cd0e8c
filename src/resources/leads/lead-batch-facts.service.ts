import type { OpenItem } from "../../core/batch-items.js";
import { alreadyExistsError, type DomainError, erasedError } from "../../core/errors.js";
import { externalIdKey, externalIdTaken } from "../../core/external-id.js";
import type { NestedRecordLookup } from "../../core/record-import.js";
import { distinctTags } from "../setting-lists/tag.model.js";
import type { LeadFacts, LeadItem, LeadQuestions } from "./lead-batch.model.js";

/** What the items refer to, each once. */
export function questionsOf(items: readonly OpenItem<LeadItem>[]): LeadQuestions {
  const all = items.map(({ item }) => item);
  const leads = all.map(({ lead }) => lead);
  const pets = leads.flatMap((lead) => lead.pets);
  const [notes, petNotes] = [all.flatMap((item) => item.notes), pets.flatMap((pet) => pet.notes)];
  return {
    business: each(leads.map(({ preferredBusinessId }) => preferredBusinessId)),
    staff: each(leads.map(({ allocateStaffId }) => allocateStaffId)),
    life_cycle: each(leads.map(({ lifeCycleId }) => lifeCycleId)),
    action_status: each(leads.map(({ actionStatusId }) => actionStatusId)),
    referral_source: each(leads.map(({ referralSourceId }) => referralSourceId)),
    pet_code: each(pets.flatMap(({ petCodeIds }) => petCodeIds)),
    lead: each(all.map(({ id }) => id)),
    pet: each(pets.map(({ id }) => id)),
    lead_note: each(notes.map(({ id }) => id)),
    pet_note: each(petNotes.map(({ id }) => id)),
    author: each([
      ...[...all, ...pets].flatMap(({ createdBy, lastUpdatedBy }) => [createdBy, lastUpdatedBy]),
      ...[...notes, ...petNotes].map(({ lastUpdatedBy }) => lastUpdatedBy),
      ...leads.map(({ provenance }) => provenance?.recordedBy),
    ]),
    tags: distinctTags(all.flatMap(({ tags }) => tags)).map(({ reference }) => reference),
    externalIds: leads.flatMap(({ externalIds }) => externalIds),
    petExternalIds: pets.flatMap(({ externalIds }) => externalIds),
  };
}

function each(ids: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(ids.flatMap((id) => id ?? []))];
}

/** What imports look up, with the nested records that earlier items keep. */
export function lookupOf(now: Date, { known, takenExternalIds, takenPetExternalIds }: LeadFacts) {
  const externalIds = new Set(takenExternalIds.keys());
  const ofPets = new Set(takenPetExternalIds.keys());
  const taken = {
    note: new Set(known.lead_note),
    pet: new Set(known.pet),
    petNote: new Set(known.pet_note),
    // A new lead has no address with an id.
    address: new Set<string>(),
  };
  const lookup: NestedRecordLookup = {
    now,
    missingStaff: async (ids) => new Set(ids.filter((id) => !known.author.has(id))),
    taken: async (kind, ids) => new Set(ids.filter((id) => taken[kind].has(id))),
  };
  return {
    lookup,
    externalIdRefusal({ lead }: LeadItem): DomainError | undefined {
      if (lead.externalIds.some((id) => externalIds.has(externalIdKey(id)))) return externalIdTaken("Lead");
      const keys = lead.pets.flatMap((pet) => pet.externalIds.map(externalIdKey));
      const isTaken = new Set(keys).size < keys.length || keys.some((key) => ofPets.has(key));
      return isTaken ? externalIdTaken("Pet") : undefined;
    },
    keep({ notes, lead: { pets, externalIds: ids } }: LeadItem): void {
      for (const id of ids) externalIds.add(externalIdKey(id));
      for (const { id } of notes) if (id !== undefined) taken.note.add(id);
      for (const { id, notes: ofPet, externalIds: own } of pets) {
        for (const one of own) ofPets.add(externalIdKey(one));
        if (id !== undefined) taken.pet.add(id);
        for (const note of ofPet) if (note.id !== undefined) taken.petNote.add(note.id);
      }
    },
  };
}

export function idRefusal({ id, lead }: LeadItem, { known, erased }: LeadFacts): DomainError | undefined {
  if (id !== undefined && known.lead.has(id)) return alreadyExistsError("Lead", "id");
  if (id !== undefined && erased.lead.has(id)) return erasedError("Lead", id);
  const pet = lead.pets.find((one) => one.id !== undefined && erased.pet.has(one.id));
  return pet && erasedError("Pet", pet.id);
}
