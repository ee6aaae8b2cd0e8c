import { maxNotesInRecord } from "../../core/note.js";
import { recordBytes } from "../../core/record-size.js";
import { sizedChange } from "../../db/sized-change.js";
import type { Prisma } from "../../gen/prisma/client.js";
import type { Customer } from "./customer.model.js";

/** Bounds the size of a customer with all its notes, not only those that are read with it. */
export function sizedCustomer(limit: number) {
  return sizedChange<Customer>({ limit, bytes: customerBytes });
}

async function customerBytes(tx: Prisma.TransactionClient, customer: Customer): Promise<number> {
  if (customer.notes.length < maxNotesInRecord) return recordBytes(customer);
  const { companyId, id } = customer;
  const [row] = await tx.$queryRaw<{ bytes: number }[]>`
    SELECT sum(octet_length(note))::float8 AS bytes FROM customer_note
    WHERE company_id = ${companyId} AND customer_id = ${id}`;
  return recordBytes({ ...customer, notes: [] }) + (row?.bytes ?? 0);
}
