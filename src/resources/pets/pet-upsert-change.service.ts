import type { OnMatch } from "../../core/upsert.js";
import { addedExternalIds, emptyColumns, statedColumns } from "../../core/upsert-change.js";
import type { FieldValues } from "../custom-fields/custom-field.model.js";
import type { Pet, PetEdit, PetFields, Vet } from "./pet.model.js";
import type { PetUpsertItem } from "./pet-upsert.model.js";

/** An edit whose custom fields are still to be checked. */
export interface PetUpsertEdit extends PetEdit {
  readonly given: FieldValues;
}

/**
 * What an upsert changes of the pet that it found: the fields that it states, and external ids that the pet does not have.
 * Notes would be added again by every upsert.
 */
export function editOf(upsert: PetUpsertItem, pet: Pet, onMatch: OnMatch): PetUpsertEdit {
  const given = upsert.item.pet.externalIds;
  const externalIds = addedExternalIds({ own: pet.externalIds, given, noun: "pet", path: "pet.external_ids" });
  const stated = statedEdit(upsert);
  return { ...(onMatch === "FILL_EMPTY" ? fillingEdit(stated, pet) : stated), externalIds };
}

function statedEdit({ item, statesStatus }: PetUpsertItem): PetUpsertEdit {
  const { notes: _, petCodeIds, vaccinations, customFields, vet, status, ...pet } = item.pet;
  const { externalIds: __, createdBy, createdTime, lastUpdatedBy, lastUpdatedTime, id, ...fields } = pet;
  return {
    fields: statedColumns<Partial<PetFields>>({ ...fields, ...(statesStatus ? { status } : {}) }),
    ...(vet ? { vet: statedColumns<Partial<Vet>>(vet) } : {}),
    ...(vaccinations.length > 0 ? { vaccinations } : {}),
    ...(petCodeIds.length > 0 ? { petCodeIds } : {}),
    given: customFields,
  };
}

/** Only what the pet does not have. A status and a type are never empty. */
function fillingEdit({ fields = {}, vet, vaccinations, petCodeIds, given }: PetUpsertEdit, pet: Pet): PetUpsertEdit {
  const values = Object.entries(given).filter(([code]) => !Object.hasOwn(pet.customFields, code));
  return {
    fields: emptyColumns(fields, pet),
    ...(vet ? { vet: emptyColumns(vet, pet.vet ?? {}) } : {}),
    ...(vaccinations && pet.vaccinations.length === 0 ? { vaccinations } : {}),
    ...(petCodeIds && pet.petCodes.length === 0 ? { petCodeIds } : {}),
    given: Object.fromEntries(values),
  };
}
