import { keysOf, maskedParts, pickFields, presentPartsOf, readMask, type UpdateMask } from "../../api/field-mask.js";
import { omitEmpty, omitUndefined } from "../../api/fields.js";
import type { EmptyMembers } from "../../core/presence.js";
import { type Pet as PetMessage, PetSchema } from "../../gen/proto/moego/business/customer/v1/pet_pb.js";
import { WeightSchema } from "../../gen/proto/moego/common/v1/weight_pb.js";
import { isKnown, type ParsedPet, toNoteEntry, toPetFields } from "./pet.input.js";
import { hasAmount, type PetEdit, type Vet, type Weight } from "./pet.model.js";

/** What an update writes of a pet. */
export interface PetMask {
  readonly fields: UpdateMask;
  /** The parts that a JSON request has of the weight. Undefined if the whole of it is written. */
  readonly partsOfWeight: readonly string[] | undefined;
}

/** The same for a pet in the list of a lead, which has no mask. */
export function listedPetMask(pet: PetMessage, path: string, emptyMembers: EmptyMembers | undefined): PetMask {
  const rules = { notMaskable: ["id"], required: ["name", "type", "status"], whole: ["birthday", "weight"] };
  return {
    fields: readMask(PetSchema, pet, undefined, { ...rules, within: `${path}.` }, emptyMembers),
    partsOfWeight: presentPartsOf(WeightSchema, pet.weight, `${path}.weight`, emptyMembers),
  };
}

/** An edit of the fields that a request has. Others are unchanged. */
export function toPetEdit(
  { id: _, petCodes, vaccinations, externalIds, notes, ...parsed }: ParsedPet,
  mask: PetMask,
): PetEdit {
  const { type, status, weight, vet, ...fields } = parsed;
  const { writes } = mask.fields;
  const written = PetSchema.fields.map(({ name }) => name).filter(writes);
  const cleared = { birthday: null, gender: null, evaluationStatus: null };
  const all = { ...cleared, ...toPetFields({ ...fields, type, status }), type, status };
  const said = vet && { name: vet.name, phoneNumber: vet.phone, address: vet.address };
  const { weightUnit, ...amount } = weightEdit(weight, mask);
  return {
    fields: omitUndefined({ ...pickFields(all, written), ...amount }),
    ...omitUndefined({ weightUnit, vet: vetEdit(said, mask.fields) }),
    ...(writes("vaccinations") ? { vaccinations } : {}),
    ...(writes("external_ids") ? { externalIds } : {}),
    ...(writes("pet_codes") ? { petCodeIds: petCodes } : {}),
    notes: notes.map(toNoteEntry),
  };
}

/**
 * A weight of 0 clears the stored one. Without an amount in JSON, only the unit changes; an absent unit is the stored
 * one.
 */
export function weightEdit(
  given: Weight | undefined,
  { fields, partsOfWeight: parts }: PetMask,
): Pick<PetEdit, "weightUnit"> & { readonly weight?: Weight | null } {
  if (!fields.writes("weight")) return {};
  if (!given) return { weight: null };
  if (hasAmount(given, parts)) return { weight: isKnown(given) ? given : null };
  return given.unit ? { weightUnit: given.unit } : {};
}

interface VetMessage {
  readonly name: string;
  readonly phoneNumber: string;
  readonly address: string;
}

const noVet: VetMessage = { name: "", phoneNumber: "", address: "" };

/** The parts of a veterinarian that a request has, in a binary one those that are not empty. An empty message clears it. */
export function vetEdit(given: VetMessage | undefined, mask: UpdateMask): Partial<Vet> | undefined {
  const parts = maskedParts(mask, "vet", { given, cleared: noVet });
  if (!parts) return undefined;
  const isWhole = mask.explicit || mask.partsOf("vet") !== undefined;
  const said: Partial<VetMessage> = isWhole ? parts : omitEmpty(parts);
  const { name, phoneNumber: phone, address } = keysOf(said).length === 0 ? noVet : said;
  return omitUndefined({ name, phone, address });
}
