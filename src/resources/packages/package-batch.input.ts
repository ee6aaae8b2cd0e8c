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
import { type SellPackageRequest, SellPackageRequestSchema } from "../../gen/proto/moego/admin/v1/package_pb.js";
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
  const { given, violations } = withCompany(message, companyId);
  return tryParse(PackageBatchItemSchema, given, saleItem, violations);
}

/** A message with a sale of the company, and what is wrong with the sale beside its single fields. */
export function withCompany<Message extends { readonly sale?: SellPackageRequest | undefined }>(
  message: Message,
  companyId: string,
) {
  if (!message.sale) return { given: message, violations: [] };
  const sale = { ...message.sale, companyId };
  const violations = [...requiredViolations(SellPackageRequestSchema, sale), ...saleViolations(sale)];
  return {
    given: { ...message, sale },
    violations: [
      ...mismatchViolations("sale.company_id", companyId, message.sale.companyId),
      ...prefixPaths("sale", violations),
    ],
  };
}
