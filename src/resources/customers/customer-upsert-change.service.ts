import { type AddressRecord, sameAddress } from "../../core/address.js";
import { invalidRequest, violation } from "../../core/errors.js";
import { externalIdKey, externalIdTaken, joinedExternalIds, maxExternalIds } from "../../core/external-id.js";
import type { ContactPhone, PhonesUpdate } from "../../core/phone/contact-phone.js";
import type { OnMatch } from "../../core/upsert.js";
import type { Customer } from "./customer.model.js";
import type { AddressesUpdate } from "./customer-addresses.service.js";
import type { CustomerUpdate } from "./customer-update.service.js";
import type { UpsertItem } from "./customer-upsert.service.js";

/**
 * What an upsert changes of the customer that it found: the fields that it states, and external ids that the customer does
 * not have. Notes would be added again by every upsert.
 */
export function updateOf(upsert: UpsertItem, customer: Customer, onMatch: OnMatch): CustomerUpdate {
  const externalIds = joinedExternalIds(customer.externalIds, upsert.customer.externalIds);
  if (externalIds.length > maxExternalIds && externalIds.length > customer.externalIds.length)
    throw invalidRequest([tooManyExternalIds]);
  const stated = statedUpdate(upsert, customer);
  const own = { companyId: customer.companyId, id: customer.id, externalIds };
  return { ...(onMatch === "FILL_EMPTY" ? fillingUpdate(stated, customer) : stated), ...own };
}

const tooManyExternalIds = violation(
  "external_ids",
  "TOO_MANY",
  `Must leave the customer with at most ${maxExternalIds} external ids.`,
);

/** Throws ALREADY_EXISTS if another customer has an external id of the upsert. */
export function refuseTaken(
  { customer: { externalIds } }: UpsertItem,
  id: string,
  owners: ReadonlyMap<string, string>,
) {
  const isTaken = externalIds.some((one) => (owners.get(externalIdKey(one)) ?? id) !== id);
  if (isTaken) throw externalIdTaken("Customer");
}

type StatedUpdate = Omit<CustomerUpdate, "companyId" | "id" | "etag" | "externalIds">;

function statedUpdate({ customer: given, statesPhones, statesEmail }: UpsertItem, customer: Customer): StatedUpdate {
  const { preferredBusinessId, firstName, lastName, email, source, colorCode, referralSourceId, assignedStaffId } =
    given;
  const columns = { preferredBusinessId, firstName, lastName, source, colorCode, referralSourceId, assignedStaffId };
  const { consent, preference } = given.choice;
  return {
    columns: stated({ ...columns, ...(statesEmail ? { email } : {}) }),
    ...(statesPhones ? { phones: phonesUpdate(given.phones) } : {}),
    ...(preference ? { preference } : {}),
    ...(consent ? { consent } : {}),
    ...(given.provenance && (preference || consent) ? { provenance: given.provenance } : {}),
    ...addressesUpdate(given.address, customer),
    ...(given.tags.length > 0 ? { tags: given.tags } : {}),
    ...(Object.keys(given.customFields).length > 0
      ? { customFields: { write: "merge" as const, given: given.customFields } }
      : {}),
  };
}

type Columns = CustomerUpdate["columns"];

/** Without empty texts, which clear nothing. */
function stated(columns: { readonly [Name in keyof Columns]?: Columns[Name] | undefined }): Columns {
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined && value !== ""));
}

/** A main phone alone leaves the other phones. */
function phonesUpdate(phones: readonly ContactPhone[]): PhonesUpdate {
  const [main] = phones;
  return main?.isMainAlone ? { kind: "main", phone: main } : { kind: "replace", phones };
}

/** A primary address changes the one that the customer has. Another one is added once. */
function addressesUpdate(
  given: AddressRecord | undefined,
  { addresses }: Customer,
): { readonly addresses?: AddressesUpdate } {
  if (!given) return {};
  if (given.type === "SECONDARY") {
    const isKnown = addresses.some(({ id: _, ...known }) => sameAddress({ ...known, type: "SECONDARY" }, given));
    return isKnown ? {} : { addresses: { write: "merge", edits: [{ kind: "add", address: given }] } };
  }
  const parts = Object.fromEntries(Object.entries(given).filter(([name, part]) => name !== "type" && part !== ""));
  return { addresses: { write: "merge", edits: [{ kind: "edit", parts }] } };
}

/** Only what the customer does not have. Permissions to contact are never empty. */
function fillingUpdate(
  { columns, phones, addresses, tags, customFields }: StatedUpdate,
  customer: Customer,
): StatedUpdate {
  const former = new Map<string, unknown>(Object.entries(customer));
  const isEmpty = (name: string) => (former.get(name) ?? "") === "";
  const values = Object.entries(customFields?.given ?? {});
  const given = Object.fromEntries(values.filter(([code]) => !Object.hasOwn(customer.customFields, code)));
  return {
    columns: Object.fromEntries(Object.entries(columns).filter(([name]) => isEmpty(name))),
    ...(phones && customer.phones.length === 0 ? { phones } : {}),
    ...(addresses && customer.addresses.length === 0 ? { addresses } : {}),
    ...(tags && customer.tags.length === 0 ? { tags } : {}),
    ...(Object.keys(given).length > 0 ? { customFields: { write: "merge", given } } : {}),
  };
}
