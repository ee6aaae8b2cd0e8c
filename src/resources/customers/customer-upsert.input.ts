import { z } from "zod";
import { batchFields, itemKey } from "../../api/batch-fields.js";
import { type CreatedBatch, type ItemPlace, readItems } from "../../api/batch-items.js";
import { externalId } from "../../api/external-id-fields.js";
import { countryOf, email, id, memoizePerCountry, optionalClientId } from "../../api/fields.js";
import { mismatchViolations } from "../../api/import-fields.js";
import { customIssue, tryParse } from "../../api/parse.js";
import { optionalPhoneLine } from "../../api/phone-line.js";
import { protoEnum } from "../../api/proto-enum.js";
import type { Context, Parse } from "../../api/rpc.js";
import type { Batch } from "../../core/batch.js";
import { joinedExternalIds, maxExternalIds } from "../../core/external-id.js";
import { isSameLine, plainPhone } from "../../core/phone/contact-phone.js";
import { foldCase } from "../../core/text.js";
import { type OnMatch, onMatchPolicies } from "../../core/upsert.js";
import {
  type BatchUpsertCustomersRequest,
  type CustomerUpsertItem,
  CustomerUpsertItemSchema,
  type UpsertCustomerRequest,
} from "../../gen/proto/moego/admin/v1/customer_upsert_service_pb.js";
import { OnMatchSchema } from "../../gen/proto/moego/admin/v1/upsert_pb.js";
import type { CreateCustomerRequest } from "../../gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { customerOfUpsert, statedPreference, withPreference } from "./customer.input.js";
import type { NewCustomer } from "./customer-create.service.js";
import type { UpsertItem } from "./customer-upsert.service.js";

const onMatch = protoEnum(OnMatchSchema, onMatchPolicies).withDefault("UPDATE");

const matchKeys = memoizePerCountry((country) =>
  z
    .object({
      id: optionalClientId,
      externalId: externalId.optional(),
      phone: optionalPhoneLine(country),
      email,
    })
    .superRefine(({ id: customerId, externalId: other, phone, email: mail }, context) => {
      const isCombined = other !== undefined || phone !== undefined || mail !== "";
      if (customerId === "" && !isCombined) context.addIssue(customIssue("REQUIRED", "Must have at least one key."));
      if (customerId === "" || !isCombined) return;
      context.addIssue({ ...customIssue("CONFLICT", "Must not be set together with other keys."), path: ["id"] });
    }),
);

type Keys = z.output<ReturnType<typeof matchKeys>>;

interface KeyedCustomer {
  readonly match: Keys;
  readonly customer: NewCustomer;
}

const keyedCustomer = memoizePerCountry((country) =>
  z.object({ match: matchKeys(country), customer: customerOfUpsert(country) }).superRefine(refuseOtherKeys),
);

/** A customer that is created has every key of the match, so that the same request finds it. */
function refuseOtherKeys({ match, customer }: KeyedCustomer, context: z.RefinementCtx): void {
  const refuse = (path: readonly string[], issue: ReturnType<typeof customIssue>) =>
    context.addIssue({ ...issue, path: [...path] });
  const { phone, email: mail } = match;
  if (customer.phones.length === 0 && !phone)
    refuse(["customer", "phone"], customIssue("REQUIRED", "Required unless phones or match.phone is set."));
  if (phone && customer.phones.length > 0 && !customer.phones.some(({ number }) => isSameLine(number, phone.number)))
    refuse(["match", "phone"], customIssue("CONFLICT", "Must be a phone of the customer."));
  if (mail !== "" && customer.email !== "" && foldCase(mail) !== foldCase(customer.email))
    refuse(["match", "email"], customIssue("CONFLICT", "Must be equal to the email address of the customer."));
  if (allExternalIds(match, customer).length > maxExternalIds)
    refuse(["customer", "external_ids"], customIssue("TOO_MANY", `Must have at most ${maxExternalIds} items.`));
}

function allExternalIds({ externalId: own }: Keys, { externalIds }: Pick<NewCustomer, "externalIds">) {
  return own ? joinedExternalIds(externalIds, [own]) : externalIds;
}

function toItem({ match, customer }: KeyedCustomer): UpsertItem {
  const { id: customerId, externalId: own, phone, email: mail } = match;
  const { phones, email: given } = customer;
  const main = phone ? [{ ...plainPhone(phone.number), ...phone, isMainAlone: true }] : [];
  const all = phones.length > 0 ? phones : main;
  return {
    keys: {
      ...(customerId === "" ? {} : { id: customerId }),
      ...(own ? { externalId: own } : {}),
      ...(phone ? { phone: phone.number } : {}),
      ...(mail === "" ? {} : { email: mail }),
    },
    customer: {
      ...{ ...customer, phones: all, phone: all[0]?.number ?? "", email: given || mail },
      externalIds: allExternalIds(match, customer),
    },
    statesPhones: phones.length > 0,
    statesEmail: given !== "",
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
