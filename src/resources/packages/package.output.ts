import type { MessageInitShape } from "@bufbuild/protobuf";
import { departure } from "../../api/departure-message.js";
import { toProtoDate, toProtoMoney, toTimestamp } from "../../api/google-types.js";
import { protoEnum } from "../../api/proto-enum.js";
import { isDeparted, type Listed } from "../../core/departure.js";
import {
  PackageLedgerEntry_KindSchema,
  type PackageLedgerEntrySchema,
} from "../../gen/proto/moego/admin/v1/package_ledger_pb.js";
import type { PackageDetailSchema, PackageSchema } from "../../gen/proto/moego/business/package/v1/package_pb.js";
import { packageStatus } from "./package.input.js";
import { type LedgerEntry, ledgerKinds, type Package, type PackageDetail, type PackageItem } from "./package.model.js";

const ledgerKind = protoEnum(PackageLedgerEntry_KindSchema, ledgerKinds);

/** An entry of a list: a package, or only the id of one that left a followed list. */
export function toListedPackage(entry: Listed<Package>): MessageInitShape<typeof PackageSchema> {
  if (!isDeparted(entry)) return toProtoPackage(entry);
  const { id, departed, lastUpdatedTime } = entry;
  const lastUpdateTime = toTimestamp(lastUpdatedTime);
  return { id, status: packageStatus.toProto("DELETED"), lastUpdateTime, departure: departure.toProto(departed) };
}

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
    purchaseTime: toTimestamp(bought.purchaseTime),
    ...(startTime ? { startTime: toTimestamp(startTime) } : {}),
    ...(endTime ? { endTime: toTimestamp(endTime) } : {}),
    createTime: toTimestamp(bought.createdTime),
    lastUpdateTime: toTimestamp(bought.lastUpdatedTime),
    expirationDate: toProtoDate(bought.expirationDate),
    status: packageStatus.toProto(bought.deleted ? "DELETED" : "NORMAL"),
    used: bought.used,
    applied: bought.applied,
    totalRemainingQuantity: bought.remainingQuantity,
    inForce: bought.inForce,
    ...(bought.frozenTime ? { frozenTime: toTimestamp(bought.frozenTime) } : {}),
    movedFromPackageId: bought.movedFromId ?? "",
    templateId: bought.templateId ?? "",
    externalIds: [...bought.externalIds],
  };
}

export function toProtoPackageDetail(detail: PackageDetail): MessageInitShape<typeof PackageDetailSchema> {
  return {
    packageInfo: toProtoPackage(detail),
    packageServices: detail.lines.map((line) => toProtoLine(detail.id, line)),
  };
}

function toProtoLine(packageId: string, { services, movedQuantity: _, ...item }: PackageItem) {
  return {
    ...{ ...item, packageId },
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
    packageServiceId: entry.lineId ?? "",
    movedPackageId: entry.movedPackageId ?? "",
    ...(entry.days === undefined ? {} : { days: entry.days }),
    kind: ledgerKind.toProto(entry.kind),
    refundedEntryId: entry.refundedId ?? "",
    createdTime: toTimestamp(entry.createdTime),
    ...(entry.redeemedTime ? { redeemedTime: toTimestamp(entry.redeemedTime) } : {}),
  };
}
