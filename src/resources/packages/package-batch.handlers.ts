import { askedIds, toProtoResult } from "../../api/batch-fields.js";
import { recordOf, returnedRecords } from "../../api/batch-items.js";
import { findFitting } from "../../api/fitting-rows.js";
import { type Context, rpc, type ServiceHandlers } from "../../api/rpc.js";
import type { PackageBatchService } from "../../gen/proto/moego/admin/v1/package_batch_service_pb.js";
import { toProtoPackageDetail } from "./package.output.js";
import { newPackageBatch } from "./package-batch.input.js";
import type { PackageBatches } from "./package-batch.service.js";

/** Handlers of `moego.admin.v1.PackageBatchService`. */
export function createPackageBatchHandlers(batches: PackageBatches): ServiceHandlers<typeof PackageBatchService> {
  const read = (companyId: string, ids: readonly string[], { principal, signal }: Context) =>
    findFitting(ids, (some) => batches.find({ companyId, ids: some }, principal, signal));

  return {
    batchSellPackages: rpc(newPackageBatch, async (batch, context) => {
      const results = await batches.sell(batch, context.principal, context.write);
      const packages = await returnedRecords(batch, results, (ids) => read(batch.companyId, ids, context));
      return {
        results: results.map((result) => {
          const detail = recordOf(packages, result);
          return {
            ...toProtoResult(result, context.items),
            ...(detail ? { packageDetail: toProtoPackageDetail(detail) } : {}),
          };
        }),
      };
    }),

    batchGetPackages: rpc(askedIds, async ({ companyId, ids }, context) => {
      const { found, missingIds, leftIds } = await read(companyId, ids, context);
      const packageDetails = found.map(toProtoPackageDetail);
      return { packageDetails, notFoundIds: [...missingIds], remainingIds: [...leftIds] };
    }),
  };
}
