import { askedIds, toProtoResult } from "../../api/batch-fields.js";
import { type CreatedBatch, recordOf, returnedRecords } from "../../api/batch-items.js";
import { findFitting } from "../../api/fitting-rows.js";
import { type Context, rpc, type ServiceHandlers } from "../../api/rpc.js";
import type { BatchResult } from "../../core/batch.js";
import type { PackageBatchService } from "../../gen/proto/moego/admin/v1/package_batch_service_pb.js";
import { toProtoPackageDetail } from "./package.output.js";
import { newPackageBatch } from "./package-batch.input.js";
import type { PackageBatches } from "./package-batch.service.js";

/** Reads as many of the packages with these ids as fit into a response. */
export function createReader(batches: PackageBatches) {
  return (companyId: string, ids: readonly string[], { principal, signal }: Context) =>
    findFitting(ids, (some) => batches.find({ companyId, ids: some }, principal, signal));
}

/** The result of each item of a batch, with its package if the batch returns it. */
export async function toProtoResults(
  batch: CreatedBatch<unknown>,
  results: readonly BatchResult[],
  { read, context }: { readonly read: ReturnType<typeof createReader>; readonly context: Context },
) {
  const packages = await returnedRecords(batch, results, (ids) => read(batch.companyId, ids, context));
  return results.map((result) => {
    const detail = recordOf(packages, result);
    return {
      ...toProtoResult(result, context.items),
      ...(detail ? { packageDetail: toProtoPackageDetail(detail) } : {}),
    };
  });
}

/** Handlers of `moego.admin.v1.PackageBatchService`. */
export function createPackageBatchHandlers(batches: PackageBatches): ServiceHandlers<typeof PackageBatchService> {
  const read = createReader(batches);
  return {
    batchSellPackages: rpc(newPackageBatch, async (batch, context) => {
      const results = await batches.sell(batch, context.principal, context.write);
      return { results: await toProtoResults(batch, results, { read, context }) };
    }),

    batchGetPackages: rpc(askedIds, async ({ companyId, ids }, context) => {
      const { found, missingIds, leftIds } = await read(companyId, ids, context);
      const packageDetails = found.map(toProtoPackageDetail);
      return { packageDetails, notFoundIds: [...missingIds], remainingIds: [...leftIds] };
    }),
  };
}
