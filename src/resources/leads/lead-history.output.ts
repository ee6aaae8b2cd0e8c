import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { toTimestamp } from "../../api/google-types.js";
import { protoEnum } from "../../api/proto-enum.js";
import {
  LeadHistoryEntry_KindSchema,
  type LeadHistoryEntrySchema,
  type LeadSummarySchema,
} from "../../gen/proto/moego/business/customer/v1/lead_history_pb.js";
import { type LeadHistoryEntry, type LeadSummary, leadHistoryKinds } from "./lead-history.model.js";

const historyKind = protoEnum(LeadHistoryEntry_KindSchema, leadHistoryKinds);

export function toProtoHistoryEntry(entry: LeadHistoryEntry): MessageInitShape<typeof LeadHistoryEntrySchema> {
  const { kind, startedTime, endedTime, durationMs, ...same } = entry;
  return {
    ...same,
    kind: historyKind.toProto(kind),
    startedTime: toTimestamp(startedTime),
    ...(endedTime ? { endedTime: toTimestamp(endedTime) } : {}),
    duration: durationFromMs(durationMs),
  };
}

export function toProtoLeadSummary(summary: LeadSummary): MessageInitShape<typeof LeadSummarySchema> {
  const { createdTime, history, ...same } = summary;
  return { ...same, createdTime: toTimestamp(createdTime), history: history.map(toProtoHistoryEntry) };
}
