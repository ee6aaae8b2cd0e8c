import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { toProtoDate } from "../../api/calendar-date.js";
import { toProtoMoney } from "../../api/money-message.js";
import {
  PackageLedgerEntry_Kind,
  type PackageLedgerEntrySchema,
} from "../../gen/proto/moego/admin/v1/package_ledger_pb.js";
import {
  Package_Status,
  type PackageDetailSchema,
  type PackageSchema,
} from "../../gen/proto/moego/business/package/v1/package_pb.js";
import type { LedgerEntry, Package, PackageDetail, PackageItem } from "./package.model.js";

export function toProtoPackage(bought: Package): MessageInitShape<typeof PackageSchema> {
  const { startTime, endTime } = bought;
  return {
    id: bought.id,
    customerId: bought.customerId,
    businessId: bought.businessId,
    staffId: bought.staffId ?? "",
    packageName: bought.name,
    packageDesc: bought.description,
    packagePrice: toProtoMoney(bought.price),
    purchaseTime: timestampFromDate(bought.purchaseTime),
    ...(startTime ? { startTime: timestampFromDate(startTime) } : {}),
    ...(endTime ? { endTime: timestampFromDate(endTime) } : {}),
    createTime: timestampFromDate(bought.createdTime),
    lastUpdateTime: timestampFromDate(bought.lastUpdatedTime),
    expirationDate: toProtoDate(bought.expirationDate),
    status: bought.deleted ? Package_Status.DELETED : Package_Status.NORMAL,
    used: bought.used,
    applied: bought.applied,
    totalRemainingQuantity: bought.remainingQuantity,
  };
}

export function toProtoPackageDetail(detail: PackageDetail): MessageInitShape<typeof PackageDetailSchema> {
  return {
    packageInfo: toProtoPackage(detail),
    packageServices: detail.lines.map((line) => toProtoLine(detail.id, line)),
  };
}

function toProtoLine(packageId: string, { id, services, totalQuantity, remainingQuantity }: PackageItem) {
  return {
    ...{ id, packageId, totalQuantity, remainingQuantity },
    services: services.map(({ unitPrice, ...service }) => ({
      ...service,
      ...(unitPrice ? { unitPrice: toProtoMoney(unitPrice) } : {}),
    })),
  };
}

export function toProtoLedgerEntry(entry: LedgerEntry): MessageInitShape<typeof PackageLedgerEntrySchema> {
  const { id, packageId, quantity, appointmentId, orderId, note, staffId } = entry;
  return {
    ...{ id, packageId, quantity, appointmentId, orderId, note, staffId },
    packageServiceId: entry.lineId,
    kind: PackageLedgerEntry_Kind[entry.kind],
    refundedEntryId: entry.refundedId ?? "",
    createdTime: timestampFromDate(entry.createdTime),
    ...(entry.redeemedTime ? { redeemedTime: timestampFromDate(entry.redeemedTime) } : {}),
  };
}
