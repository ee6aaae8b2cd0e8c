import { z } from "zod";
import {
  fieldRule,
  httpsUrl,
  id,
  list,
  omitUndefined,
  optionalId,
  optionalPhone,
  singleLineText,
  text,
} from "../../api/fields.js";
import { calendarDate, moment } from "../../api/google-types.js";
import { customIssue } from "../../api/parse.js";
import { protoEnum } from "../../api/proto-enum.js";
import { lineRule, nameRule, noteRule } from "../../core/text.js";
import {
  Pet_EvaluationStatusSchema,
  Pet_GenderSchema,
  Pet_StatusSchema,
  Pet_TypeSchema,
} from "../../gen/proto/moego/business/customer/v1/pet_pb.js";
import { Weight_UnitSchema } from "../../gen/proto/moego/common/v1/weight_pb.js";
import {
  evaluationStatuses,
  maxPetCodes,
  maxVaccinations,
  type PetEdit,
  type PetNoteEntry,
  type PetRecord,
  petGenders,
  petStatuses,
  petTypes,
  type Vet,
  weightUnits,
} from "./pet.model.js";

export const petType = protoEnum(Pet_TypeSchema, petTypes);
export const petStatus = protoEnum(Pet_StatusSchema, petStatuses);
export const petGender = protoEnum(Pet_GenderSchema, petGenders);
export const evaluationResult = protoEnum(Pet_EvaluationStatusSchema, evaluationStatuses);
export const weightUnit = protoEnum(Weight_UnitSchema, weightUnits);

/** Whole units. The unit defaults to kilograms. */
export const weight = z.object({ value: z.number(), unit: weightUnit.withDefault("KILOGRAM") });

export const vet = (country: string) =>
  z
    .object({ name: singleLineText, phoneNumber: optionalPhone(country), address: singleLineText })
    .transform(({ name, phoneNumber, address }): Vet => ({ name, phone: phoneNumber, address }));

export const neuteredStatus = z.string().superRefine((value, context) => {
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
export const petCodes = list(
  z.object({ id }).transform((code) => code.id),
  maxPetCodes,
).transform((ids) => [...new Set(ids)]);

export const petNotes = list(
  z
    .object({ id: z.string(), content: text(noteRule) })
    .superRefine((note, context) => {
      if (note.id !== "")
        context.addIssue({
          ...customIssue("NOT_ALLOWED", "Must be empty for a new note; the server assigns the id."),
          path: ["id"],
        });
    })
    .transform(({ content }) => content),
  50,
);

/** Notes within a pet. An id refers to an existing note. */
const notesOfPet = list(z.object({ id: optionalId, content: text(noteRule) }), 50);

/** The pet fields that all RPCs have in common. None is required. */
export function pet(country: string) {
  return z.object({
    id: optionalId,
    name: text({ ...nameRule, min: 0 }),
    birthday: calendarDate.optional(),
    status: petStatus.optional,
    type: petType.optional,
    breed: singleLineText,
    gender: petGender.optional,
    weight: weight.optional(),
    fixed: neuteredStatus,
    coat: singleLineText,
    behavior: singleLineText,
    petCodes,
    notes: notesOfPet,
    vaccinations,
    vet: vet(country).optional(),
    evaluationStatus: evaluationResult.optional,
    photo: httpsUrl,
  });
}

export type ParsedPet = z.output<ReturnType<typeof pet>>;

/** A pet to create: without an id, and with a name, a type and a breed. */
export function newPet(country: string) {
  return withoutNewNoteIds(withRequiredPetFields(pet(country)))
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

/** Requires name, type and breed: of pets without an id, or of all pets. */
export function withRequiredPetFields<T extends z.ZodType<Demanded>>(schema: T, ofAll = false) {
  const needs = (field: "name" | "breed" | "type") =>
    fieldRule((value: Demanded) => (value.id !== "" && !ofAll) || Boolean(value[field]), {
      ...{ path: field, reason: "REQUIRED", message: "Required." },
    });
  return schema
    .refine(...needs("name"))
    .refine(...needs("type"))
    .refine(...needs("breed"));
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

export function toPetRecord(parsed: ParsedPet): PetRecord {
  return { ...toPetTraits(parsed), notes: parsed.notes.map(({ content }) => content) };
}

/** All fields of a pet except its times, actors and notes. */
export function toPetTraits(parsed: Omit<ParsedPet, "id" | "notes">): Omit<PetRecord, "id" | "notes"> {
  const { name, breed, fixed: neutered, coat, behavior, photo, gender, evaluationStatus } = parsed;
  return {
    ...{ name, breed, fixed: neutered, coat, behavior, photo },
    type: parsed.type ?? "OTHER",
    status: parsed.status ?? "ALIVE",
    ...(parsed.birthday === undefined ? {} : { birthday: parsed.birthday }),
    ...(gender ? { gender } : {}),
    // A weight of 0 means unknown.
    ...(parsed.weight && parsed.weight.value > 0 ? { weight: parsed.weight } : {}),
    ...(parsed.vet ? { vet: parsed.vet } : {}),
    ...(evaluationStatus ? { evaluationStatus } : {}),
    vaccinations: parsed.vaccinations,
    petCodeIds: parsed.petCodes,
  };
}

/** An edit in which empty fields are unchanged. */
export function toPetEdit(parsed: ParsedPet): PetEdit {
  const { petCodeIds, ...record } = toPetTraits(parsed);
  const traits = {
    ...record,
    status: parsed.status,
    type: parsed.type,
    vaccinations: record.vaccinations.length === 0 ? undefined : record.vaccinations,
  };
  return {
    traits: withoutEmpty(omitUndefined(traits)),
    ...(petCodeIds.length === 0 ? {} : { petCodeIds }),
    notes: parsed.notes.map(toNoteEntry),
  };
}

/** An edit in which empty fields are cleared. */
export function toPetReplacement(parsed: ParsedPet): PetEdit {
  const { petCodeIds, ...traits } = toPetTraits(parsed);
  const cleared = { birthday: null, gender: null, weight: null, vet: null, evaluationStatus: null };
  return {
    ...{ traits: { ...cleared, ...traits }, petCodeIds },
    ...{ notes: parsed.notes.map(toNoteEntry), replacesNotes: true },
  };
}

function toNoteEntry({ id: noteId, content }: ParsedPet["notes"][number]): PetNoteEntry {
  return noteId === "" ? { content } : { id: noteId, content };
}

function withoutEmpty<T extends object>(value: T): Partial<T>;
function withoutEmpty(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== ""));
}
