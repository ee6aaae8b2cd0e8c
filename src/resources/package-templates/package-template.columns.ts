import type { Money } from "../../core/money.js";
import { timestamp } from "../../db/audit-log.js";
import { countedBy } from "../../db/growth.js";
import { Prisma } from "../../gen/prisma/client.js";
import type { SettingRow, SettingTable } from "../setting-lists/setting-list.repository.js";
import type { PackageTemplate, TemplateContent, TemplateItem } from "./package-template.model.js";

interface TemplateRow extends SettingRow {
  readonly name: string;
  readonly description: string;
  readonly price_currency: string;
  readonly price_units: bigint | string;
  readonly price_nanos: number;
  readonly expiration_days: number | null;
  readonly items: readonly StoredItem[];
  readonly created_time: Date;
}

/** An item as it is stored. JSON has no 64-bit integers. */
export interface StoredItem {
  readonly quantity: number;
  readonly services: readonly {
    readonly serviceId: string;
    readonly unitPrice?: Omit<Money, "units"> & { readonly units: string };
  }[];
}

export const packageTemplateTable: SettingTable<TemplateRow, PackageTemplate, TemplateContent> = {
  kind: "package_template",
  resource: "PackageTemplate",
  measures: countedBy("MAX_PACKAGE_TEMPLATES"),
  nameColumn: "name",
  created: (_companyId, now) => ({ created_time: timestamp(now) }),
  columns: ({ name, description, price, expirationDays, items }) => ({
    ...{ name, description, price_currency: price.currencyCode, price_units: price.units, price_nanos: price.nanos },
    expiration_days: expirationDays ?? null,
    items: Prisma.sql`${JSON.stringify(items, (_key, value) => (typeof value === "bigint" ? String(value) : value))}::jsonb`,
  }),
  toEntry: (row) => ({
    ...{ id: row.id, name: row.name, description: row.description },
    price: { currencyCode: row.price_currency, units: BigInt(row.price_units), nanos: row.price_nanos },
    ...(row.expiration_days === null ? {} : { expirationDays: row.expiration_days }),
    items: row.items.map(toItem),
    archived: row.archived_time !== null,
    createdTime: row.created_time,
    lastUpdatedTime: row.last_updated_time,
  }),
};

export function toItem({ quantity, services }: StoredItem): TemplateItem {
  return {
    quantity,
    services: services.map(({ serviceId, unitPrice }) => ({
      serviceId,
      ...(unitPrice ? { unitPrice: { ...unitPrice, units: BigInt(unitPrice.units) } } : {}),
    })),
  };
}
