import { z } from "zod";
import { isEmptyMessage } from "../../api/empty-message.js";
import { externalId, externalIds } from "../../api/external-id-fields.js";
import {
  fieldRule,
  httpsUrl,
  id,
  list,
  maxFilterValues,
  omitEmpty,
  omitUndefined,
  optionalId,
  singleLineText,
  text,
} from "../../api/fields.js";
import { clearablePartialDate, interval, moment } from "../../api/google-types.js";
import { requireNoId } from "../../api/note-fields.js";
import { pagination } from "../../api/page-token.js";
import { customIssue } from "../../api/parse.js";
import { optionalPhone } from "../../api/phone-line.js";
import { protoEnum } from "../../api/proto-enum.js";
import { lineRule, nameRule, noteRule } from "../../core/text.js";
import {
  Pet_EvaluationStatusSchema,
  Pet_GenderSchema,
  Pet_StatusSchema,
  Pet_TypeSchema,
  PetSchema,
} from "../../gen/proto/moego/business/customer/v1/pet_pb.js";
import { Weight_UnitSchema } from "../../gen/proto/moego/common/v1/weight_pb.js";
import { customFields } from "../custom-fields/custom-field-values.input.js";
import {
  evaluationStatuses,
  maxPetCodes,
  maxVaccinations,
  type PetEdit,
  type PetFields,
  type PetFilter,
  type PetNoteEntry,
  type PetRecord,
  petGenders,
  petStatuses,
  petTypes,
  roundedWeight,
  type Vet,
  type Weight,
  weightUnits,
} from "./pet.model.js";

export const petType = protoEnum(Pet_TypeSchema, petTypes);
export const petStatus = protoEnum(Pet_StatusSchema, petStatuses);
export const petGender = protoEnum(Pet_GenderSchema, petGenders);
export const evaluationResult = protoEnum(Pet_EvaluationStatusSchema, evaluationStatuses);
export const weightUnit = protoEnum(Weight_UnitSchema, weightUnits);

const maxWeight = 4_294_967_295;
const weightDecimals = 6;

/** A decimal number without leading and trailing zeros. Empty means that only the rounded value is known. */
const exactValue = z.string().transform((raw, context) => {
  const given = raw.trim();
  if (given === "") return undefined;
  const isNumber = /^\d{1,10}(?:\.\d{1,40})?$/.test(given) && Number(given) <= maxWeight;
  if (!isNumber) {
    context.addIssue(customIssue("INVALID_FORMAT", `Must be a decimal number from 0 to ${maxWeight}, such as 25.5.`));
    return z.NEVER;
  }
  return Number(given)
    .toFixed(weightDecimals)
    .replace(/\.?0+$/, "");
});

export const weight = z.object({ value: z.number(), unit: weightUnit.optional, exactValue }).transform(
  ({ value, unit, exactValue: exact }): Weight => ({
    ...(exact === undefined ? { value } : { value: roundedWeight(exact), exact }),
    ...(unit ? { unit } : {}),
  }),
);

/** A weight of 0 means unknown. */
export function isKnown({ value, exact = String(value) }: Weight): boolean {
  return Number(exact) > 0;
}

/** A veterinarian, with the names of the contract. */
export const vetFields = (country: string, number: OptionalNumber = optionalPhone) =>
  z.object({ name: singleLineText, phoneNumber: number(country), address: singleLineText });

const vet = (country: string, number?: OptionalNumber) =>
  vetFields(country, number).transform(
    ({ name, phoneNumber, address }): Vet => ({ name, phone: phoneNumber, address }),
  );

const neuteredStatus = z.string().superRefine((value, context) => {
  if (value === "" || value === "yes" || value === "no" || value === "unknown") return;
  context.addIssue(customIssue("NOT_ALLOWED", "Must be `yes`, `no` or `unknown`."));
});

export const vaccinations = list(
  z
    .object({ name: text({ ...lineRule, min: 1 }), expiredAt: moment.optional() })
    .transform(({ name, expiredAt }) => ({ name, ...(expiredAt ? { expiredTime: expiredAt } : {}) })),
  maxVaccinations,
);

/** Distinct ids of pet codes. Other members are ignored. */
const petCodes = list(
  z.object({ id }).transform((code) => code.id),
  maxPetCodes,
).transform((ids) => [...new Set(ids)]);

export const petNotes = list(
  z
    .object({ id: z.string(), content: text(noteRule) })
    .superRefine(requireNoId)
    .transform(({ content }) => content),
  50,
);

/** Notes within a pet. An id refers to an existing note. */
const notesOfPet = list(z.object({ id: optionalId, content: text(noteRule) }), 50);

const careRule = { min: 0, max: 2_000, multiline: true } as const;

/** The fields of one text each, with their rules: stated once for create, update and import. */
export const plainFields = {
  photo: httpsUrl,
  microchip: text({ min: 0, max: 64 }),
  color: singleLineText,
  allergies: text(careRule),
  feeding: text(careRule),
  medication: text(careRule),
  specialNeeds: text(careRule),
} satisfies PlainFields;
/** The same, reported before the lists of a pet. */
export const earlyFields = {
  fixed: neuteredStatus,
  coat: singleLineText,
  behavior: singleLineText,
} satisfies PlainFields;

type PlainFields = { readonly [Name in keyof PetFields]?: z.ZodType };

type OptionalNumber = (country: string) => z.ZodType<string, string>;

/** The pet fields that all RPCs have in common. None is required. */
export function pet(country: string, number?: OptionalNumber) {
  return z.object({
    id: optionalId,
    name: text({ ...nameRule, min: 0 }),
    birthday: clearablePartialDate.transform((day) => day ?? undefined).optional(),
    status: petStatus.optional,
    type: petType.optional,
    breed: singleLineText,
    gender: petGender.optional,
    weight: weight.optional(),
    ...earlyFields,
    petCodes,
    notes: notesOfPet,
    vaccinations,
    vet: vet(country, number).optional(),
    evaluationStatus: evaluationResult.optional,
    ...plainFields,
    customFields,
    externalIds,
  });
}

export type ParsedPet = z.output<ReturnType<typeof pet>>;

/** Whether a pet says nothing, as a form sends it that has room for several pets. */
export function isEmptyPet(given: unknown): boolean {
  return isEmptyMessage(PetSchema, given);
}

/** A pet to create: without an id, and with a name, a type and a breed. */
export function newPet(country: string) {
  return createdPet(withRequiredPetFields(pet(country), { breed: true }));
}

/** The same within a new lead, whose breed may be unknown. */
export function petOfNewLead(country: string) {
  return createdPet(withRequiredPetFields(pet(country)));
}

function createdPet<T extends z.ZodType<ParsedPet>>(schema: T) {
  return withoutNewNoteIds(schema)
    .refine(
      ...fieldRule((value: ParsedPet) => value.id === "", {
        path: "id",
        reason: "NOT_ALLOWED",
        message: "Must be empty for a new pet; the server assigns the id.",
      }),
    )
    .transform(toPetRecord);
}

type Demanded = Pick<ParsedPet, "id" | "name" | "breed" | "type">;

interface Requirement {
  /** Also of pets with an id. */
  readonly ofAll?: boolean;
  readonly breed?: boolean;
}

/** Requires name and type, and a breed if asked. */
export function withRequiredPetFields<T extends z.ZodType<Demanded>>(
  schema: T,
  { ofAll = false, breed = false }: Requirement = {},
) {
  const needs = (field: "name" | "breed" | "type") =>
    fieldRule((value: Demanded) => (value.id !== "" && !ofAll) || Boolean(value[field]), {
      ...{ path: field, reason: "REQUIRED", message: "Required." },
    });
  const named = schema.refine(...needs("name")).refine(...needs("type"));
  return breed ? named.refine(...needs("breed")) : named;
}

/** A new pet has no notes that an id could refer to. */
export function withoutNewNoteIds<T extends z.ZodType<Pick<ParsedPet, "id" | "notes">>>(schema: T) {
  return schema.superRefine((value: Pick<ParsedPet, "id" | "notes">, context) => {
    for (const [position, note] of value.notes.entries()) {
      if (value.id !== "" || note.id === "") continue;
      context.addIssue({
        ...customIssue("NOT_ALLOWED", "Must be empty for a new note; the server assigns the id."),
        path: ["notes", position, "id"],
      });
    }
  });
}

export function toPetRecord({ id: _, notes, ...parsed }: ParsedPet): PetRecord {
  return { ...toNewPet(parsed), notes: notes.map(({ content }) => content) };
}

/** A pet to create or import, apart from its id and notes. */
export function toNewPet({
  petCodes: petCodeIds,
  vaccinations: given,
  externalIds: others,
  ...fields
}: Omit<ParsedPet, "id" | "notes">) {
  const lists = { petCodeIds, vaccinations: given, externalIds: others };
  return { ...toPetFields(fields), ...lists } satisfies Omit<PetRecord, "id" | "notes">;
}

type ParsedFields = Omit<ParsedPet, "id" | "notes" | "petCodes" | "vaccinations" | "externalIds">;

export function toPetFields({
  type,
  status,
  birthday,
  gender,
  weight: given,
  vet: clinic,
  ...same
}: ParsedFields): PetFields {
  const { evaluationStatus, ...texts } = same;
  return {
    type: type ?? "OTHER",
    status: status ?? "ALIVE",
    ...omitUndefined({
      birthday,
      gender,
      weight: given && isKnown(given) ? given : undefined,
      vet: clinic,
      evaluationStatus,
    }),
    ...texts,
  };
}

/** An edit in which empty fields are cleared, apart from the custom fields. */
export function toPetReplacement({ id: _, notes, ...parsed }: ParsedPet): PetEdit {
  const { petCodeIds, vaccinations: given, externalIds: others, customFields: __, ...fields } = toNewPet(parsed);
  const cleared = { birthday: null, gender: null, weight: null, vet: null, evaluationStatus: null };
  return {
    ...{ fields: { ...cleared, ...fields }, petCodeIds, vaccinations: given, externalIds: others },
    ...{ notes: notes.map(toNoteEntry), replacesNotes: true },
  };
}

export function toNoteEntry({ id: noteId, content }: ParsedPet["notes"][number]): PetNoteEntry {
  return noteId === "" ? { content } : { id: noteId, content };
}

/** If empty, not filtered. */
export const petStatusFilter = list(petStatus.item, maxFilterValues);

/** Input of ListAllPets. Empty lists do not filter. */
export const petsQuery = z.object({
  pagination,
  companyId: id,
  filter: z
    .object({
      customerIds: list(id, maxFilterValues),
      lastUpdatedTime: interval.optional(),
      statuses: petStatusFilter,
      externalIds: list(externalId, maxFilterValues),
    })
    .transform(({ lastUpdatedTime: lastUpdated, ...others }): PetFilter => omitEmpty({ lastUpdated, ...others }))
    .optional(),
});
