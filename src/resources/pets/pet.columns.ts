import { listNotesSql, type NotesRead, notesWithinBytesSql, recordNotesSql } from "../../db/notes-sql.js";
import {
  evaluationStatuses,
  leadNoteBytes,
  type Pet,
  type PetCode,
  type PetNote,
  petGenders,
  petStatuses,
  petTypes,
  type TraitState,
  weightUnits,
} from "./pet.model.js";

/** A pet as built by `petJson`. */
export interface PetJson {
  readonly company_id: string;
  readonly id: string;
  readonly raw_id: number;
  readonly customer_id: string | null;
  readonly name: string;
  readonly birthday: string | null;
  readonly status: number;
  readonly type: number;
  readonly breed: string;
  readonly gender: number;
  readonly weight: number | null;
  readonly weight_unit: number;
  readonly fixed: string;
  readonly coat: string;
  readonly behavior: string;
  readonly vet_name: string;
  readonly vet_phone: string;
  readonly vet_address: string;
  readonly evaluation_status: number;
  readonly photo: string;
  readonly archived_time: string | null;
  readonly created_by: string;
  readonly created_time: string;
  readonly last_updated_by: string;
  readonly last_updated_time: string;
  readonly version: number;
  readonly codes: readonly PetCodeJson[] | null;
  readonly notes: readonly PetNoteJson[] | null;
  readonly vaccinations: readonly { readonly name: string; readonly expired_time: string | null }[] | null;
}

interface PetCodeJson extends Omit<PetCode, "archived"> {
  readonly archived: boolean;
}

interface PetNoteJson {
  readonly id: string;
  readonly content: string;
  readonly last_updated_by: string;
  readonly last_updated_time: string;
}

/** JSON of `pet AS p` with its codes, newest notes and vaccinations. */
export const petJson = petJsonWith(recordNotesSql);

/**
 * The same for a pet of a single lead. Its notes are limited to its share of the response, which contains
 * `p.pets_of_lead` pets.
 */
export const leadPetJson = petJsonWith(notesWithinBytesSql(`${leadNoteBytes} / p.pets_of_lead`));

/** The same for a page of pets, with fewer notes to keep the response small. */
export const listedPetJson = petJsonWith(listNotesSql);

function petJsonWith(notes: NotesRead): string {
  const ofPet = "note.company_id = p.company_id AND note.pet_id = p.id";
  return `to_jsonb(p) || jsonb_build_object(
  'codes', (SELECT jsonb_agg(jsonb_build_object('id', k.id, 'abbreviation', k.abbreviation, 'description', k.description,
      'color', k.color, 'archived', k.archived_time IS NOT NULL) ORDER BY k.display_order, k.abbreviation, k.id)
    FROM pet_pet_code pk JOIN pet_code k ON k.company_id = pk.company_id AND k.id = pk.pet_code_id
    WHERE pk.company_id = p.company_id AND pk.pet_id = p.id),
  'notes', (SELECT jsonb_agg(to_jsonb(pn) ORDER BY pn.created_time DESC, pn.id DESC) FROM (
      ${notes({ table: "pet_note", where: ofPet, text: "content" })}) pn),
  'vaccinations', (SELECT jsonb_agg(jsonb_build_object('name', v.name, 'expired_time', v.expired_time) ORDER BY v.position)
    FROM pet_vaccination v WHERE v.company_id = p.company_id AND v.pet_id = p.id))`;
}

export function toPet(json: PetJson): Pet {
  const gender = petGenders.wordOf(json.gender);
  const evaluationStatus = evaluationStatuses.wordOf(json.evaluation_status);
  const hasVet = json.vet_name + json.vet_phone + json.vet_address !== "";
  return {
    companyId: json.company_id,
    id: json.id,
    rawId: BigInt(json.raw_id),
    ...(json.customer_id === null ? {} : { customerId: json.customer_id }),
    name: json.name,
    ...(json.birthday === null ? {} : { birthday: json.birthday }),
    status: petStatuses.wordOf(json.status) ?? "ALIVE",
    type: petTypes.wordOf(json.type) ?? "OTHER",
    breed: json.breed,
    ...(gender ? { gender } : {}),
    ...(json.weight === null
      ? {}
      : { weight: { value: json.weight, unit: weightUnits.wordOf(json.weight_unit) ?? "KILOGRAM" } }),
    fixed: json.fixed,
    coat: json.coat,
    behavior: json.behavior,
    petCodes: json.codes ?? [],
    notes: json.notes?.map(toPetNote) ?? [],
    vaccinations:
      json.vaccinations?.map(({ name, expired_time: time }) => ({
        name,
        ...(time === null ? {} : { expiredTime: new Date(time) }),
      })) ?? [],
    ...(hasVet ? { vet: { name: json.vet_name, phone: json.vet_phone, address: json.vet_address } } : {}),
    ...(evaluationStatus ? { evaluationStatus } : {}),
    createdBy: json.created_by,
    createdTime: new Date(json.created_time),
    lastUpdatedBy: json.last_updated_by,
    lastUpdatedTime: new Date(json.last_updated_time),
    photo: json.photo,
    archived: json.archived_time !== null,
    version: BigInt(json.version),
  };
}

function toPetNote(json: PetNoteJson): PetNote {
  return {
    id: json.id,
    content: json.content,
    lastUpdatedBy: json.last_updated_by,
    lastUpdatedTime: new Date(json.last_updated_time),
  };
}

/** The traits of a pet as columns of `pet`, by column name. */
export function petColumns(traits: TraitState) {
  return {
    name: traits.name,
    birthday: traits.birthday ?? null,
    status: petStatuses.numberOf(traits.status),
    type: petTypes.numberOf(traits.type),
    breed: traits.breed,
    gender: petGenders.numberOf(traits.gender),
    weight: traits.weight?.value ?? null,
    weight_unit: weightUnits.numberOf(traits.weight?.unit ?? "KILOGRAM"),
    fixed: traits.fixed,
    coat: traits.coat,
    behavior: traits.behavior,
    vet_name: traits.vet?.name ?? "",
    vet_phone: traits.vet?.phone ?? "",
    vet_address: traits.vet?.address ?? "",
    evaluation_status: evaluationStatuses.numberOf(traits.evaluationStatus),
    photo: traits.photo,
  };
}
