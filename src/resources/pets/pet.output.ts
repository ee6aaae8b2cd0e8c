import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { toProtoDate } from "../../api/google-types.js";
import { Pet_NoteSchema, type PetSchema } from "../../gen/proto/moego/business/customer/v1/pet_pb.js";
import { PetCodeSchema } from "../../gen/proto/moego/business/setting/v1/pet_pb.js";
import { evaluationResult, petGender, petStatus, petType, weightUnit } from "./pet.input.js";
import type { Pet, PetCode, PetNote } from "./pet.model.js";

export function toProtoPet(pet: Pet): MessageInitShape<typeof PetSchema> {
  const { id, name, breed, fixed, coat, behavior, photo, rawId, customerId = "", weight, vet } = pet;
  return {
    ...{ id, name, breed, fixed, coat, behavior, photo, rawId, customerId },
    ...(pet.birthday === undefined ? {} : { birthday: toProtoDate(pet.birthday) }),
    status: petStatus.toProto(pet.status),
    type: petType.toProto(pet.type),
    gender: petGender.toProto(pet.gender),
    ...(weight ? { weight: { value: weight.value, unit: weightUnit.toProto(weight.unit) } } : {}),
    petCodes: pet.petCodes.map(toProtoPetCode),
    notes: pet.notes.map(toProtoPetNote),
    vaccinations: pet.vaccinations.map(({ name: vaccine, expiredTime }) => ({
      name: vaccine,
      ...(expiredTime ? { expiredAt: timestampFromDate(expiredTime) } : {}),
    })),
    ...(vet ? { vet: { name: vet.name, phoneNumber: vet.phone, address: vet.address } } : {}),
    evaluationStatus: evaluationResult.toProto(pet.evaluationStatus),
    createdTime: timestampFromDate(pet.createdTime),
    lastUpdatedTime: timestampFromDate(pet.lastUpdatedTime),
    deleted: pet.archived,
    ...{ createdBy: pet.createdBy, lastUpdatedBy: pet.lastUpdatedBy },
  };
}

export function toProtoPetCode(code: PetCode) {
  return create(PetCodeSchema, code);
}

export function toProtoPetNote({ id, content, lastUpdatedBy, lastUpdatedTime }: PetNote) {
  return create(Pet_NoteSchema, { id, content, lastUpdatedBy, lastUpdatedTime: timestampFromDate(lastUpdatedTime) });
}
