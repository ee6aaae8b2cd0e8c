import { z } from "zod";
import { batchFields, itemKey } from "../../api/batch-fields.js";
import { type CreatedBatch, type ItemPlace, readItems } from "../../api/batch-items.js";
import { countryOf, id, memoizePerCountry } from "../../api/fields.js";
import { mismatchViolations } from "../../api/import-fields.js";
import { customIssue, tryParse } from "../../api/parse.js";
import type { Context, Parse } from "../../api/rpc.js";
import {
  type ContactMatch,
  contactMatch,
  onMatch,
  refuseOtherKeys,
  toMatchKeys,
  withKeys,
} from "../../api/upsert-fields.js";
import type { Batch } from "../../core/batch.js";
import type { OnMatch } from "../../core/upsert.js";
import {
  type BatchUpsertCustomersRequest,
  type CustomerUpsertItem,
  CustomerUpsertItemSchema,
  type UpsertCustomerRequest,
} from "../../gen/proto/moego/admin/v1/customer_upsert_service_pb.js";
import type { CreateCustomerRequest } from "../../gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { customerOfUpsert, statedPreference, withPreference } from "./customer.input.js";
import type { NewCustomer } from "./customer-create.service.js";
import type { UpsertItem } from "./customer-upsert.service.js";

interface KeyedCustomer {
  readonly match: ContactMatch;
  readonly customer: NewCustomer;
}

const keyedCustomer = memoizePerCountry((country) =>
  z
    .object({ match: contactMatch(country), customer: customerOfUpsert(country) })
    .superRefine(({ match, customer }: KeyedCustomer, context) => {
      if (customer.phones.length === 0 && !match.phone) {
        const message = "Required unless phones or match.phone is set.";
        context.addIssue({ ...customIssue("REQUIRED", message), path: ["customer", "phone"] });
      }
      refuseOtherKeys({ noun: "customer", match, contact: customer }, context);
    }),
);

function toItem({ match, customer }: KeyedCustomer): UpsertItem {
  return {
    ...{ keys: toMatchKeys(match), customer: withKeys(match, customer) },
    ...{ statesPhones: customer.phones.length > 0, statesEmail: customer.email !== "" },
  };
}

/** The customer of a request with the company of the request. */
function withCompanyId(companyId: string, customer: CreateCustomerRequest | undefined) {
  return customer ? { customer: { ...customer, companyId: companyId || "unnamed" } } : {};
}

/** Input of UpsertCustomer, as a batch of one. */
export function singleUpsert(
  request: UpsertCustomerRequest,
  { principal, emptyMembers }: Context,
  parse: Parse,
): Upserts {
  const { companyId, customer } = request;
  const schema = keyedCustomer(countryOf(principal, companyId)).and(z.object({ companyId: id, onMatch }));
  const mismatch = mismatchViolations("customer.company_id", companyId, customer?.companyId);
  const parsed = parse(schema, mismatch, { ...request, ...withCompanyId(companyId, customer) });
  const stated = statedPreference(customer?.preference, "customer.preference", emptyMembers);
  const item = toItem({ ...parsed, customer: withPreference(parsed.customer, stated) });
  return { companyId: parsed.companyId, mode: "EACH", onMatch: parsed.onMatch, items: [{ value: item }] };
}

export interface Upserts extends Batch<UpsertItem> {
  readonly onMatch: OnMatch;
}

/** Input of BatchUpsertCustomers. */
export async function upsertBatch(
  request: BatchUpsertCustomersRequest,
  context: Context,
  parse: Parse,
): Promise<Upserts & CreatedBatch<UpsertItem>> {
  const fields = parse(batchFields<CustomerUpsertItem>().extend({ onMatch }));
  const reading = { schema: CustomerUpsertItemSchema, read: parseItem };
  return { ...(await readItems(request, { context, fields }, reading)), onMatch: fields.onMatch };
}

function parseItem(message: CustomerUpsertItem, { companyId, country, context, path }: ItemPlace) {
  const { customer } = message;
  const mismatch = mismatchViolations("customer.company_id", companyId, customer?.companyId);
  const schema = keyedCustomer(country).and(z.object({ idempotencyKey: itemKey }));
  const given = { ...message, ...withCompanyId(companyId, customer) };
  const parsed = tryParse(CustomerUpsertItemSchema, given, schema, mismatch);
  if ("refusal" in parsed) return parsed;
  const stated = statedPreference(customer?.preference, `${path}.customer.preference`, context.emptyMembers);
  const { match, customer: checked } = parsed.value;
  return { value: toItem({ match, customer: withPreference(checked, stated) }) };
}
