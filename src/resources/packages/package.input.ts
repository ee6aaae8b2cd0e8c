import { z } from "zod";
import { id, list, maxFilterValues, optionalId, singleLineText, text } from "../../api/fields.js";
import { moment } from "../../api/google-types.js";
import { pagination } from "../../api/page-token.js";
import { customIssue } from "../../api/parse.js";
import { protoEnum } from "../../api/proto-enum.js";
import type { Violation } from "../../core/errors.js";
import { lineRule, noteRule } from "../../core/text.js";
import type { RefundPackageRequest } from "../../gen/proto/moego/admin/v1/package_pb.js";
import { Package_StatusSchema } from "../../gen/proto/moego/business/package/v1/package_pb.js";
import { packageStatuses } from "./package.model.js";
import type { Refund } from "./package-rules.service.js";
import type { PackageQuery } from "./package-store.model.js";

export const packageStatus = protoEnum(Package_StatusSchema, packageStatuses);

const maxCustomers = 100;
const maxPackages = 500;

/** An optional note. Empty means not set. */
const note = text({ ...noteRule, min: 0 });

/** Input of ListPackages. */
export const packagesQuery = z
  .object({
    pagination,
    companyId: id,
    customerIds: list(id, maxCustomers),
    businessIds: list(id, maxFilterValues),
    excludeExpired: z.boolean(),
    statuses: z.array(packageStatus.item),
  })
  .transform(({ pagination: _, businessIds, statuses, ...same }): Omit<PackageQuery, "page" | "reachIds"> => {
    const normal = statuses.length === 0 || statuses.includes("NORMAL");
    const deleted = statuses.includes("DELETED");
    return {
      ...same,
      ...(businessIds.length > 0 ? { businessIds } : {}),
      ...(normal && deleted ? {} : { deleted }),
    };
  });

/** Input of ListPackageDetails. */
export const packageDetailsQuery = z
  .object({ pagination, companyId: id, packageIds: list(id, maxPackages) })
  .transform(({ companyId, packageIds }) => ({ companyId, ids: packageIds }));

/** Identifies the package of a request. */
export const packageName = z
  .object({ companyId: id, packageId: id })
  .transform(({ companyId, packageId }) => ({ companyId, id: packageId }));

const units = z.number().superRefine((quantity, context) => {
  if (quantity < 1) context.addIssue(customIssue("OUT_OF_RANGE", "Must be at least 1."));
});

/** Input of RedeemPackage, apart from the package. */
export const redemption = z
  .object({
    packageServiceId: id,
    quantity: units,
    appointmentId: singleLineText,
    orderId: singleLineText,
    note,
    redeemedTime: moment.optional(),
  })
  .transform(({ packageServiceId, redeemedTime, ...same }) => ({
    ...{ lineId: packageServiceId, ...same },
    ...(redeemedTime ? { redeemedTime } : {}),
  }));

/** Input of RefundPackage, apart from the package. `refundViolations` checks rules over several fields. */
export const refunding = z
  .object({ ledgerEntryId: optionalId, packageServiceId: optionalId, quantity: units.optional(), note })
  .transform(({ ledgerEntryId: entryId, packageServiceId: lineId, quantity, note: remark }): Refund => {
    if (entryId === "") return { lineId, quantity: quantity ?? 0, note: remark };
    return {
      ...{ entryId, note: remark },
      ...(lineId === "" ? {} : { lineId }),
      ...(quantity === undefined ? {} : { quantity }),
    };
  });

/** Without a redemption, item and quantity are required. */
export function refundViolations({ ledgerEntryId, packageServiceId, quantity }: RefundPackageRequest): Violation[] {
  if (ledgerEntryId !== "") return [];
  const unsaid = [
    ...(packageServiceId === "" ? ["package_service_id"] : []),
    ...(quantity === undefined ? ["quantity"] : []),
  ];
  const description = "Required unless ledger_entry_id is set.";
  return unsaid.map((field) => ({ field, reason: "REQUIRED", description }));
}

/** Input of AdjustPackage, apart from the package. */
export const adjustment = z
  .object({ packageServiceId: id, change: z.number(), reason: text({ ...lineRule, min: 1 }) })
  .transform(({ packageServiceId, ...same }) => ({ lineId: packageServiceId, ...same }));
