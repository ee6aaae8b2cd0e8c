import type { JsonValue, MessageInitShape } from "@bufbuild/protobuf";
import { fromJson } from "@bufbuild/protobuf";
import { type Value, ValueSchema } from "@bufbuild/protobuf/wkt";
import { toTimestamp } from "../../api/google-types.js";
import { etagOf } from "../../core/write.js";
import type {
  CustomerMergeSchema,
  FieldConflictSchema,
  PreviewMergeResponseSchema,
  UndoMergeResponseSchema,
} from "../../gen/proto/moego/admin/v1/merge_service_pb.js";
import { toProtoCustomer } from "../customers/customer.output.js";
import { fieldChoice } from "./merge.input.js";
import type { CustomerMerge, FieldConflict, MergePlan, MergeSides, UndoneMerge } from "./merge.model.js";

export function toProtoMerge(merge: CustomerMerge): MessageInitShape<typeof CustomerMergeSchema> {
  const { mergedTime, undoableUntil, undoneTime, ...same } = merge;
  return {
    ...same,
    ...{ mergedTime: toTimestamp(mergedTime), undoableUntil: toTimestamp(undoableUntil) },
    ...(undoneTime ? { undoneTime: toTimestamp(undoneTime) } : {}),
  };
}

interface Preview {
  readonly plan: MergePlan;
  readonly sides: MergeSides;
}

export function toProtoPreview({ plan, sides }: Preview): MessageInitShape<typeof PreviewMergeResponseSchema> {
  return {
    customer: toProtoCustomer(plan.result),
    carried: plan.carried,
    conflicts: plan.conflicts.map(toProtoConflict),
    etag: etagOf(sides.survivor.customer),
    fromEtag: etagOf(sides.merged.customer),
  };
}

function toProtoConflict(conflict: FieldConflict): MessageInitShape<typeof FieldConflictSchema> {
  const { path, survivor, merged, choice } = conflict;
  return {
    ...{ path, survivor: toValue(survivor), merged: toValue(merged) },
    ...(choice ? { choice: fieldChoice.toProto(choice) } : {}),
  };
}

/** As JSON: times as texts, absent members left out. */
function toValue(value: unknown): Value {
  const json: JsonValue = JSON.parse(JSON.stringify(value ?? null));
  return fromJson(ValueSchema, json);
}

export function toProtoUndone(undone: UndoneMerge): MessageInitShape<typeof UndoMergeResponseSchema> {
  return {
    ...{ customer: toProtoCustomer(undone.customer), restored: toProtoCustomer(undone.restored) },
    ...{ keptPaths: [...undone.keptPaths], kept: undone.kept, merge: toProtoMerge(undone.merge) },
  };
}
