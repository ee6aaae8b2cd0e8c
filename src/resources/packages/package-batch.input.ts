import { z } from "zod";
import { itemKey } from "../../api/batch-fields.js";
import { type CreatedBatch, type ItemPlace, readBatch } from "../../api/batch-items.js";
import { mismatchViolations } from "../../api/import-fields.js";
import { requiredViolations, tryParse } from "../../api/parse.js";
import type { Context, Parse } from "../../api/rpc.js";
import { prefixPaths } from "../../core/record-import.js";
import {
  type BatchSellPackagesRequest,
  type PackageBatchItem,
  PackageBatchItemSchema,
} from "../../gen/proto/moego/admin/v1/package_batch_service_pb.js";
import { SellPackageRequestSchema } from "../../gen/proto/moego/admin/v1/package_pb.js";
import { newPackage, saleViolations } from "./package.input.js";
import type { SaleItem } from "./package-batch.model.js";

const saleItem = z.object({ sale: newPackage, idempotencyKey: itemKey }).transform(({ sale }): SaleItem => ({ sale }));

/** Input of BatchSellPackages. */
export function newPackageBatch(
  request: BatchSellPackagesRequest,
  context: Context,
  parse: Parse,
): Promise<CreatedBatch<SaleItem>> {
  return readBatch(request, { context, parse }, { schema: PackageBatchItemSchema, read: readItem });
}

function readItem(message: PackageBatchItem, { companyId }: ItemPlace) {
  if (!message.sale) return tryParse(PackageBatchItemSchema, message, saleItem);
  const given = { ...message, sale: { ...message.sale, companyId } };
  const violations = [...requiredViolations(SellPackageRequestSchema, given.sale), ...saleViolations(given.sale)];
  return tryParse(PackageBatchItemSchema, given, saleItem, [
    ...mismatchViolations("sale.company_id", companyId, message.sale.companyId),
    ...prefixPaths("sale", violations),
  ]);
}
