import { idPrefixes, newId } from "../../core/ids.js";
import type { Money } from "../../core/money.js";
import { actingStaffId, type WriteContext } from "../../core/write.js";
import { timestamp } from "../../db/audit-log.js";
import { recordCreations } from "../../db/batch-insert.js";
import { insertExternalIds } from "../../db/external-ids.js";
import type { Prisma } from "../../gen/prisma/client.js";
import type { SoldPackage } from "./package-sale.model.js";

interface Inserted {
  readonly companyId: string;
  readonly sold: readonly SoldPackage[];
  readonly now: Date;
  readonly write: WriteContext;
}

/**
 * Inserts packages with their items and external ids, the ledger entries of their sales and those of the audit log: one
 * statement for each table.
 */
export async function insertPackages(tx: Prisma.TransactionClient, inserted: Inserted): Promise<void> {
  const { companyId, sold, now, write } = inserted;
  await tx.$executeRaw`
    INSERT INTO package (company_id, id, customer_id, business_id, staff_id, name, description, price_currency,
      price_units, price_nanos, template_id, purchase_time, start_time, end_time, expiration_date, created_time,
      last_updated_time)
    SELECT ${companyId}, r.id, r.customer_id, r.business_id, r.staff_id, r.name, r.description, r.price_currency,
      r.price_units, r.price_nanos, r.template_id, r.purchase_time, r.start_time, r.end_time, r.expiration_date,
      ${timestamp(now)}, ${timestamp(now)}
    FROM jsonb_populate_recordset(NULL::package, ${JSON.stringify(sold.map(packageRow))}::jsonb) r`;
  await insertExternalIds(tx, { kind: "package", companyId }, sold);
  await insertItems(tx, inserted);
  await insertSales(tx, inserted);
  const rows = sold.map(({ id, businessId }) => ({ id, businessId }));
  await recordCreations(tx, { companyId, kind: "package", now, write, rows });
}

function packageRow(sold: SoldPackage) {
  const { id, name, description } = sold;
  return {
    ...{ id, name, description, ...priceColumns(sold.price) },
    ...{ customer_id: sold.customerId, business_id: sold.businessId, staff_id: sold.staffId },
    ...{ template_id: sold.templateId, purchase_time: sold.purchaseTime, expiration_date: sold.expirationDate },
    ...{ start_time: sold.startTime, end_time: sold.endTime },
  };
}

function priceColumns({ currencyCode, units, nanos }: Money) {
  return { price_currency: currencyCode, price_units: String(units), price_nanos: nanos };
}

const noPrice: Money = { currencyCode: "", units: 0n, nanos: 0 };

async function insertItems(tx: Prisma.TransactionClient, { companyId, sold }: Inserted): Promise<void> {
  const items = sold.flatMap(({ id: package_id, lines }) =>
    lines.map(({ id, quantity: total_quantity }, position) => ({ id, package_id, position, total_quantity })),
  );
  await tx.$executeRaw`
    INSERT INTO package_service (company_id, id, package_id, position, total_quantity)
    SELECT ${companyId}, r.id, r.package_id, r.position, r.total_quantity
    FROM jsonb_populate_recordset(NULL::package_service, ${JSON.stringify(items)}::jsonb) r`;
  const services = sold.flatMap(({ lines }) =>
    lines.flatMap(({ id: package_service_id, services }) =>
      services.map(({ serviceId: service_id, name, unitPrice = noPrice }, position) => ({
        ...{ package_service_id, position, service_id, name, ...priceColumns(unitPrice) },
      })),
    ),
  );
  await tx.$executeRaw`
    INSERT INTO package_service_item (company_id, package_service_id, position, service_id, name, price_currency,
      price_units, price_nanos)
    SELECT ${companyId}, r.package_service_id, r.position, r.service_id, r.name, r.price_currency, r.price_units,
      r.price_nanos
    FROM jsonb_populate_recordset(NULL::package_service_item, ${JSON.stringify(services)}::jsonb) r`;
}

async function insertSales(tx: Prisma.TransactionClient, { companyId, sold, now, write }: Inserted): Promise<void> {
  const { rpc, keyId, requestId } = write;
  const entries = sold.flatMap(({ id: package_id, lines, note }) =>
    lines.flatMap(({ id: package_service_id, quantity, remaining }) =>
      [
        { kind: "SALE", quantity, note },
        ...(remaining < quantity ? [{ kind: "ADJUSTMENT", quantity: remaining - quantity, note: usedBefore }] : []),
      ].map((entry) => ({ id: newId(idPrefixes.ledgerEntry), package_id, package_service_id, ...entry })),
    ),
  );
  await tx.$executeRaw`
    INSERT INTO package_ledger (company_id, id, package_id, package_service_id, kind, quantity, note, occurred_time, rpc,
      key_id, staff_id, request_id)
    SELECT ${companyId}, r.id, r.package_id, r.package_service_id, r.kind, r.quantity, r.note, ${timestamp(now)}, ${rpc},
      ${keyId}, ${actingStaffId(write, companyId)}, ${requestId}
    FROM jsonb_populate_recordset(NULL::package_ledger, ${JSON.stringify(entries)}::jsonb) r`;
}

/** The reason of an adjustment that nobody gave another one. */
const usedBefore = "Used before the sale was recorded.";
