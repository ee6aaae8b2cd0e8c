import type { ExternalId } from "../../core/external-id.js";
import { externalIdsSql } from "../../db/external-ids.js";
import {
  enumColumn,
  fieldTable,
  optionalEnumColumn,
  type Row,
  type StoredField,
  textColumn,
} from "../../db/field-table.js";
import { listNotesSql, type NotesRead, notesWithinBytesSql, recordNotesSql } from "../../db/nested-rows.js";
import { customFieldsColumn } from "../custom-fields/custom-field.columns.js";
import {
  evaluationStatuses,
  exactWeight,
  leadNoteBytes,
  type Pet,
  type PetCode,
  type PetFields,
  type PetNote,
  petGenders,
  petStatuses,
  petTypes,
  type Vet,
  type Weight,
  weightUnits,
} from "./pet.model.js";

const weightField: StoredField<Weight> = {
  columns: { weight: "bigint", weight_unit: "smallint", exact_weight: "text" },
  empty: { weight: null, weight_unit: weightUnits.numberOf("KILOGRAM"), exact_weight: null },
  write: ({ value, unit = "KILOGRAM", exact = null }) => ({
    ...{ weight: value, weight_unit: weightUnits.numberOf(unit), exact_weight: exact },
  }),
  read({ weight, weight_unit: unit, exact_weight: exact }) {
    if (weight === null) return undefined;
    const value = Number(weight);
    return { value, unit: weightUnits.wordOf(Number(unit)) ?? "KILOGRAM", ...exactWeight(value, exact) };
  },
};

const birthdayField: StoredField<string> = {
  columns: { birthday: "date", partial_birthday: "text" },
  write: (day) =>
    day.length === "yyyy-MM-dd".length
      ? { birthday: day, partial_birthday: null }
      : { birthday: null, partial_birthday: day },
  read({ birthday, partial_birthday: partial }) {
    const known = birthday ?? partial;
    return typeof known === "string" ? known : undefined;
  },
};

const vetField: StoredField<Vet> = {
  columns: { vet_name: "text", vet_phone: "text", vet_address: "text" },
  empty: { vet_name: "", vet_phone: "", vet_address: "" },
  write: ({ name, phone, address }) => ({ vet_name: name, vet_phone: phone, vet_address: address }),
  read(row) {
    const vet = { name: String(row["vet_name"]), phone: String(row["vet_phone"]), address: String(row["vet_address"]) };
    return vet.name + vet.phone + vet.address === "" ? undefined : vet;
  },
};

/** The one table of the fields that clients write. */
export const petFields = fieldTable<PetFields>({
  name: textColumn("name"),
  birthday: birthdayField,
  status: enumColumn("status", petStatuses),
  type: enumColumn("type", petTypes),
  breed: textColumn("breed"),
  gender: optionalEnumColumn("gender", petGenders),
  weight: weightField,
  fixed: textColumn("fixed"),
  coat: textColumn("coat"),
  behavior: textColumn("behavior"),
  vet: vetField,
  evaluationStatus: optionalEnumColumn("evaluation_status", evaluationStatuses),
  photo: textColumn("photo"),
  microchip: textColumn("microchip"),
  color: textColumn("color"),
  allergies: textColumn("allergies"),
  feeding: textColumn("feeding"),
  medication: textColumn("medication"),
  specialNeeds: textColumn("special_needs"),
  customFields: customFieldsColumn("custom_fields"),
});

/** A pet as built by `petJson`, beside the columns of `petFields`. */
export interface PetJson extends Row {
  readonly company_id: string;
  readonly id: string;
  readonly raw_id: number;
  readonly customer_id: string | null;
  readonly lead_id: string | null;
  readonly archived_time: string | null;
  readonly created_by: string;
  readonly created_time: string;
  readonly last_updated_by: string;
  readonly last_updated_time: string;
  readonly version: number;
  readonly codes: readonly PetCode[] | null;
  readonly notes: readonly PetNoteJson[] | null;
  readonly external_ids: readonly ExternalId[] | null;
  readonly vaccinations: readonly { readonly name: string; readonly expired_time: string | null }[] | null;
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
  'external_ids', ${externalIdsSql("pet", "p")},
  'vaccinations', (SELECT jsonb_agg(jsonb_build_object('name', v.name, 'expired_time', v.expired_time) ORDER BY v.position)
    FROM pet_vaccination v WHERE v.company_id = p.company_id AND v.pet_id = p.id))`;
}

export function toPet(json: PetJson): Pet {
  return {
    companyId: json.company_id,
    id: json.id,
    rawId: BigInt(json.raw_id),
    customerId: json.customer_id ?? json.lead_id ?? "",
    petCodes: json.codes ?? [],
    notes: json.notes?.map(toPetNote) ?? [],
    vaccinations:
      json.vaccinations?.map(({ name, expired_time: time }) => ({
        name,
        ...(time === null ? {} : { expiredTime: new Date(time) }),
      })) ?? [],
    externalIds: json.external_ids ?? [],
    createdBy: json.created_by,
    createdTime: new Date(json.created_time),
    lastUpdatedBy: json.last_updated_by,
    lastUpdatedTime: new Date(json.last_updated_time),
    archived: json.archived_time !== null,
    version: BigInt(json.version),
    // Last, as in `toCustomer`.
    ...petFields.read(json),
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
