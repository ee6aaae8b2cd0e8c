import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { BadRequestSchema, ErrorInfoSchema } from "../../src/gen/proto/google/rpc/error_details_pb.js";
import type { Status } from "../../src/gen/proto/google/rpc/status_pb.js";

/** The details of an item's error. */
export function refusalIn(result: { readonly error?: Status | undefined } | undefined) {
  const details = result?.error?.details ?? [];
  const info = details.flatMap((one) => anyUnpack(one, ErrorInfoSchema) ?? [])[0];
  const fields = details.flatMap((one) => anyUnpack(one, BadRequestSchema)?.fieldViolations ?? []);
  return {
    code: result?.error?.code,
    reason: info?.reason,
    metadata: info?.metadata,
    fields: fields.map(({ field, reason }) => `${field} ${reason}`),
  };
}

/** A record without what differs from one to the next. */
export function shapeOf(record: object | undefined): unknown {
  const differs =
    /^(id|rawId|customerId|etag|createdTime|lastUpdatedTime|upcomingAppointmentsUrl|possibleDuplicates.*)$/;
  return JSON.parse(
    JSON.stringify(record, (name, value: unknown) =>
      differs.test(name) ? undefined : typeof value === "bigint" ? String(value) : value,
    ),
  );
}
