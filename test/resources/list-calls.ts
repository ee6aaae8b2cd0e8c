import type { JsonObject } from "@bufbuild/protobuf";
import { planted } from "../reliability/tenancy/planted.js";
import type { NeighbourCall } from "./tenancy.js";

type ListCall = Omit<NeighbourCall, "request">;

/** Changes that stay the same while the suite runs. */
export const yearsBefore2025 = { startTime: "1970-01-01T00:00:00Z", endTime: "2025-01-01T00:00:00Z" };

const byName = { orderBy: "RECORD_ORDER_NAME_ASC" };

/**
 * Searches, orders and changes of a list of people, which the neighbour's namesakes would alter (list-rows.ts).
 *
 * @param filter what the record that is named Quincy also meets
 */
export function peopleCalls(filter: JsonObject): readonly ListCall[] {
  const named = { name: "Quinci", namePrefix: "quin", ...filter };
  return [
    { name: "by name and more", json: { filter: named } },
    { name: "by name and more, ordered by name", json: { ...byName, filter: named } },
    { name: "by tag", json: { filter: { tagIds: ["tag_a1"] } } },
    ...["CREATED_ASC", "LAST_UPDATED_DESC", "NAME_ASC", "NAME_DESC"].map((order) => ({
      ...{ name: `ordered by ${order}`, json: { orderBy: `RECORD_ORDER_${order}` } },
    })),
    { name: "ordered by name, second page", json: { orderBy: "RECORD_ORDER_NAME_DESC" }, isSecondPage: true },
    ...[{}, { preferredBusinessIds: ["biz_a1"] }].map((limits) => ({
      ...{ name: "by change", json: { filter: { ...limits, lastUpdatedTime: yearsBefore2025 } } },
    })),
  ];
}

/** A code that the tenant has under another id. */
export const fieldOfNeighbour: ListCall = {
  name: "a custom field of the neighbour",
  json: { filter: { customFields: [{ field: planted.fieldOfCode }] } },
};
