import { z } from "zod";
import { externalIds } from "../../api/external-id-fields.js";
import {
  emptiedTexts,
  keysOf,
  maskedTexts,
  maskPaths,
  maskWithout,
  presentPartsOf,
  readMask,
} from "../../api/field-mask.js";
import { id, memoizePerCountry, omitUndefined, text } from "../../api/fields.js";
import { clearablePartialDate } from "../../api/google-types.js";
import { phoneRulesOf } from "../../api/phone-fields.js";
import { judgedNumber, optionalJudgedPhone } from "../../api/phone-line.js";
import type { Context } from "../../api/rpc.js";
import type { JudgeStored } from "../../api/stored-values.js";
import { numberViolations } from "../../core/phone/judged-phone.js";
import type { EmptyMembers } from "../../core/presence.js";
import { clearedFields } from "../../core/required-field.js";
import { lineRule, nameRule } from "../../core/text.js";
import {
  type UpdatePetRequest,
  UpdatePetRequestSchema,
} from "../../gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { WeightSchema } from "../../gen/proto/moego/common/v1/weight_pb.js";
import { customFields } from "../custom-fields/custom-field-values.input.js";
import {
  earlyFields,
  evaluationResult,
  petGender,
  petStatus,
  petType,
  plainFields,
  vaccinations,
  vetFields,
  weight,
} from "./pet.input.js";
import { type Pet, type PetFields, type RequiredPetField, requiredPetFields, vetNumber } from "./pet.model.js";
import type { PetUpdate } from "./pet.service.js";
import { type PetMask, vetEdit, weightEdit } from "./pet-edit.input.js";

/** Fields that identify the pet and cannot be in the mask. */
const notMaskable = ["customer_id", "id", "update_mask"];
const required = ["name", "type", "status"];
const whole = ["birthday", "weight"];

interface PetUpdateMask extends PetMask {
  /** Required fields that the request states without a value. They are not written. */
  readonly emptied: readonly RequiredPetField[];
}

export function petMask(request: UpdatePetRequest, emptyMembers?: EmptyMembers): PetUpdateMask {
  const rules = { notMaskable, required, whole };
  const fields = readMask(UpdatePetRequestSchema, request, maskPaths(request.updateMask), rules, emptyMembers);
  const parts = presentPartsOf(WeightSchema, request.weight, "weight", emptyMembers);
  const emptied = emptiedTexts(fields, { breed: request.breed });
  return {
    fields: maskWithout(fields, emptied),
    partsOfWeight: fields.explicit ? undefined : parts,
    emptied,
  };
}

/** Input of UpdatePet, before the mask is applied. */
export const petUpdate = memoizePerCountry((country) => {
  const fields = {
    name: text(nameRule).optional(),
    birthday: clearablePartialDate.optional(),
    status: petStatus.required.optional(),
    type: petType.required.optional(),
    breed: text(lineRule).optional(),
    gender: petGender.withDefault(null).optional(),
    weight: weight.optional(),
    ...z.object(earlyFields).partial().shape,
    vet: vetFields(country, optionalJudgedPhone).optional(),
    evaluationStatus: evaluationResult.withDefault(null).optional(),
    ...z.object(plainFields).partial().shape,
    customFields,
  } satisfies Record<keyof PetFields, z.ZodType>;
  return z.object({ customerId: id, id, ...fields, vaccinations, externalIds });
});

/**
 * Judges what may repeat what is stored, for an update that is refused for other fields.
 *
 * @param country of the owner
 */
export function judgePetUpdate(
  request: UpdatePetRequest,
  { principal, emptyMembers }: Pick<Context, "principal" | "emptyMembers">,
  country: string,
): JudgeStored<Pet> {
  const { fields: mask, emptied } = petMask(request, emptyMembers);
  const isWritten = mask.writes("vet") || mask.partsOf("vet")?.includes("phone_number");
  const phone = isWritten && request.vet ? judgedNumber(request.vet.phoneNumber, country) : "";
  const [only = ""] = principal.companies.keys();
  return (stored) => [
    ...clearedFields(emptied, requiredPetFields, stored),
    ...numberViolations([vetNumber("vet", { phone }, stored?.vet)], phoneRulesOf(principal, stored?.companyId ?? only)),
  ];
}

type ParsedUpdate = z.output<ReturnType<typeof petUpdate>>;

export function toPetUpdate(parsed: ParsedUpdate, petMask: PetUpdateMask): PetUpdate {
  const mask = petMask.fields;
  const written = <T>(field: string, value: T): T | undefined => (mask.writes(field) ? value : undefined);
  const { name, birthday = null, status, type, breed, gender = null } = parsed;
  const { weightUnit, ...amount } = weightEdit(parsed.weight, petMask);
  return {
    ...{ customerId: parsed.customerId, id: parsed.id, emptied: petMask.emptied },
    fields: omitUndefined({
      ...writtenTexts(parsed, mask),
      name: written("name", name),
      birthday: written("birthday", birthday),
      status: written("status", status),
      type: written("type", type),
      breed: written("breed", breed),
      gender: written("gender", gender),
      ...amount,
      evaluationStatus: written("evaluation_status", parsed.evaluationStatus ?? null),
    }),
    ...omitUndefined({ weightUnit, vet: vetEdit(parsed.vet, mask) }),
    ...(mask.writes("vaccinations") ? { vaccinations: parsed.vaccinations } : {}),
    ...(mask.writes("external_ids") ? { externalIds: parsed.externalIds } : {}),
    ...(mask.writes("custom_fields")
      ? { customFields: { write: mask.explicit ? "replace" : "merge", given: parsed.customFields } }
      : {}),
  };
}

const writtenTexts = maskedTexts(UpdatePetRequestSchema, keysOf({ ...earlyFields, ...plainFields }));
