import { z } from "zod";
import { id, memoizePerCountry, omitUndefined, text } from "../../api/fields.js";
import { clearableCalendarDate } from "../../api/google-types.js";
import { lineRule, nameRule } from "../../core/text.js";
import {
  earlyFields,
  evaluationResult,
  petGender,
  petType,
  plainFields,
  vaccinations,
  vet,
  weight,
} from "./pet.input.js";
import type { PetFields } from "./pet.model.js";
import type { PetUpdate } from "./pet.service.js";

/** A weight. A value of 0 clears it. */
const newWeight = weight.transform((value) => (value.value === 0 ? null : value));

/** Input of UpdatePet. Absent fields are unchanged. */
export const petUpdate = memoizePerCountry((country) => {
  const fields = {
    name: text(nameRule).optional(),
    birthday: clearableCalendarDate.optional(),
    type: petType.required.optional(),
    breed: text({ ...lineRule, min: 1 }).optional(),
    gender: petGender.withDefault(null).optional(),
    weight: newWeight.optional(),
    ...z.object(earlyFields).partial().shape,
    vet: vet(country).optional(),
    evaluationStatus: evaluationResult.withDefault(null).optional(),
    ...z.object(plainFields).partial().shape,
  } satisfies Record<Exclude<keyof PetFields, "status">, z.ZodType>;
  return z.object({ customerId: id, id, ...fields, vaccinations }).transform(
    ({ customerId, id: petId, vaccinations: given, ...changed }): PetUpdate => ({
      ...{ customerId, id: petId, fields: omitUndefined(changed) },
      ...(given.length === 0 ? {} : { vaccinations: given }),
    }),
  );
});
