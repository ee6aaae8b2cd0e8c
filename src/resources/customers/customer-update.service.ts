import type { ConsentChange } from "../../core/consent.js";
import type { ConsentProvenance } from "../../core/consent-provenance.js";
import { changedChoice } from "../../core/contact-rule.js";
import { violation } from "../../core/errors.js";
import { type ExternalId, sameExternalIds } from "../../core/external-id.js";
import { applyNotes, type NotesUpdate, notedIds, noteViolations } from "../../core/notes-update.js";
import { changedPhones, newlyRefused, type PhonesUpdate, samePhones } from "../../core/phone/contact-phone.js";
import type { Preference } from "../../core/preference.js";
import type { CompanyAccess } from "../../core/principal.js";
import { clearedFields } from "../../core/required-field.js";
import { requireEtag, type WriteResult } from "../../core/write.js";
import type { FieldValues } from "../custom-fields/custom-field.model.js";
import { checkCustomFields } from "../custom-fields/custom-field-check.service.js";
import { maxTagsPerCustomer, type TagReference } from "../setting-lists/tag.model.js";
import {
  type Customer,
  type CustomerChange,
  type CustomerQuestions,
  type CustomerTransaction,
  referenceError,
} from "./customer.model.js";
import { type AddressesUpdate, changedAddresses, storeAddresses } from "./customer-addresses.service.js";

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
  readonly provenance?: ConsentProvenance;
  readonly addresses?: AddressesUpdate;
  readonly tags?: readonly TagReference[];
  readonly externalIds?: readonly ExternalId[];
  readonly notes?: NotesUpdate;
  readonly customFields?: { readonly write: "merge" | "replace"; readonly given: FieldValues };
  /** Required fields that the update states without a value. */
  readonly emptied?: readonly RequiredField[];
}

const mainPhone = ({ phones }: Customer) => phones[0]?.number;

export const requiredFields = {
  preferred_business_id: ({ preferredBusinessId }: Customer) => preferredBusinessId,
  first_name: ({ firstName }: Customer) => firstName,
  last_name: ({ lastName }: Customer) => lastName,
  phone: mainPhone,
  phones: mainPhone,
};

export type RequiredField = keyof typeof requiredFields;

interface UpdateContext {
  readonly access: CompanyAccess;
  readonly mayCreateTags: boolean;
  readonly signal: AbortSignal;
}

/** What `applyUpdate` asks for. */
export function questionsOf({ columns, tags, notes, customFields }: CustomerUpdate): CustomerQuestions {
  const { referralSourceId, assignedStaffId, preferredBusinessId } = columns;
  return {
    references: {
      ...(preferredBusinessId ? { preferredBusinessId } : {}),
      ...(referralSourceId ? { referralSourceId } : {}),
      ...(assignedStaffId ? { assignedStaffId } : {}),
    },
    noteIds: notedIds(notes),
    ...(tags ? { tags } : {}),
    ...(customFields
      ? { customFields: { codes: Object.keys(customFields.given), withExpected: customFields.write !== "merge" } }
      : {}),
  };
}

/** Applies an update to a customer. If there are violations, throws all of them and changes nothing. */
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
  const addresses = update.addresses && changedAddresses(customer.addresses, update.addresses);
  const violations = [
    ...clearedFields(update.emptied ?? [], requiredFields, customer),
    ...(addresses?.violations ?? []),
    ...(await noteViolations(unit, update.notes, "Not found on this customer.")),
    ...(update.phones ? newlyRefused(customer.phones, update.phones, access) : []),
    ...(fields?.violations ?? []),
    ...(tags.tags.length > maxTagsPerCustomer ? [tooManyTags] : []),
  ];
  const error = referenceError({ missing, tags, references, violations });
  if (error) throw error;

  if (update.tags) await unit.replaceTags(tags.tags);
  if (update.externalIds && !sameExternalIds(update.externalIds, customer.externalIds))
    await unit.replaceExternalIds(update.externalIds);
  if (update.notes) await applyNotes(unit, update.notes);
  if (addresses) await storeAddresses(unit, addresses.addresses);
  const phones = update.phones && changedPhones(customer.phones, update.phones);
  if (phones && !samePhones(phones, customer.phones)) await unit.replacePhones(phones);
  const change = {
    ...update.columns,
    ...(phones ? { phone: phones[0]?.number ?? "" } : {}),
    ...(update.preference || update.consent ? changedChoice(customer, update) : {}),
    ...(fields ? { customFields: fields.values } : {}),
  };
  await unit.save(change, update.provenance);
  return { kind: "customer", ids: [customer.id] };
}

export const tooManyTags = violation(
  "tags",
  "TOO_MANY",
  `Must leave the customer with at most ${maxTagsPerCustomer} tags.`,
);
