import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { toProtoDate, toTimestamp } from "../../api/google-types.js";
import type { DeletedNote } from "../../core/note.js";
import { Pet_NoteSchema, type PetSchema } from "../../gen/proto/moego/business/customer/v1/pet_pb.js";
import { PetCodeSchema } from "../../gen/proto/moego/business/setting/v1/pet_pb.js";
import { WeightSchema } from "../../gen/proto/moego/common/v1/weight_pb.js";
import { toFieldMessages } from "../custom-fields/custom-field.output.js";
import { evaluationResult, petGender, petStatus, petType, weightUnit } from "./pet.input.js";
import type { Pet, PetCode, PetNote, Weight } from "./pet.model.js";

export function toProtoPet(pet: Pet): MessageInitShape<typeof PetSchema> {
  // One rest, spread last: as in `toCustomer`.
  const {
    birthday,
    status,
    type,
    gender,
    weight,
    vet,
    evaluationStatus,
    petCodes,
    notes,
    vaccinations,
    externalIds,
    createdTime,
    lastUpdatedTime,
    archived,
    customFields,
    ...same
  } = pet;
  return {
    ...(birthday === undefined ? {} : { birthday: toProtoDate(birthday) }),
    status: petStatus.toProto(status),
    type: petType.toProto(type),
    gender: petGender.toProto(gender),
    ...(weight ? { weight: toProtoWeight(weight) } : {}),
    petCodes: petCodes.map(toProtoPetCode),
    notes: notes.map(toProtoPetNote),
    vaccinations: vaccinations.map(({ name, expiredTime }) => ({
      name,
      ...(expiredTime ? { expiredAt: toTimestamp(expiredTime) } : {}),
    })),
    externalIds: [...externalIds],
    ...(vet ? { vet: { name: vet.name, phoneNumber: vet.phone, address: vet.address } } : {}),
    evaluationStatus: evaluationResult.toProto(evaluationStatus),
    createdTime: toTimestamp(createdTime),
    lastUpdatedTime: toTimestamp(lastUpdatedTime),
    deleted: archived,
    customFields: toFieldMessages(customFields),
    ...same,
  };
}

export function toProtoWeight({ value, unit, exact = "" }: Weight) {
  return create(WeightSchema, { value, unit: weightUnit.toProto(unit), exactValue: exact });
}

export function toProtoPetCode(code: PetCode) {
  return create(PetCodeSchema, code);
}

export function toProtoPetNote(stored: PetNote | DeletedNote) {
  if (!("content" in stored)) return create(Pet_NoteSchema, stored);
  const { id, content, lastUpdatedBy, lastUpdatedTime } = stored;
  return create(Pet_NoteSchema, { id, content, lastUpdatedBy, lastUpdatedTime: toTimestamp(lastUpdatedTime) });
}
