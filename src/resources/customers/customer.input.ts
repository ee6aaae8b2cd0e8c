import { clone } from "@bufbuild/protobuf";
import { z } from "zod";
import { address, importedAddress, newAddressRecord } from "../../api/address-fields.js";
import { consentChange, consentProvenance, importedConsentProvenance } from "../../api/consent-message.js";
import { externalId, externalIds } from "../../api/external-id-fields.js";
import {
  clientId,
  color,
  companyResourceSchema,
  email,
  fieldRule,
  id,
  list,
  maxFilterValues,
  memoizePerCountry,
  omitEmpty,
  omitUndefined,
  optionalId,
  optionalReference,
  singleLineText,
  text,
} from "../../api/fields.js";
import { interval, moment } from "../../api/google-types.js";
import { importAuthors, importedActors, importedTimes, importTimes } from "../../api/import-fields.js";
import { importedNotes, newNotes } from "../../api/note-fields.js";
import { pagination } from "../../api/page-token.js";
import { customIssue } from "../../api/parse.js";
import { contactPhones, newPhones, singleMainPhoneRule } from "../../api/phone-fields.js";
import { optionalPhoneLine, phoneFilter } from "../../api/phone-line.js";
import { protoEnum } from "../../api/proto-enum.js";
import { fieldFilters, nameWords, recordOrder, refuseOrderOfChanges } from "../../api/search-fields.js";
import { defaultPreference, type Preference } from "../../core/preference.js";
import type { EmptyMembers } from "../../core/presence.js";
import { nameRule, normalise, tagNameRule, textFault } from "../../core/text.js";
import {
  type ImportCustomerRequest,
  ImportCustomerRequestSchema,
} from "../../gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import {
  type Customer_Preference,
  Customer_PreferenceSchema,
  Customer_StatusSchema,
} from "../../gen/proto/moego/business/customer/v1/customer_pb.js";
import { customFields } from "../custom-fields/custom-field-values.input.js";
import { maxTagsPerCustomer, type TagReference } from "../setting-lists/tag.model.js";
import { customerStatuses } from "./customer.model.js";
import type { ListCustomers } from "./customer.service.js";
import type { NewCustomer } from "./customer-create.service.js";

/** `{id}` refers to an existing tag, other members are ignored. `{name}` finds or creates a tag. */
const tagReference = z
  .object({ id: optionalId, name: z.string(), group: z.string(), archived: z.boolean() })
  .transform((tag, context): TagReference => {
    if (tag.id !== "") return { id: tag.id };
    const name = normalise(tag.name, tagNameRule);
    const fault = textFault(name, tagNameRule);
    if (fault) context.addIssue({ ...customIssue(fault.reason, fault.description), path: ["name"] });
    for (const field of ["group", "archived"] as const) {
      if (tag[field])
        context.addIssue({ ...customIssue("NOT_ALLOWED", "Must not be set in this request."), path: [field] });
    }
    return { name };
  });

export const tagReferences = list(tagReference, maxTagsPerCustomer);

export const customerStatus = protoEnum(Customer_StatusSchema, customerStatuses);

export const preference = z.object({
  receiveAutoMessage: z.boolean(),
  receiveAutoEmail: z.boolean(),
  subscribeToMarketingEmails: z.boolean(),
  receiveAppointmentReminder: z.boolean(),
});

/**
 * The members of a new customer's preference that the request states: in JSON those that it has, in binary all four.
 *
 * @param path of the preference in the request
 */
export function statedPreference(
  given: Customer_Preference | undefined,
  path: string,
  emptyMembers: EmptyMembers | undefined,
): Partial<Preference> | undefined {
  if (!given) return undefined;
  const stated: { -readonly [Name in keyof Preference]?: boolean } = {};
  for (const { localName, name } of Customer_PreferenceSchema.fields) {
    if (!isPreference(localName)) continue;
    const isStated = given[localName] || !emptyMembers || emptyMembers.get(`${path}.${name}`) === "empty";
    if (isStated) stated[localName] = given[localName];
  }
  return stated;
}

function isPreference(name: string): name is keyof Preference {
  return name in defaultPreference;
}

/** The customer with only those members of its preference that the request states. */
export function withPreference<New extends Pick<NewCustomer, "choice">>(
  customer: New,
  preference: Partial<Preference> | undefined,
): New {
  return { ...customer, choice: { ...customer.choice, preference } };
}

/** The fields of one text each, with their rules: stated once for create, update and import. */
export const plainFields = {
  preferredBusinessId: id,
  firstName: text(nameRule),
  lastName: text(nameRule),
  email,
  source: singleLineText,
  colorCode: color,
};

/** Fields that creating and importing a customer have in common. */
function createdFields(country: string) {
  // Violations are reported in the order of the fields here.
  const { email: mail, source, colorCode, ...plain } = plainFields;
  return {
    companyId: id,
    ...plain,
    phone: optionalPhoneLine(country),
    phones: contactPhones(country),
    email: mail,
    preference: preference.optional(),
    tags: tagReferences,
    complianceConfig: consentChange.optional(),
    referralSource: optionalReference.optional(),
    ...{ source, colorCode },
    customFields,
    assignedStaffId: optionalId,
    consentProvenance,
    allowDuplicate: z.boolean(),
    externalIds,
  };
}

type Fields = z.output<z.ZodObject<ReturnType<typeof createdFields>>>;

/** An import without a customer is refused by the contract. */
const reachableRule = fieldRule(
  (customer?: Pick<Fields, "phone" | "phones">) => !customer || !!customer.phone || customer.phones.length > 0,
  { path: "phone", reason: "REQUIRED", message: "Required unless phones is set." },
);

function toNewCustomer({
  complianceConfig,
  referralSource: source,
  assignedStaffId,
  phone,
  phones,
  ...fields
}: Fields) {
  const { preference: wanted, consentProvenance: provenance, ...same } = fields;
  return {
    ...same,
    ...newPhones({ phone, phones }),
    choice: omitUndefined({ consent: complianceConfig, preference: wanted }),
    ...(provenance ? { provenance } : {}),
    ...(source ? { referralSourceId: source.id } : {}),
    ...(assignedStaffId === "" ? {} : { assignedStaffId }),
  } satisfies Omit<NewCustomer, "address" | "notes">;
}

const newAddress = address.superRefine((value, context) => {
  if (value.id !== "")
    context.addIssue({
      ...customIssue("NOT_ALLOWED", "Must be empty for a new address; the server assigns the id."),
      path: ["id"],
    });
});

function newFields(country: string) {
  return z.object({ ...createdFields(country), address: newAddress.optional(), notes: newNotes });
}

type NewFields = z.output<ReturnType<typeof newFields>>;

function toCreatedCustomer({ address: given, notes, ...fields }: NewFields): NewCustomer {
  return { ...toNewCustomer(fields), notes, ...omitUndefined({ address: newAddressRecord(given) }) };
}

/** Input of CreateCustomer. */
export const newCustomer = memoizePerCountry((country) =>
  newFields(country)
    .refine(...reachableRule)
    .refine(...singleMainPhoneRule())
    .transform(toCreatedCustomer),
);

/** The same with or without a phone. */
export const customerOfUpsert = memoizePerCountry((country) =>
  newFields(country)
    .refine(...singleMainPhoneRule())
    .transform(toCreatedCustomer),
);

/** One of whom the other system knows no more still needs something to be known by. */
const knownRule = fieldRule(
  (customer?: Pick<Fields, "firstName" | "lastName" | "phone" | "phones" | "email">) =>
    !customer ||
    !!customer.phone ||
    [customer.firstName, customer.lastName, customer.email, customer.phones].some((one) => one.length > 0),
  { path: "firstName", reason: "REQUIRED", message: "Required: a name, a phone number or an email address." },
);

const unknownName = text({ ...nameRule, min: 0 });

/**
 * The customer of an import.
 *
 * @param isSparse whether names and phone may be unknown, as in the file of another system
 */
export const importedCustomer = (country: string, { isSparse = false } = {}) =>
  z
    .object({
      ...{ ...createdFields(country), consentProvenance: importedConsentProvenance },
      ...{ address: importedAddress.optional(), notes: importedNotes },
      ...(isSparse ? { firstName: unknownName, lastName: unknownName } : {}),
    })
    .refine(...(isSparse ? knownRule : reachableRule))
    .refine(...singleMainPhoneRule())
    .transform(({ address, notes, ...fields }) => ({
      ...{ ...toNewCustomer(fields), notes },
      ...(address ? { address } : {}),
    }));

/** Input of ImportCustomer. */
export const customerImport = memoizePerCountry((country) =>
  companyResourceSchema
    .extend({
      id: clientId,
      customer: importedCustomer(country),
      ...importTimes,
      ...importAuthors,
      status: customerStatus.withDefault("ACTIVE"),
      lastAppointmentTime: moment.optional(),
      nextAppointmentTime: moment.optional(),
    })
    .transform(({ companyId, id: customerId, customer, status, ...times }) => ({
      ...{ companyId, id: customerId, customer },
      status,
      ...importedTimes(times),
      ...importedActors(times),
      appointments: omitUndefined({
        lastAppointmentDate: times.lastAppointmentTime,
        nextAppointmentDate: times.nextAppointmentTime,
      }),
    })),
);

/** Fills in the company of the request, so that a missing one is reported only once. */
export function withCompany(request: ImportCustomerRequest): ImportCustomerRequest {
  const filled = clone(ImportCustomerRequestSchema, request);
  if (filled.customer) filled.customer.companyId = request.companyId || "unnamed";
  return filled;
}

/** Input of ListCustomers. */
export const customersQuery = memoizePerCountry((country) =>
  z
    .object({
      pagination,
      orderBy: recordOrder,
      companyId: id,
      filter: z
        .object({
          lastUpdatedTime: interval.optional(),
          mainPhoneNumber: phoneFilter(country),
          email: singleLineText,
          tagIds: list(id, maxFilterValues),
          preferredBusinessIds: list(id, maxFilterValues),
          referralSourceIds: list(id, maxFilterValues),
          createdTime: interval.optional(),
          ids: list(id, maxFilterValues),
          ...{ name: nameWords, namePrefix: nameWords, customFields: fieldFilters },
          statuses: list(customerStatus.item, maxFilterValues),
          assignedStaffIds: list(id, maxFilterValues),
          externalIds: list(externalId, maxFilterValues),
        })
        .transform(
          ({
            lastUpdatedTime: lastUpdated,
            createdTime: created,
            mainPhoneNumber,
            ...others
          }): ListCustomers["filter"] => omitEmpty({ lastUpdated, created, phone: mainPhoneNumber, ...others }),
        )
        .optional(),
    })
    .superRefine(refuseOrderOfChanges),
);
