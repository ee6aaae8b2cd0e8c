import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { CustomerTagSchema } from "../../gen/proto/moego/business/setting/v1/customer_pb.js";
import type { PetSizeSchema } from "../../gen/proto/moego/business/setting/v1/pet_pb.js";
import { weightUnit } from "../pets/pet.input.js";
import type { PetSize } from "./setting.model.js";
import type { Tag } from "./tag.model.js";

export function toProtoPetSize({ weightLow, weightHigh, ...same }: PetSize): MessageInitShape<typeof PetSizeSchema> {
  return {
    ...same,
    ...(weightLow ? { weightLow: { value: weightLow.value, unit: weightUnit.toProto(weightLow.unit) } } : {}),
    ...(weightHigh ? { weightHigh: { value: weightHigh.value, unit: weightUnit.toProto(weightHigh.unit) } } : {}),
  };
}

export function toProtoTag({ id, name, group, archived, lastUpdatedBy, lastUpdatedTime }: Tag) {
  const time = timestampFromDate(lastUpdatedTime);
  return create(CustomerTagSchema, { id, name, group, archived, lastUpdatedBy, lastUpdatedTime: time });
}
