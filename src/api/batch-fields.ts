import type { MessageInitShape } from "@bufbuild/protobuf";
import { z } from "zod";
import {
  type BatchResult,
  batchModes,
  batchOutcomes,
  isRefused,
  maxBatchItems,
  type StoredOutcome,
} from "../core/batch.js";
import { etagOf } from "../core/write.js";
import type { StatusSchema } from "../gen/proto/google/rpc/status_pb.js";
import {
  BatchModeSchema,
  BatchOutcomeSchema,
  type BatchMode as ProtoMode,
} from "../gen/proto/moego/admin/v1/batch_pb.js";
import { id, list } from "./fields.js";
import { customIssue } from "./parse.js";
import { doubtfulPhones } from "./phone-fields.js";
import { protoEnum } from "./proto-enum.js";
import type { ItemTools } from "./rpc.js";

const batchMode = protoEnum(BatchModeSchema, batchModes);
const batchOutcome = protoEnum(BatchOutcomeSchema, batchOutcomes);

/** The fields of a batch, apart from what its items are. */
export function batchFields<Item>() {
  return z.object({
    companyId: id,
    mode: z.custom<ProtoMode>().pipe(batchMode.withDefault("ALL_OR_NOTHING")),
    items: list(z.custom<Item>(), maxBatchItems),
  });
}

/** The input of an RPC that reads records of a company by their ids. */
export const askedIds = z.object({
  companyId: id,
  ids: list(id, maxBatchItems).transform((ids): readonly string[] => [...new Set(ids)]),
});

/** The idempotency key of an item. */
export const itemKey = z.string().superRefine((key, context) => {
  if (key === "" || /^[\x21-\x7e]{1,255}$/.test(key)) return;
  context.addIssue(customIssue("INVALID_FORMAT", "Must be 1 to 255 printable ASCII characters."));
});

export function toProtoOutcome(outcome: StoredOutcome): number {
  return batchOutcome.toProto(outcome);
}

/** What the header `moego-warning` says about a customer of an item alone. */
export function phoneWarnings(phones: Parameters<typeof doubtfulPhones>[0]): string[] {
  const paths = doubtfulPhones(phones).map((path) => `customer.${path}`);
  return paths.length === 0 ? [] : [`PHONE_NOT_VALID ${paths.join(" ")}`];
}

/** The members of a result that all batches have. */
export function toProtoResult(result: BatchResult, { status }: Pick<ItemTools, "status">): ProtoResult {
  if (isRefused(result)) return { outcome: batchOutcome.toProto("REFUSED"), error: status(result.refusal) };
  const { outcome, id: stored, replayed } = result;
  return { outcome: batchOutcome.toProto(outcome), id: stored, etag: etagOf(result), replayed };
}

interface ProtoResult {
  readonly outcome: number;
  readonly id?: string;
  readonly etag?: string;
  readonly replayed?: boolean;
  readonly error?: MessageInitShape<typeof StatusSchema>;
}
