import { refusalOf } from "../../core/batch.js";
import type { DomainError } from "../../core/errors.js";
import { type ExternalId, withoutExternalIds } from "../../core/external-id.js";
import { assertRecordSize, recordBytes } from "../../core/record-size.js";
import type { FieldChange } from "../../core/write.js";
import { editedFields, type Pet, type PetEdit, type PetFields } from "./pet.model.js";
import { petSize } from "./pet-size.repository.js";
import type { AskedEdit, PlannedPet } from "./pet-upsert.model.js";
import { changedPetFields } from "./pet-writer.repository.js";

/** A decided change with what it stores. */
export interface PetPlan extends PlannedPet {
  readonly edit: PetEdit;
  readonly change: FieldChange<PetFields>;
  readonly addedExternalIds: readonly ExternalId[];
  /** Names of the changed fields, as the API spells them. */
  readonly fields: readonly string[];
}

interface PlanOptions {
  /** Of all notes of the pet. */
  readonly noteBytes: number;
  /** Maximum size of a record. */
  readonly limit: number;
}

/** What an edit changes. */
export function planEdit(
  { found, edit, codes }: AskedEdit,
  { noteBytes, limit }: PlanOptions,
): PetPlan | { readonly refusal: DomainError } {
  const { pet } = found;
  const change = editedFields(edit, pet);
  const after = { ...petAfter(pet, change, edit), petCodes: codes };
  const [bytes, storedBytes] = [petSize(after, noteBytes), petSize(pet, noteBytes)];
  const refusal = refusalOf(() => assertRecordSize({ record: after, bytes, storedBytes, limit }));
  if (refusal) return { refusal };
  const { externalIds = pet.externalIds } = edit;
  const fields = changedPetFields(pet, change, edit);
  return {
    ...{ record: found, edit, change, fields, isEmpty: fields.length === 0 },
    addedExternalIds: withoutExternalIds(externalIds, pet.externalIds),
    growth: recordBytes(after) - recordBytes(pet),
  };
}

/** The pet after the edit, as far as its size depends on it. */
function petAfter(pet: Pet, change: FieldChange<PetFields>, edit: PetEdit): Pet {
  const set = Object.entries(change).filter(([, value]) => value !== null && value !== undefined);
  const after: Pet = Object.assign({}, pet, Object.fromEntries(set));
  const { vaccinations = pet.vaccinations, externalIds = pet.externalIds } = edit;
  return { ...after, vaccinations, externalIds };
}
