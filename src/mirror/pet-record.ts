import { type Pet, PetSchema } from "../gen/proto/moego/business/customer/v1/pet_pb.js";
import type { MirroredRecord, MirroredRow } from "../resources/mirrors/mirror.model.js";
import { petFields } from "../resources/pets/pet.columns.js";
import {
  evaluationStatuses,
  petGenders,
  petStatuses,
  petTypes,
  roundedWeight,
  type Weight,
  weightUnits,
} from "../resources/pets/pet.model.js";
import { externalIdPart, fieldValues, notePart } from "./contact-rows.js";
import type { SourceRecord } from "./mirror-context.js";
import {
  goneTime,
  nulls,
  type Reading,
  readNumber,
  stampColumns,
  storable,
  timeColumn,
  without,
} from "./mirror-context.js";
import { readMessage } from "./readable.js";

/** Columns that only this software tells. */
const ownColumns = [
  ...["microchip", "color", "allergies", "feeding", "medication", "special_needs", "custom_fields"],
  ...["created_by", "last_updated_by"],
];

export interface ReadPet {
  readonly record: MirroredRecord;
  readonly message: Pet;
}

interface PetOwner {
  readonly kind: "customer" | "lead";
  readonly id: string;
}

/** @param notes all notes of the pet, if they were read. A list has only some of them. */
export function petRecord(json: SourceRecord, reading: Reading, owner?: PetOwner, notes?: Pet["notes"]): ReadPet {
  const { message, unreadable } = readMessage(PetSchema, json);
  for (const name of unreadable) reading.remark(`${name} cannot be read, and was left out`);
  const { birthday, gender, weight, vet, evaluationStatus } = message;
  const knownGender = petGenders.wordOf(gender);
  const evaluation = evaluationStatuses.wordOf(evaluationStatus);
  const knownWeight = weight && weightOf(weight);
  const day = birthday && dayOf(birthday);
  const fields = petFields.row({
    ...{ name: message.name, breed: message.breed, fixed: message.fixed, coat: message.coat, photo: message.photo },
    ...{ behavior: message.behavior, microchip: message.microchip, color: message.color, allergies: message.allergies },
    ...{ feeding: message.feeding, medication: message.medication, specialNeeds: message.specialNeeds },
    status: petStatuses.wordOf(message.status) ?? "ALIVE",
    type: petTypes.wordOf(message.type) ?? "OTHER",
    customFields: fieldValues(message.customFields, reading),
    ...(day ? { birthday: day } : {}),
    ...(knownGender ? { gender: knownGender } : {}),
    ...(knownWeight ? { weight: knownWeight } : {}),
    ...(evaluation ? { evaluationStatus: evaluation } : {}),
    ...(vet
      ? {
          vet: {
            ...{ name: vet.name, address: vet.address },
            phone: readNumber(vet.phoneNumber, reading, "vet.phone_number").number,
          },
        }
      : {}),
  });
  const stamps = stampColumns(message, reading);
  const { kind, id: ownerId } = owner ?? { kind: "customer", id: message.customerId };
  const row: MirroredRow = {
    ...{ ...nulls(petFields.names), ...fields, ...stamps.row },
    ...(message.rawId > 0n ? { raw_id: String(message.rawId) } : {}),
    ...{ created_by: message.createdBy, last_updated_by: message.lastUpdatedBy },
    ...{ customer_id: kind === "customer" ? ownerId : null, lead_id: kind === "lead" ? ownerId : null },
    archived_time: goneTime(message.deleted, stamps.row["last_updated_time"], reading),
  };
  const { isExtended, remark } = reading;
  const record: MirroredRecord = {
    ...{ kind: "pet", id: message.id, inserted: stamps.inserted },
    row: storable(isExtended ? row : without(row, ownColumns), remark),
    parts: {
      ...(isExtended ? { external_ids: externalIdPart(message, reading) } : {}),
      notes: notePart(notes ?? message.notes, "content", ({ content }) => content).map((one) => storable(one, remark)),
      pet_codes: message.petCodes.map(({ id }) => ({ pet_code_id: id })),
      vaccinations: message.vaccinations.map(({ name, expiredAt }, position) =>
        storable({ position, name, expired_time: timeColumn(expiredAt) ?? null }, remark),
      ),
    },
    ...(notes ? {} : { partial: ["notes"] as const }),
  };
  return { record, message };
}

/** `yyyy-MM-dd`, or less if only that is known. */
function dayOf({ year, month, day }: { readonly year: number; readonly month: number; readonly day: number }) {
  if (year < 1) return undefined;
  const parts = [
    String(year).padStart(4, "0"),
    ...[month, day].filter(Boolean).map((part) => String(part).padStart(2, "0")),
  ];
  return parts.join("-");
}

function weightOf({ value, unit, exactValue }: NonNullable<Pet["weight"]>): Weight | undefined {
  const known = weightUnits.wordOf(unit) ?? "KILOGRAM";
  if (exactValue !== "" && Number(exactValue) > 0)
    return { value: roundedWeight(exactValue), unit: known, exact: exactValue };
  return value > 0 ? { value, unit: known } : undefined;
}
