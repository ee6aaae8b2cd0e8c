import { type Departed, departureReasons, isDeparted, type Listed } from "../core/departure.js";
import { DepartureSchema } from "../gen/proto/moego/common/v1/departure_pb.js";
import { toTimestamp } from "./google-types.js";
import { protoEnum } from "./proto-enum.js";

export const departure = protoEnum(DepartureSchema, departureReasons);

/** Encodes the entries of a followed list. An entry of a departed record has its id and nothing of the record. */
export function toListed<T extends object, M>(toMessage: (record: T) => M) {
  return (entry: Listed<T>): M | ReturnType<typeof toDepartedMessage> =>
    isDeparted(entry) ? toDepartedMessage(entry) : toMessage(entry);
}

function toDepartedMessage({ id, companyId, departed, lastUpdatedTime, mergedInto }: Departed) {
  const time = toTimestamp(lastUpdatedTime);
  const merged = mergedInto === undefined ? {} : { mergedInto };
  return { id, companyId, deleted: true, lastUpdatedTime: time, departure: departure.toProto(departed), ...merged };
}
