import type { MessageInitShape } from "@bufbuild/protobuf";
import type { PetSizeSchema } from "../../gen/proto/moego/business/setting/v1/pet_pb.js";
import { Weight_Unit } from "../../gen/proto/moego/common/v1/weight_pb.js";
import type { PetSize } from "./setting.model.js";

export function toProtoPetSize({ weightLow, weightHigh, ...same }: PetSize): MessageInitShape<typeof PetSizeSchema> {
  return {
    ...same,
    ...(weightLow ? { weightLow: { value: weightLow.value, unit: Weight_Unit[weightLow.unit] } } : {}),
    ...(weightHigh ? { weightHigh: { value: weightHigh.value, unit: Weight_Unit[weightHigh.unit] } } : {}),
  };
}
