import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { CustomerTagSchema } from "../../gen/proto/moego/business/setting/v1/customer_pb.js";
import type { PetSizeSchema } from "../../gen/proto/moego/business/setting/v1/pet_pb.js";
import { toProtoWeight } from "../pets/pet.output.js";
import type { PetSize } from "./setting.model.js";
import type { Tag } from "./tag.model.js";

export function toProtoPetSize({ weightLow, weightHigh, ...same }: PetSize): MessageInitShape<typeof PetSizeSchema> {
  return {
    ...same,
    ...(weightLow ? { weightLow: toProtoWeight(weightLow) } : {}),
    ...(weightHigh ? { weightHigh: toProtoWeight(weightHigh) } : {}),
  };
}

export function toProtoTag({ id, name, group, archived, lastUpdatedBy, lastUpdatedTime }: Tag) {
  const time = timestampFromDate(lastUpdatedTime);
  return create(CustomerTagSchema, { id, name, group, archived, lastUpdatedBy, lastUpdatedTime: time });
}
