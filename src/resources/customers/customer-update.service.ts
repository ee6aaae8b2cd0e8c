import type { Address, AddressRecord, Coordinate } from "../../core/address.js";
import { applyConsent, type ConsentChange } from "../../core/consent.js";
import { listedIdViolations, type Violation, violation } from "../../core/errors.js";
import { changedPhones, newlyRefused, type PhonesUpdate, samePhones } from "../../core/phone/contact-phone.js";
import type { CompanyAccess } from "../../core/principal.js";
import { requireEtag, type WriteResult } from "../../core/write.js";
import type { FieldValues } from "../custom-fields/custom-field.model.js";
import { checkCustomFields } from "../custom-fields/custom-field-check.service.js";
import { maxTagsPerCustomer, type TagReference } from "../setting-lists/tag.model.js";
import {
  type CustomerChange,
  type CustomerTransaction,
  maxAddresses,
  type Preference,
  referenceError,
} from "./customer.model.js";

/** The validated input of UpdateCustomer. Absent fields are unchanged. */
export interface CustomerUpdate {
  readonly companyId: string;
  readonly id: string;
  /** Throws ETAG_MISMATCH unless it equals the current etag. */
  readonly etag?: string;
  readonly columns: Omit<CustomerChange, "phone" | "preference" | "consent" | "customFields">;
  readonly phones?: PhonesUpdate;
  readonly preference?: Partial<Preference>;
  readonly consent?: ConsentChange;
  readonly address?: AddressUpdate;
  readonly tags?: readonly TagReference[];
  readonly notes?: NotesUpdate;
  readonly customFields?: { readonly write: "merge" | "replace"; readonly given: FieldValues };
}

export type AddressUpdate =
  /** Removes the address with this id, or the primary address. */
  | { readonly kind: "clear"; readonly id?: string }
  /** Changes parts of the address with this id, or of the primary address. */
  | { readonly kind: "edit"; readonly id?: string; readonly parts: AddressParts }
  /** Replaces the primary address, or adds one of type SECONDARY. */
  | { readonly kind: "set"; readonly address: AddressRecord };

/** The parts of an address to replace. A null coordinate is removed. */
export type AddressParts = Partial<Omit<AddressRecord, "coordinate">> & { readonly coordinate?: Coordinate | null };

interface NotesUpdate {
  /** "append" keeps the notes that are not listed; "replace" removes them. */
  readonly write: "append" | "replace";
  /** An entry with an id edits that note. An entry without one adds a note. */
  readonly entries: readonly { readonly id?: string; readonly note: string }[];
}

interface UpdateContext {
  readonly access: CompanyAccess;
  readonly mayCreateTags: boolean;
  readonly signal: AbortSignal;
}

const emptyAddress: AddressRecord = {
  address1: "",
  address2: "",
  city: "",
  state: "",
  postalCode: "",
  country: "",
  type: "PRIMARY",
};

/** Applies an update to a locked customer. If there are violations, throws all of them and changes nothing. */
export async function applyUpdate(
  unit: CustomerTransaction,
  update: CustomerUpdate,
  context: UpdateContext,
): Promise<WriteResult> {
  const { customer } = unit;
  requireEtag(update.etag, customer, "Customer");
  const { referralSourceId, assignedStaffId, preferredBusinessId } = update.columns;
  // References of the customer may have been archived in the meantime. Sending them back unchanged is always allowed.
  const missing = await unit.missing({
    ...(preferredBusinessId && preferredBusinessId !== customer.preferredBusinessId ? { preferredBusinessId } : {}),
    ...(referralSourceId && referralSourceId !== customer.referralSource?.id ? { referralSourceId } : {}),
    ...(assignedStaffId && assignedStaffId !== customer.assignedStaffId ? { assignedStaffId } : {}),
  });
  const references = update.tags ?? [];
  const tags = await unit.resolveTags(references, context.mayCreateTags);
  const { access, signal } = context;
  const given = update.customFields;
  const check = given && ({ access, association: "CUSTOMER", current: customer.customFields, ...given } as const);
  const fields = check && (await checkCustomFields(unit.customFields, check, signal));
  const violations = [
    ...addressViolations(customer.addresses, update.address),
    ...(await noteViolations(unit, update.notes)),
    ...(update.phones ? newlyRefused(customer.phones, update.phones, access) : []),
    ...(fields?.violations ?? []),
    ...(tags.tags.length > maxTagsPerCustomer ? [tooManyTags] : []),
  ];
  const error = referenceError({ missing, tags, references, violations });
  if (error) throw error;

  if (update.tags) await unit.replaceTags(tags.tags);
  if (update.notes) await applyNotes(unit, update.notes);
  if (update.address) await applyAddress(unit, update.address);
  const phones = update.phones && changedPhones(customer.phones, update.phones);
  if (phones && !samePhones(phones, customer.phones)) await unit.replacePhones(phones);
  await unit.save({
    ...update.columns,
    ...(phones ? { phone: phones[0]?.number ?? "" } : {}),
    ...(update.preference ? { preference: { ...customer.preference, ...update.preference } } : {}),
    ...(update.consent ? { consent: applyConsent(customer.consent, update.consent) } : {}),
    ...(fields ? { customFields: fields.values } : {}),
  });
  return { kind: "customer", ids: [customer.id] };
}

export const tooManyTags = violation(
  "tags",
  "TOO_MANY",
  `Must leave the customer with at most ${maxTagsPerCustomer} tags.`,
);

function addressViolations(addresses: readonly Address[], update: AddressUpdate | undefined): Violation[] {
  if (!update) return [];
  if (update.kind !== "set" && update.id !== undefined && !addresses.some(({ id }) => id === update.id)) {
    return [violation("address.id", "NOT_FOUND", "Not found on this customer.")];
  }
  if (!addsAddress(addresses, update) || addresses.length < maxAddresses) return [];
  return [violation("address", "TOO_MANY", `Must leave the customer with at most ${maxAddresses} addresses.`)];
}

/** Whether the update adds an address: a secondary one, or the first primary one. */
function addsAddress(addresses: readonly Address[], update: AddressUpdate): boolean {
  const hasPrimary = addresses.some(({ type }) => type === "PRIMARY");
  switch (update.kind) {
    case "clear":
      return false;
    case "edit":
      return update.id === undefined && !hasPrimary;
    case "set":
      return update.address.type === "SECONDARY" || !hasPrimary;
    default:
      return update satisfies never;
  }
}

async function applyAddress(unit: CustomerTransaction, update: AddressUpdate): Promise<void> {
  const primary = unit.customer.addresses.find((address) => address.type === "PRIMARY");
  switch (update.kind) {
    case "clear": {
      const cleared = update.id ?? primary?.id;
      if (cleared !== undefined) await unit.removeAddress(cleared);
      return;
    }
    case "edit": {
      const edited = update.id === undefined ? primary : unit.customer.addresses.find(({ id }) => id === update.id);
      if (!edited) return unit.addAddress(merged(emptyAddress, update.parts));
      const becomesPrimary = update.parts.type === "PRIMARY" && primary !== undefined && primary.id !== edited.id;
      if (becomesPrimary) await unit.editAddress(primary.id, { ...primary, type: "SECONDARY" });
      return unit.editAddress(edited.id, merged(edited, update.parts));
    }
    case "set":
      if (update.address.type === "PRIMARY" && primary) return unit.editAddress(primary.id, update.address);
      return unit.addAddress(update.address);
    default:
      return update satisfies never;
  }
}

function merged({ coordinate: kept, ...lines }: AddressRecord, { coordinate, ...parts }: AddressParts): AddressRecord {
  const point = coordinate === undefined ? kept : coordinate;
  return { ...lines, ...parts, ...(point ? { coordinate: point } : {}) };
}

async function noteViolations(unit: CustomerTransaction, update: NotesUpdate | undefined): Promise<Violation[]> {
  const ids = update?.entries.flatMap((entry) => entry.id ?? []) ?? [];
  if (!update || ids.length === 0) return [];
  const known = new Set((await unit.findNotes(ids)).map((note) => note.id));
  const isKnown = (id: string) => known.has(id);
  return listedIdViolations(update.entries, { field: "notes", isKnown, unknown: "Not found on this customer." });
}

async function applyNotes(unit: CustomerTransaction, { write, entries }: NotesUpdate): Promise<void> {
  const ids = entries.flatMap((entry) => entry.id ?? []);
  if (write === "replace") await unit.keepNotes(ids);
  for (const entry of entries) if (entry.id !== undefined) await unit.editNote(entry.id, entry.note);
  await unit.addNotes(entries.flatMap((entry) => (entry.id === undefined ? [entry.note] : [])));
}
