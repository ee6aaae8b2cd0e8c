import type { MessageInitShape } from "@bufbuild/protobuf";
import { toTimestamp } from "../../api/google-types.js";
import type { CustomerTagSchema } from "../../gen/proto/moego/business/setting/v1/customer_pb.js";
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

export function toProtoTag(tag: Tag): MessageInitShape<typeof CustomerTagSchema> {
  const { id, name, group, archived, lastUpdatedBy, lastUpdatedTime } = tag;
  return { id, name, group, archived, lastUpdatedBy, lastUpdatedTime: toTimestamp(lastUpdatedTime) };
}
