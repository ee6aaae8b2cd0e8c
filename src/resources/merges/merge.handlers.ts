import type { PageTokens } from "../../api/page-token.js";
import { paged } from "../../api/paged.js";
import { rpc, type ServiceHandlers } from "../../api/rpc.js";
import type { MergeService } from "../../gen/proto/moego/admin/v1/merge_service_pb.js";
import { toProtoCustomer } from "../customers/customer.output.js";
import { mergeOfCustomers, mergePreview, mergesQuery, mergeToUndo } from "./merge.input.js";
import { toProtoMerge, toProtoPreview, toProtoUndone } from "./merge.output.js";
import type { Merges } from "./merge.service.js";

/** Handlers of `moego.admin.v1.MergeService`. */
export function createMergeHandlers(merges: Merges, pageTokens: PageTokens): ServiceHandlers<typeof MergeService> {
  return {
    previewMerge: rpc(mergePreview, async (input, { principal, signal }) =>
      toProtoPreview(await merges.preview(input, principal, signal)),
    ),

    mergeCustomers: rpc(mergeOfCustomers, async (input, { principal, write }) => {
      const { customer, merge } = await merges.merge(input, principal, write);
      return { customer: toProtoCustomer(customer), merge: toProtoMerge(merge) };
    }),

    undoMerge: rpc(mergeToUndo, async (input, { principal, write }) =>
      toProtoUndone(await merges.undo(input, principal, write)),
    ),

    listMerges: paged(pageTokens, mergesQuery, {
      find: ({ companyId, customerId }, page, { principal, signal }) =>
        merges.list({ companyId, customerId, page }, principal, signal),
      order: ({ mergedTime: time, id }) => ({ time, id }),
      respond: (rows, nextPageToken) => ({ merges: rows.map(toProtoMerge), nextPageToken }),
    }),
  };
}
