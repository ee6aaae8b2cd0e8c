import { toProtoOutcome } from "../../api/batch-fields.js";
import { rpc, type ServiceHandlers } from "../../api/rpc.js";
import { isRefused } from "../../core/batch.js";
import { requireFound } from "../../core/company-resource.js";
import type { PackageUpsertService } from "../../gen/proto/moego/admin/v1/package_upsert_service_pb.js";
import { toProtoPackageDetail } from "./package.output.js";
import { createReader, toProtoResults } from "./package-batch.handlers.js";
import type { PackageBatches } from "./package-batch.service.js";
import { singleUpsert, upsertBatch } from "./package-upsert.input.js";
import type { PackageUpsertRules } from "./package-upsert.service.js";

/** Handlers of `moego.admin.v1.PackageUpsertService`. */
export function createPackageUpsertHandlers(
  upserts: PackageUpsertRules,
  batches: PackageBatches,
): ServiceHandlers<typeof PackageUpsertService> {
  const read = createReader(batches);
  return {
    upsertPackage: rpc(singleUpsert, async (upsert, context) => {
      const [result] = await upserts.store(upsert, context.principal, context.write);
      if (!result) throw new Error("an upsert has a result");
      if (isRefused(result)) throw result.refusal;
      const { found } = await read(upsert.companyId, [result.id], context);
      const packageDetail = toProtoPackageDetail(requireFound(found[0], "Package", result.id));
      return { outcome: toProtoOutcome(result.outcome), packageDetail };
    }),

    batchUpsertPackages: rpc(upsertBatch, async (batch, context) => {
      const results = await upserts.store(batch, context.principal, context.write);
      return { results: await toProtoResults(batch, results, { read, context }) };
    }),
  };
}
