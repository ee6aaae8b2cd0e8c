import type { MessageInitShape } from "@bufbuild/protobuf";
import type { PetSizeSchema } from "../../gen/proto/moego/business/setting/v1/pet_pb.js";
import { weightUnit } from "../pets/pet.input.js";
import type { PetSize } from "./setting.model.js";

export function toProtoPetSize({ weightLow, weightHigh, ...same }: PetSize): MessageInitShape<typeof PetSizeSchema> {
  return {
    ...same,
    ...(weightLow ? { weightLow: { value: weightLow.value, unit: weightUnit.toProto(weightLow.unit) } } : {}),
    ...(weightHigh ? { weightHigh: { value: weightHigh.value, unit: weightUnit.toProto(weightHigh.unit) } } : {}),
  };
}
