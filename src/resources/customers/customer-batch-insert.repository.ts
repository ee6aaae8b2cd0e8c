import type { WriteContext } from "../../core/write.js";
import { insertContactParts, stampJson } from "../../db/batch-contacts.js";
import { joined, jsonOf } from "../../db/batch-insert.js";
import { insertExternalIds } from "../../db/external-ids.js";
import { type AddressJson, addressColumns } from "../../db/nested-rows.js";
import { Prisma } from "../../gen/prisma/client.js";
import { customerFields } from "./customer.columns.js";
import { newCustomerFields } from "./customer.model.js";
import type { BatchedCustomer } from "./customer-batch.model.js";

interface Inserted {
  readonly companyId: string;
  readonly records: readonly BatchedCustomer[];
  readonly now: Date;
  readonly write: WriteContext;
}

/** Inserts customers with their children, consent entries and audit log entries: one statement for each table. */
export async function insertCustomers(tx: Prisma.TransactionClient, inserted: Inserted): Promise<void> {
  const { companyId, records } = inserted;
  await tx.$executeRaw`
    INSERT INTO customer (company_id, id, ${fieldNames}, created_by, created_time, last_updated_by, last_updated_time)
    SELECT ${companyId}, r.id, ${fieldValues}, r.created_by, r.created_time, r.last_updated_by, r.last_updated_time
    FROM jsonb_populate_recordset(NULL::customer, ${jsonOf(records.map(customerJson))}::jsonb) r`;
  await insertAddresses(tx, inserted);
  await insertContactParts(tx, { kind: "customer", ...inserted });
  await insertExternalIds(tx, { kind: "customer", companyId }, records);
}

const fieldNames = Prisma.raw(customerFields.names);
const fieldValues = Prisma.raw(customerFields.values("r"));

function customerJson(record: BatchedCustomer): string {
  return joined(stampJson(record), customerFields.json(record, newCustomerFields));
}

function insertAddresses(tx: Prisma.TransactionClient, { companyId, records }: Inserted): Promise<void> {
  const rows = records.flatMap(({ id: customer_id, address }) => {
    if (!address) return [];
    const { id, ...lines } = address;
    return [{ customer_id, ...addressColumns(lines, id) }];
  });
  return insertAddressRows(tx, companyId, rows);
}

type AddressRow = AddressJson & { readonly customer_id: string };

/** Addresses of customers, as rows of their table. */
export async function insertAddressRows(
  tx: Prisma.TransactionClient,
  companyId: string,
  rows: readonly AddressRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO customer_address (company_id, id, customer_id, address1, address2, city, state, postal_code, country,
      latitude, longitude, type)
    SELECT ${companyId}, x.id, x.customer_id, x.address1, x.address2, x.city, x.state, x.postal_code, x.country,
      x.latitude, x.longitude, x.type
    FROM jsonb_populate_recordset(NULL::customer_address, ${JSON.stringify(rows)}::jsonb) x`;
}
