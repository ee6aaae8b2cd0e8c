import { z } from "zod";
import { batchFields, itemKey } from "../../api/batch-fields.js";
import { companyResourceSchema, countryOf, id, list, memoizePerCountry, omitUndefined } from "../../api/fields.js";
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
import { type Batch, type BatchItem, maxBatchItems, pathOfItem } from "../../core/batch.js";
import { mapInSlices } from "../../core/slices.js";
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
const importedItem = memoizePerCountry((country) =>
  z.object({ ...ownFields, customer: importedCustomer(country) }).transform(
    ({ idempotencyKey: _, customer, status, id: stated, ...times }): CustomerItem => ({
      ...{ customer, status, isImport: true, ...omitUndefined({ id: stated }) },
      ...importedTimes(times),
      ...importedActors(times),
      appointments: omitUndefined({
        lastAppointmentDate: times.lastAppointmentTime,
        nextAppointmentDate: times.nextAppointmentTime,
      }),
    }),
  ),
);

/** Input of BatchCreateCustomers. Items are parsed in slices, because a batch takes long enough to delay others. */
export async function newCustomerBatch(
  request: BatchCreateCustomersRequest,
  context: Context,
  parse: Parse,
): Promise<Batch<CustomerItem> & { readonly returnRecords: boolean }> {
  const { companyId, mode } = parse(batchFields<CustomerBatchItem>());
  const country = countryOf(context.principal, companyId);
  const items = await mapInSlices([...request.items.entries()], ([position, item]) =>
    parseItem(item, { companyId, country, context, path: pathOfItem(position) }),
  );
  return { companyId, mode, items, returnRecords: request.returnRecords };
}

interface ItemContext {
  readonly companyId: string;
  readonly country: string;
  readonly context: Context;
  readonly path: string;
}

function parseItem(message: CustomerBatchItem, place: ItemContext): BatchItem<CustomerItem> {
  const { companyId, country, context, path } = place;
  const { customer, idempotencyKey: key } = message;
  const mismatch = mismatchViolations("customer.company_id", companyId, customer?.companyId);
  const given = customer ? { ...message, customer: { ...customer, companyId } } : message;
  const schema = isImport(message) ? importedItem(country) : createdItem(country);
  const parsed = tryParse(CustomerBatchItemSchema, given, schema, mismatch);
  if ("refusal" in parsed) return parsed;
  const stated = statedPreference(customer?.preference, `${path}.customer.preference`, context.emptyMembers);
  const value = { ...parsed.value, customer: withPreference(parsed.value.customer, stated) };
  if (key === "") return { value };
  return { value, claim: context.items.claim({ schema: CustomerBatchItemSchema, message, key }, `${path}.`) };
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

/** Input of BatchGetCustomers. */
export const askedCustomers = z.object({
  companyId: companyResourceSchema.shape.companyId,
  ids: list(id, maxBatchItems).transform((ids): readonly string[] => [...new Set(ids)]),
});
