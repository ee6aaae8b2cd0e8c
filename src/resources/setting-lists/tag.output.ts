import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { CustomerTagSchema } from "../../gen/proto/moego/business/setting/v1/customer_pb.js";
import type { Tag } from "./tag.model.js";

export function toProtoTag({ id, name, group, archived, lastUpdatedBy, lastUpdatedTime }: Tag) {
  const time = timestampFromDate(lastUpdatedTime);
  return create(CustomerTagSchema, { id, name, group, archived, lastUpdatedBy, lastUpdatedTime: time });
}
