import { z } from "zod";
import { httpsUrl, id, memoizePerCountry, omitUndefined, singleLineText, text } from "../../api/fields.js";
import { clearableCalendarDate } from "../../api/google-types.js";
import { lineRule, nameRule } from "../../core/text.js";
import { evaluationResult, neuteredStatus, petGender, petType, vaccinations, vet, weight } from "./pet.input.js";
import type { TraitChanges } from "./pet.model.js";

/** A weight. A value of 0 clears it. */
const newWeight = weight.transform((value) => (value.value === 0 ? null : value));

/** Input of UpdatePet. Absent fields are unchanged. */
export const petUpdate = memoizePerCountry((country) =>
  z
    .object({
      customerId: id,
      id,
      name: text(nameRule).optional(),
      birthday: clearableCalendarDate.optional(),
      type: petType.required.optional(),
      breed: text({ ...lineRule, min: 1 }).optional(),
      gender: petGender.withDefault(null).optional(),
      weight: newWeight.optional(),
      fixed: neuteredStatus.optional(),
      coat: singleLineText.optional(),
      behavior: singleLineText.optional(),
      vet: vet(country).optional(),
      evaluationStatus: evaluationResult.withDefault(null).optional(),
      photo: httpsUrl.optional(),
      vaccinations,
    })
    .transform(({ customerId, id: petId, ...given }) => {
      const { vaccinations: vaccines, ...same } = given;
      const traits: TraitChanges = omitUndefined({
        ...same,
        vaccinations: vaccines.length === 0 ? undefined : vaccines,
      });
      return { customerId, id: petId, traits };
    }),
);
