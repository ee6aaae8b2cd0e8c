import { type PackageDetail, PackageDetailSchema } from "../gen/proto/moego/business/package/v1/package_pb.js";
import type { MirroredRecord, MirroredRow, MirroredUnits } from "../resources/mirrors/mirror.model.js";
import { neverExpires } from "../resources/packages/package.model.js";
import { externalIdPart } from "./contact-rows.js";
import {
  goneTime,
  type Reading,
  type SourceRecord,
  stampColumns,
  storable,
  timeColumn,
  without,
} from "./mirror-context.js";
import { isObject, readMessage } from "./readable.js";

/** Columns that only this software tells. */
const ownColumns = ["frozen_time", "moved_from_id", "template_id"];

interface Money {
  readonly currencyCode: string;
  readonly units: bigint;
  readonly nanos: number;
}

/** @param json a package with its items */
export function packageRecord(json: SourceRecord, reading: Reading): MirroredRecord {
  const { packageInfo, package_info: otherInfo } = json;
  const info = packageInfo ?? otherInfo;
  // Its own members first: a package can be read without one of them.
  const { message, unreadable } = readMessage(PackageDetailSchema, json);
  for (const name of unreadable) reading.remark(`${name} cannot be read, and was left out`);
  const bought = message.packageInfo;
  const stamps = stampColumns({ createdTime: bought?.createTime, lastUpdatedTime: bought?.lastUpdateTime }, reading);
  const expiration = bought?.expirationDate;
  const purchase = timeColumn(bought?.purchaseTime);
  const row: MirroredRow = {
    ...{ customer_id: bought?.customerId, business_id: bought?.businessId, staff_id: bought?.staffId || null },
    ...{ name: bought?.packageName, description: bought?.packageDesc, ...priceColumns(bought?.packagePrice) },
    ...(purchase ? { purchase_time: purchase } : {}),
    ...{ start_time: timeColumn(bought?.startTime) ?? null, end_time: timeColumn(bought?.endTime) ?? null },
    expiration_date: expiration && expiration.year > 0 ? dayOf(expiration) : neverExpires,
    deleted_time: goneTime(bought?.status === 2, stamps.row["last_updated_time"], reading),
    frozen_time: timeColumn(bought?.frozenTime) ?? null,
    ...{ moved_from_id: bought?.movedFromPackageId || null, template_id: bought?.templateId || null },
    ...stamps.row,
  };
  return {
    ...{ kind: "package", id: bought?.id ?? (isObject(info) && typeof info["id"] === "string" ? info["id"] : "") },
    row: storable(reading.isExtended ? row : without(row, ownColumns), reading.remark),
    inserted: { purchase_time: stamps.inserted["created_time"], ...stamps.inserted },
    parts: reading.isExtended ? { external_ids: externalIdPart(bought ?? { externalIds: [] }, reading) } : {},
    units: unitsOf(message),
  };
}

function unitsOf({ packageInfo, packageServices }: PackageDetail): MirroredUnits {
  return {
    used: packageInfo?.used ?? false,
    applied: packageInfo?.applied ?? false,
    items: packageServices.map(({ id, services, totalQuantity, remainingQuantity, goodwillQuantity }) => ({
      ...{ id, total: totalQuantity, remaining: remainingQuantity, goodwill: goodwillQuantity },
      services: services.map(({ serviceId, name, unitPrice }, position) => ({
        ...{ position, service_id: serviceId, name, ...priceColumns(unitPrice) },
      })),
    })),
  };
}

function priceColumns(price: Money | undefined) {
  return {
    price_currency: price?.currencyCode ?? "",
    price_units: String(price?.units ?? 0n),
    price_nanos: price?.nanos ?? 0,
  };
}

function dayOf({ year, month, day }: { readonly year: number; readonly month: number; readonly day: number }): string {
  return [String(year).padStart(4, "0"), String(month).padStart(2, "0"), String(day).padStart(2, "0")].join("-");
}
