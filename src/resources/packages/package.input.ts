import { timestampMs } from "@bufbuild/protobuf/wkt";
import { z } from "zod";
import { externalId, externalIds } from "../../api/external-id-fields.js";
import {
  id,
  list,
  maxFilterValues,
  omitUndefined,
  optionalClientId,
  optionalId,
  singleLineText,
  text,
} from "../../api/fields.js";
import { calendarDate, interval, moment, price } from "../../api/google-types.js";
import { pagination } from "../../api/page-token.js";
import { customIssue } from "../../api/parse.js";
import { protoEnum } from "../../api/proto-enum.js";
import type { Violation } from "../../core/errors.js";
import { lineRule, nameRule, noteRule } from "../../core/text.js";
import type {
  ExtendPackageRequest,
  MovePackageRequest,
  RefundPackageRequest,
  SellPackageRequest,
} from "../../gen/proto/moego/admin/v1/package_pb.js";
import { Package_StatusSchema } from "../../gen/proto/moego/business/package/v1/package_pb.js";
import type { ListPackagesRequest } from "../../gen/proto/moego/business/package/v1/package_service_pb.js";
import { type PackageQuery, packageStatuses } from "./package.model.js";
import type { Refund } from "./package-rules.service.js";
import type { RequestedSale } from "./package-sale.model.js";
import { currencyViolations, endsBeforeStart } from "./package-sale.service.js";

export const packageStatus = protoEnum(Package_StatusSchema, packageStatuses);

const maxCustomers = 100;
const maxPackages = 500;

/** An optional text of several lines. Empty means not set. */
const note = text({ ...noteRule, min: 0 });

const maxDays = 36_500;
const maxUnits = 2_147_483_647;

function atLeastZero(most: number) {
  return z.number().superRefine((number, context) => {
    if (number < 0 || number > most) context.addIssue(customIssue("OUT_OF_RANGE", `Must be from 0 to ${most}.`));
  });
}

/** Input of ListPackages. `queryViolations` checks rules over several fields. */
export const packagesQuery = z
  .object({
    pagination,
    companyId: id,
    customerIds: list(id, maxCustomers),
    businessIds: list(id, maxFilterValues),
    excludeExpired: z.boolean(),
    statuses: z.array(packageStatus.item),
    lastUpdatedTime: interval.optional(),
    expiresFrom: calendarDate.optional(),
    expiresUntil: calendarDate.optional(),
    expiresWithinDays: atLeastZero(maxDays).optional(),
    minRemainingQuantity: atLeastZero(maxUnits).optional(),
    maxRemainingQuantity: atLeastZero(maxUnits).optional(),
    externalIds: list(externalId, maxFilterValues),
  })
  .transform((given): Omit<PackageQuery, "page" | "reachIds"> => {
    const { companyId, customerIds, businessIds, statuses, lastUpdatedTime: lastUpdated } = given;
    const { expiresFrom: from, expiresUntil: until, expiresWithinDays: withinDays } = given;
    const { minRemainingQuantity: least, maxRemainingQuantity: most } = given;
    // Incremental sync shows what was deleted, unless the client asks for less.
    const normal = statuses.length === 0 || statuses.includes("NORMAL");
    const deleted = statuses.includes("DELETED") || (statuses.length === 0 && lastUpdated !== undefined);
    const [expires, remaining] = [omitUndefined({ from, until, withinDays }), omitUndefined({ least, most })];
    return {
      ...{ companyId, inForceOnly: given.excludeExpired },
      ...(customerIds.length > 0 ? { customerIds } : {}),
      ...(businessIds.length > 0 ? { businessIds } : {}),
      ...(normal && deleted ? {} : { deleted }),
      ...(Object.keys(expires).length > 0 ? { expires } : {}),
      ...(Object.keys(remaining).length > 0 ? { remaining } : {}),
      ...(given.externalIds.length > 0 ? { externalIds: given.externalIds } : {}),
      ...(lastUpdated ? { lastUpdated } : {}),
    };
  });

/** Ranges that no package can be in, and two ways to say when packages expire. */
export function queryViolations(request: ListPackagesRequest): Violation[] {
  const { expiresFrom, expiresUntil, expiresWithinDays } = request;
  const { minRemainingQuantity: least, maxRemainingQuantity: most } = request;
  const dayOf = ({ year, month, day }: { year: number; month: number; day: number }) =>
    (year * 100 + month) * 100 + day;
  const conflict = (field: string, description: string) => ({ field, reason: "CONFLICT" as const, description });
  return [
    ...(expiresFrom && expiresUntil && dayOf(expiresFrom) > dayOf(expiresUntil)
      ? [conflict("expires_until", "Must not be before expires_from.")]
      : []),
    ...(expiresWithinDays !== undefined && (expiresFrom || expiresUntil)
      ? [conflict("expires_within_days", "Must be absent if expires_from or expires_until is set.")]
      : []),
    ...(least !== undefined && most !== undefined && least > most
      ? [conflict("max_remaining_quantity", "Must not be less than min_remaining_quantity.")]
      : []),
  ];
}

/** Input of ListPackageDetails. */
export const packageDetailsQuery = z
  .object({ pagination, companyId: id, packageIds: list(id, maxPackages) })
  .transform(({ companyId, packageIds }) => ({ companyId, ids: packageIds }));

const maxLines = 50;
const maxQuantity = 1_000_000;

function unitsUpTo() {
  return z.number().superRefine((quantity, context) => {
    if (quantity < 1 || quantity > maxQuantity)
      context.addIssue(customIssue("OUT_OF_RANGE", `Must be from 1 to ${maxQuantity}.`));
  });
}

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
  const missing = [
    ...(packageServiceId === "" ? ["package_service_id"] : []),
    ...(quantity === undefined ? ["quantity"] : []),
  ];
  const description = "Required unless ledger_entry_id is set.";
  return missing.map((field) => ({ field, reason: "REQUIRED", description }));
}

/** Input of AdjustPackage, apart from the package. */
export const adjustment = z
  .object({ packageServiceId: id, change: z.number(), reason: text({ ...lineRule, min: 1 }) })
  .transform(({ packageServiceId, ...same }) => ({ lineId: packageServiceId, ...same }));

const reason = text({ ...lineRule, min: 1 });

/** Input of GrantPackageUnits, apart from the package. */
export const granting = z
  .object({ packageServiceId: id, quantity: unitsUpTo(), reason })
  .transform(({ packageServiceId, ...same }) => ({ lineId: packageServiceId, ...same }));

/** Input of ExtendPackage, apart from the package. `extensionViolations` checks rules over several fields. */
export const extension = z
  .object({
    reason,
    expirationDate: calendarDate.optional(),
    days: z
      .number()
      .superRefine((days, context) => {
        if (days < 1 || days > maxDays) context.addIssue(customIssue("OUT_OF_RANGE", `Must be from 1 to ${maxDays}.`));
      })
      .optional(),
  })
  .transform(({ reason: why, days, expirationDate }) => ({ reason: why, ...omitUndefined({ days, expirationDate }) }));

export function extensionViolations({ days, expirationDate }: ExtendPackageRequest): Violation[] {
  if ((days === undefined) !== (expirationDate === undefined)) return [];
  if (days === undefined)
    return [{ field: "days", reason: "REQUIRED", description: "Required unless expiration_date is set." }];
  return [{ field: "days", reason: "CONFLICT", description: "Must be absent if expiration_date is set." }];
}

/** Input of FreezePackage and ThawPackage, apart from the package. */
export const freezing = z.object({ reason });

/** Input of MovePackage, apart from the package. */
export const moving = z.object({
  customerId: id,
  reason,
  items: list(
    z
      .object({ packageServiceId: id, quantity: unitsUpTo() })
      .transform(({ packageServiceId: lineId, quantity }) => ({ lineId, quantity })),
    maxLines,
  ),
});

/** An item can be named only once. */
export function moveViolations({ items }: MovePackageRequest): Violation[] {
  return repeated(items.map(({ packageServiceId }) => packageServiceId)).map((index) => ({
    field: `items[${index}].package_service_id`,
    reason: "CONFLICT",
    description: "Must be unique among the items.",
  }));
}

const maxServicesPerLine = 50;

const saleLine = z
  .object({
    id: optionalClientId,
    services: list(z.object({ serviceId: id, unitPrice: price.optional() }), maxServicesPerLine),
    quantity: unitsUpTo(),
  })
  .transform(({ id: lineId, services, quantity }) => ({
    ...(lineId === "" ? {} : { id: lineId }),
    services: services.map(({ serviceId, unitPrice }) => ({ serviceId, ...(unitPrice ? { unitPrice } : {}) })),
    quantity,
  }));

/** Input of SellPackage. */
export const newPackage = z
  .object({
    companyId: id,
    id: optionalClientId,
    customerId: id,
    businessId: id,
    staffId: optionalId,
    templateId: optionalId,
    packageName: text({ ...nameRule, min: 0 }),
    packageDesc: note,
    packagePrice: price.optional(),
    purchaseTime: moment.optional(),
    startTime: moment.optional(),
    endTime: moment.optional(),
    expirationDate: calendarDate.optional(),
    packageServices: list(saleLine, maxLines),
    remainingQuantities: list(atLeastZero(maxQuantity), maxLines),
    note,
    externalIds,
  })
  .transform((given): RequestedSale => {
    const { companyId, customerId, businessId, id: packageId, staffId, templateId, packageName: name } = given;
    const { packageDesc: description, packagePrice, packageServices: lines } = given;
    const { purchaseTime, startTime, endTime, expirationDate, remainingQuantities: remaining, note: remark } = given;
    return {
      ...{ companyId, customerId, businessId, note: remark, externalIds: given.externalIds },
      ...(remaining.length === 0 ? {} : { remaining }),
      ...(packageId === "" ? {} : { id: packageId }),
      ...(staffId === "" ? {} : { staffId }),
      ...(templateId === "" ? {} : { templateId }),
      ...(name === "" ? {} : { name }),
      ...(description === "" ? {} : { description }),
      ...(lines.length === 0 ? {} : { lines }),
      ...omitUndefined({ price: packagePrice, purchaseTime, startTime, endTime, expirationDate }),
    };
  });

/**
 * Violations of rules over several fields. They are reported even if single fields are invalid. If only rules remain that
 * the database checks as well, they are left to it, so that the client receives them with the others.
 */
export function saleViolations(request: SellPackageRequest): Violation[] {
  const { packageServices: lines, startTime, endTime, packagePrice } = request;
  const violations: Violation[] = [];
  const refuse = (field: string, reason: Violation["reason"], description: string) =>
    violations.push({ field, reason, description });
  if (request.templateId === "") {
    const description = "Required unless template_id is set.";
    if (request.packageName.trim() === "") refuse("package_name", "REQUIRED", description);
    if (!packagePrice) refuse("package_price", "REQUIRED", description);
    if (lines.length === 0) refuse("package_services", "REQUIRED", description);
  }
  for (const index of repeated(lines.map((line) => line.id)))
    refuse(`package_services[${index}].id`, "CONFLICT", "Must be unique among the items.");
  for (const [line, { services }] of lines.entries()) {
    const field = `package_services[${line}].services`;
    if (services.length === 0) refuse(field, "REQUIRED", "Must have at least one service.");
    for (const index of repeated(services.map(({ serviceId }) => serviceId)))
      refuse(`${field}[${index}].service_id`, "CONFLICT", "Must be unique within the item.");
  }
  if (violations.length === 0 && newPackage.safeParse(request).success) return [];
  if (startTime && endTime && timestampMs(startTime) >= timestampMs(endTime))
    refuse("end_time", "CONFLICT", endsBeforeStart);
  return [...violations, ...(packagePrice ? currencyViolations(lines, packagePrice) : [])];
}

/** Indexes of non-empty strings that occur earlier in the list. */
function repeated(texts: readonly string[]): number[] {
  const seen = new Set([""]);
  return texts.flatMap((one, index) => {
    const again = one !== "" && seen.has(one);
    seen.add(one);
    return again ? [index] : [];
  });
}
