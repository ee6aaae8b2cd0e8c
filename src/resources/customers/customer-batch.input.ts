import { z } from "zod";
import { itemKey } from "../../api/batch-fields.js";
import { type CreatedBatch, type ItemPlace, readBatch } from "../../api/batch-items.js";
import { memoizePerCountry, omitUndefined } from "../../api/fields.js";
import { moment } from "../../api/google-types.js";
import {
  importAuthors,
  importedActors,
  importedId,
  importedTimes,
  importTimes,
  mismatchViolations,
} from "../../api/import-fields.js";
import { tryParse } from "../../api/parse.js";
import type { Context, Parse } from "../../api/rpc.js";
import {
  type BatchCreateCustomersRequest,
  type CustomerBatchItem,
  CustomerBatchItemSchema,
} from "../../gen/proto/moego/admin/v1/customer_batch_service_pb.js";
import type { CreateCustomerRequest } from "../../gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { customerStatus, importedCustomer, newCustomer, statedPreference, withPreference } from "./customer.input.js";
import type { CustomerItem } from "./customer-batch.service.js";

const ownFields = {
  id: importedId,
  ...importTimes,
  ...importAuthors,
  status: customerStatus.withDefault("ACTIVE"),
  lastAppointmentTime: moment.optional(),
  nextAppointmentTime: moment.optional(),
  idempotencyKey: itemKey,
};

/** An item that could also be the request of CreateCustomer. */
const createdItem = memoizePerCountry((country) =>
  z
    .object({ ...ownFields, customer: newCustomer(country) })
    .transform(({ idempotencyKey: _, customer: { address, notes, ...customer }, status }): CustomerItem => {
      const texts = notes.map((text) => ({ text }));
      return {
        customer: { ...customer, notes: texts, ...omitUndefined({ address }) },
        ...{ status, appointments: {}, isImport: false },
      };
    }),
);

/** An item that could also be the request of ImportCustomer. */
const importedItem = memoizePerCountry((country) => itemOf(importedCustomer(country)));

/** An item of a file of another system, which may not know names and phone. */
const sparseItem = memoizePerCountry((country) => itemOf(importedCustomer(country, { isSparse: true })));

function itemOf(schema: ReturnType<typeof importedCustomer>) {
  return z.object({ ...ownFields, customer: schema }).transform(
    ({ idempotencyKey: _, customer, status, id: stated, ...times }): CustomerItem => ({
      ...{ customer, status, isImport: true, ...omitUndefined({ id: stated }) },
      ...importedTimes(times),
      ...importedActors(times),
      appointments: omitUndefined({
        lastAppointmentDate: times.lastAppointmentTime,
        nextAppointmentDate: times.nextAppointmentTime,
      }),
    }),
  );
}

/** Input of BatchCreateCustomers. */
export function newCustomerBatch(
  request: BatchCreateCustomersRequest,
  context: Context,
  parse: Parse,
): Promise<CreatedBatch<CustomerItem>> {
  return readBatch(
    request,
    { context, parse },
    {
      schema: CustomerBatchItemSchema,
      read: (message, place) => readItem(message, place),
    },
  );
}

/** Input of `moego import`: all items are imports, and their names and phones may be unknown. */
export function sparseCustomerBatch(
  request: BatchCreateCustomersRequest,
  context: Context,
  parse: Parse,
): Promise<CreatedBatch<CustomerItem>> {
  const read = (message: CustomerBatchItem, place: ItemPlace) => readItem(message, place, sparseItem);
  return readBatch(request, { context, parse }, { schema: CustomerBatchItemSchema, read });
}

function readItem(
  message: CustomerBatchItem,
  { companyId, country, context, path }: ItemPlace,
  ofImport = importedItem,
) {
  const { customer } = message;
  const mismatch = mismatchViolations("customer.company_id", companyId, customer?.companyId);
  const given = customer ? { ...message, customer: { ...customer, companyId } } : message;
  const schema = isImport(message) ? ofImport(country) : createdItem(country);
  const parsed = tryParse(CustomerBatchItemSchema, given, schema, mismatch);
  if ("refusal" in parsed) return parsed;
  const stated = statedPreference(customer?.preference, `${path}.customer.preference`, context.emptyMembers);
  return { value: { ...parsed.value, customer: withPreference(parsed.value.customer, stated) } };
}

/** Whether the item has what only an import can have. */
function isImport(item: CustomerBatchItem): boolean {
  const { id: stated, createdTime, createdBy, lastUpdatedTime, lastUpdatedBy, status } = item;
  return (
    [stated, createdBy, lastUpdatedBy].some((text) => text !== "") ||
    [createdTime, lastUpdatedTime, item.lastAppointmentTime, item.nextAppointmentTime].some(Boolean) ||
    status !== 0 ||
    (item.customer !== undefined && hasImportedParts(item.customer))
  );
}

function hasImportedParts({ address, notes, consentProvenance }: CreateCustomerRequest): boolean {
  return (
    (address !== undefined && address.id !== "") ||
    notes.some((note) => note.id !== "" || note.lastUpdatedBy !== "" || note.lastUpdatedTime !== undefined) ||
    (consentProvenance !== undefined && (consentProvenance.recordedBy !== "" || !!consentProvenance.givenTime))
  );
}
