import { type AddressRecord, sameAddress } from "../../core/address.js";
import type { OnMatch } from "../../core/upsert.js";
import {
  addedExternalIds,
  emptyColumns,
  phonesUpdateOf,
  statedColumns,
  statedParts,
} from "../../core/upsert-change.js";
import type { Customer } from "./customer.model.js";
import type { AddressesUpdate } from "./customer-addresses.service.js";
import type { CustomerUpdate } from "./customer-update.service.js";
import type { UpsertItem } from "./customer-upsert.service.js";

/**
 * What an upsert changes of the customer that it found: the fields that it states, and external ids that the customer does
 * not have. Notes would be added again by every upsert.
 */
export function updateOf(
  { customer: given, ...upsert }: UpsertItem,
  customer: Customer,
  onMatch: OnMatch,
): CustomerUpdate {
  const listed = { own: customer.externalIds, given: given.externalIds, noun: "customer", path: "external_ids" };
  const externalIds = addedExternalIds(listed);
  const stated = statedUpdate({ customer: given, ...upsert }, customer);
  const own = { companyId: customer.companyId, id: customer.id, externalIds };
  return { ...(onMatch === "FILL_EMPTY" ? fillingUpdate(stated, customer) : stated), ...own };
}

type StatedUpdate = Omit<CustomerUpdate, "companyId" | "id" | "etag" | "externalIds">;

function statedUpdate({ customer: given, statesPhones, statesEmail }: UpsertItem, customer: Customer): StatedUpdate {
  const { preferredBusinessId, firstName, lastName, email, source, colorCode, referralSourceId, assignedStaffId } =
    given;
  const columns = { preferredBusinessId, firstName, lastName, source, colorCode, referralSourceId, assignedStaffId };
  const { consent, preference } = given.choice;
  return {
    columns: statedColumns({ ...columns, ...(statesEmail ? { email } : {}) }),
    ...(statesPhones ? { phones: phonesUpdateOf(given.phones) } : {}),
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
  return { addresses: { write: "merge", edits: [{ kind: "edit", parts: statedParts(given) }] } };
}

/** Only what the customer does not have. Permissions to contact are never empty. */
function fillingUpdate(
  { columns, phones, addresses, tags, customFields }: StatedUpdate,
  customer: Customer,
): StatedUpdate {
  const values = Object.entries(customFields?.given ?? {});
  const given = Object.fromEntries(values.filter(([code]) => !Object.hasOwn(customer.customFields, code)));
  return {
    columns: emptyColumns(columns, customer),
    ...(phones && customer.phones.length === 0 ? { phones } : {}),
    ...(addresses && customer.addresses.length === 0 ? { addresses } : {}),
    ...(tags && customer.tags.length === 0 ? { tags } : {}),
    ...(Object.keys(given).length > 0 ? { customFields: { write: "merge", given } } : {}),
  };
}
