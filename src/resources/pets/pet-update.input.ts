import { z } from "zod";
import { clearableCalendarDate } from "../../api/calendar-date.js";
import { memoizePerCountry } from "../../api/country.js";
import { enumNumber, httpsUrl, id, omitUndefined, singleLineText, text } from "../../api/fields.js";
import { customIssue } from "../../api/parse.js";
import { lineRule, nameRule } from "../../core/text.js";
import { neuteredStatus, vaccinations, vet, weight } from "./pet.input.js";
import { evaluationStatuses, petGenders, petTypes, type TraitChanges } from "./pet.model.js";

/** A weight. A value of 0 clears it. */
const newWeight = weight.transform((value) => (value.value === 0 ? null : value));

const newType = enumNumber(petTypes.length).superRefine((number, context) => {
  if (number === 0) context.addIssue(customIssue("REQUIRED", "Required."));
});

/** Input of UpdatePet. Absent fields are unchanged. */
export const petUpdate = memoizePerCountry((country) =>
  z
    .object({
      customerId: id,
      id,
      name: text(nameRule).optional(),
      birthday: clearableCalendarDate.optional(),
      type: newType.optional(),
      breed: text({ ...lineRule, min: 1 }).optional(),
      gender: enumNumber(petGenders.length).optional(),
      weight: newWeight.optional(),
      fixed: neuteredStatus.optional(),
      coat: singleLineText.optional(),
      behavior: singleLineText.optional(),
      vet: vet(country).optional(),
      evaluationStatus: enumNumber(evaluationStatuses.length).optional(),
      photo: httpsUrl.optional(),
      vaccinations,
    })
    .transform(({ customerId, id: petId, ...given }) => {
      const { type, gender, evaluationStatus, vaccinations: vaccines, ...same } = given;
      const traits: TraitChanges = omitUndefined({
        ...same,
        type: type === undefined ? undefined : petTypes[type - 1],
        gender: gender === undefined ? undefined : (petGenders[gender - 1] ?? null),
        evaluationStatus:
          evaluationStatus === undefined ? undefined : (evaluationStatuses[evaluationStatus - 1] ?? null),
        vaccinations: vaccines.length === 0 ? undefined : vaccines,
      });
      return { customerId, id: petId, traits };
    }),
);
