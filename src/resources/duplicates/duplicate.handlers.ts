import { z } from "zod";
import { id, list, omitUndefined } from "../../api/fields.js";
import { momentBound } from "../../api/google-types.js";
import { type PageTokens, pagination } from "../../api/page-token.js";
import { customIssue } from "../../api/parse.js";
import { protoEnum } from "../../api/proto-enum.js";
import { readInput, rpc, type ServiceHandlers } from "../../api/rpc.js";
import {
  DuplicateConfidenceSchema,
  DuplicateMatchSchema,
  type DuplicateService,
} from "../../gen/proto/moego/admin/v1/duplicate_service_pb.js";
import { type CustomerDuplicates, confidences, pairMatches } from "./duplicate.model.js";
import type { Duplicates } from "./duplicate.service.js";

/** Handlers of `moego.admin.v1.DuplicateService`. */
export function createDuplicateHandlers(
  duplicates: Duplicates,
  pageTokens: PageTokens,
): ServiceHandlers<typeof DuplicateService> {
  return {
    /** A page can end before it is full, which the handlers of other lists do not know. */
    async listDuplicates(request, context) {
      const filter = await readInput(duplicatesQuery, request, context);
      const page = pageTokens.open(request, context);
      const { rows, resumeAt } = await duplicates.list(filter, page, context.principal, context.signal);
      const cursorOf = ({ time, customerId }: CustomerDuplicates) => ({ time, id: customerId });
      const { rows: customers, nextPageToken } = await page.close(rows, cursorOf, resumeAt);
      return { customers: customers.map(toProtoCustomer), nextPageToken };
    },

    dismissDuplicate: rpc(pair, async (input, { principal, write }) => {
      await duplicates.setDismissed(input, true, principal, write);
      return {};
    }),

    restoreDuplicate: rpc(pair, async (input, { principal, write }) => {
      await duplicates.setDismissed(input, false, principal, write);
      return {};
    }),
  };
}

const matchOf = protoEnum(DuplicateMatchSchema, pairMatches);
const confidenceOf = protoEnum(DuplicateConfidenceSchema, confidences);

const duplicatesQuery = z
  .object({
    ...{ companyId: id, pagination, minConfidence: confidenceOf.withDefault("MEDIUM") },
    ...{ matches: list(matchOf.item, pairMatches.words.length), changedSince: momentBound.optional() },
  })
  .transform(({ companyId, minConfidence, matches, changedSince }) => ({
    ...{ companyId, minConfidence },
    ...omitUndefined({ matches: matches.length > 0 ? matches : undefined, changedSince }),
  }));

const pair = z
  .object({ companyId: id, customerId: id, otherCustomerId: id })
  .superRefine(({ customerId, otherCustomerId }, context) => {
    if (customerId !== otherCustomerId || customerId === "") return;
    const description = "Must be another customer than customer_id.";
    context.addIssue({ ...customIssue("CONFLICT", description), path: ["otherCustomerId"] });
  });

function toProtoCustomer({ customerId, duplicates, hasMore }: CustomerDuplicates) {
  return {
    ...{ customerId, hasMore },
    duplicates: duplicates.map(({ customerId: other, matches, confidence }) => ({
      ...{ customerId: other, confidence: confidenceOf.toProto(confidence) },
      matches: matches.map(matchOf.toProto),
    })),
  };
}
