import type { OpenItem } from "../../core/batch-items.js";
import { alreadyExistsError, type DomainError, erasedError } from "../../core/errors.js";
import type { NestedRecordLookup } from "../../core/record-import.js";
import { distinctTags } from "../setting-lists/tag.model.js";
import { type LeadReferences, leadReferenceNames } from "./lead.model.js";
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
  };
}

function each(ids: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(ids.flatMap((id) => id ?? []))];
}

/** What imports look up, with the nested records that earlier items keep. */
export function lookupOf(now: Date, { known }: LeadFacts) {
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
    keep({ notes, lead: { pets } }: LeadItem): void {
      for (const { id } of notes) if (id !== undefined) taken.note.add(id);
      for (const { id, notes: ofPet } of pets) {
        if (id !== undefined) taken.pet.add(id);
        for (const note of ofPet) if (note.id !== undefined) taken.petNote.add(note.id);
      }
    },
  };
}

const tableOf = {
  preferredBusinessId: "business",
  allocateStaffId: "staff",
  lifeCycleId: "life_cycle",
  actionStatusId: "action_status",
  referralSourceId: "referral_source",
} as const satisfies Record<keyof LeadReferences, keyof LeadFacts["known"]>;

/** The references of a lead that do not exist in the company or are archived. */
export function missingOf(lead: LeadReferences, { known }: LeadFacts): readonly (keyof LeadReferences)[] {
  return leadReferenceNames.filter((name) => {
    const id = lead[name];
    return id !== undefined && !known[tableOf[name]].has(id);
  });
}

export function idRefusal({ id, lead }: LeadItem, { known, erased }: LeadFacts): DomainError | undefined {
  if (id !== undefined && known.lead.has(id)) return alreadyExistsError("Lead", "id");
  if (id !== undefined && erased.lead.has(id)) return erasedError("Lead", id);
  const pet = lead.pets.find((one) => one.id !== undefined && erased.pet.has(one.id));
  return pet && erasedError("Pet", pet.id);
}
