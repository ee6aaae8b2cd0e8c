import { z } from "zod";
import { address, addressChange, type ParsedAddress } from "../../api/address-fields.js";
import { consentChange, consentProvenance } from "../../api/consent-message.js";
import { externalIds } from "../../api/external-id-fields.js";
import {
  emptiedTexts,
  keysOf,
  maskedParts,
  maskedTexts,
  maskPaths,
  maskWithout,
  presentPartsOfItems,
  readMask,
  type UpdateMask,
  unlisted,
} from "../../api/field-mask.js";
import {
  fieldRule,
  httpsUrl,
  id,
  list,
  memoizePerCountry,
  omitUndefined,
  optionalId,
  optionalReference,
  text,
} from "../../api/fields.js";
import { notesUpdate } from "../../api/note-fields.js";
import {
  contactPhones,
  phoneRulesOf,
  phonesUpdate,
  singleMainPhoneRule,
  statedPhones,
  withSingleMainPhone,
} from "../../api/phone-fields.js";
import { judgedLine, optionalPhoneLine } from "../../api/phone-line.js";
import type { Context } from "../../api/rpc.js";
import type { JudgeStored } from "../../api/stored-values.js";
import { type Consent, noConsent } from "../../core/consent.js";
import { newlyRefused } from "../../core/phone/contact-phone.js";
import { noPreference, type Preference } from "../../core/preference.js";
import type { EmptyMembers } from "../../core/presence.js";
import { clearedFields } from "../../core/required-field.js";
import { nameRule } from "../../core/text.js";
import {
  type UpdateCustomerRequest,
  UpdateCustomerRequestSchema,
} from "../../gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { AddressSchema } from "../../gen/proto/moego/common/v1/address_pb.js";
import { customFields } from "../custom-fields/custom-field-values.input.js";
import { customerStatus, plainFields, preference, tagReferences } from "./customer.input.js";
import { type Customer, maxAddresses } from "./customer.model.js";
import type { AddressesUpdate, AddressUpdate } from "./customer-addresses.service.js";
import { type CustomerUpdate, type RequiredField, requiredFields } from "./customer-update.service.js";

/** Fields that identify the customer and cannot be in the mask. The path of a list of addresses is `address`. */
const notMaskable = ["id", "company_id", "etag", "update_mask", "addresses", "consent_provenance"];
const whole = ["referral_source"];

const optionalName = text({ ...nameRule, min: 0 }).optional();

interface CustomerMask extends UpdateMask {
  /** Required fields that the request states without a value. They are not written. */
  readonly emptied: readonly RequiredField[];
  /** Whether the request has a list of addresses, which is then written instead of the single one. */
  readonly writesList: boolean;
  /** The parts that each address of the list has, in JSON. */
  readonly partsOfAddresses: readonly (readonly string[])[] | undefined;
}

export function customerMask(request: UpdateCustomerRequest, emptyMembers?: EmptyMembers): CustomerMask {
  const paths = maskPaths(request.updateMask);
  const rules = {
    notMaskable,
    // Without a mask, an empty list says nothing unless there is a main phone.
    required: paths === undefined && request.phone === undefined ? ["status", "phones"] : ["status"],
    whole,
  };
  const mask = readMask(UpdateCustomerRequestSchema, request, paths, rules, emptyMembers);
  const emptied = emptiedFields(request, mask);
  const { addresses } = request;
  const isListed = !mask.explicit || mask.writes("address");
  const violations = isListed || addresses.length === 0 ? [] : [unlisted("addresses")];
  return {
    ...maskWithout(withSingleMainPhone({ ...mask, violations: [...mask.violations, ...violations] }, request), emptied),
    emptied,
    writesList: isListed && (addresses.length > 0 || emptyMembers?.get("addresses") === "empty"),
    partsOfAddresses: presentPartsOfItems(AddressSchema, addresses, "addresses", emptyMembers),
  };
}

function emptiedFields(
  { preferredBusinessId, firstName, lastName, phone, phones }: UpdateCustomerRequest,
  mask: UpdateMask,
): RequiredField[] {
  const emptied = emptiedTexts(mask, {
    ...{ preferred_business_id: preferredBusinessId, first_name: firstName, last_name: lastName, phone },
  });
  const clearsList = mask.writes("phones") && !mask.writes("phone") && phones.length === 0;
  return clearsList ? [...emptied, "phones"] : emptied;
}

/** Input of UpdateCustomer, before the mask is applied. */
export const customerUpdate = memoizePerCountry((country) => {
  // Violations are reported in the order of the fields here.
  const { preferredBusinessId: _, email, source, colorCode, ...plain } = z.object(plainFields).partial().shape;
  const fields = z.object({
    id,
    companyId: id,
    preferredBusinessId: optionalId.optional(),
    avatarPath: httpsUrl.optional(),
    ...plain,
    ...{ firstName: optionalName, lastName: optionalName },
    phone: optionalPhoneLine(country, judgedLine).optional(),
    phones: contactPhones(country, judgedLine),
    email,
    address: address.optional(),
    addresses: list(address, maxAddresses),
    tags: tagReferences,
    notes: notesUpdate,
    complianceConfig: consentChange.optional(),
    preference: preference.optional(),
    referralSource: optionalReference.optional(),
    status: customerStatus.withDefault("ACTIVE"),
    ...{ colorCode, source },
    customFields,
    etag: z.string(),
    assignedStaffId: optionalId.optional(),
    consentProvenance,
    externalIds,
  });
  const once = ({ address: one, addresses: several }: z.output<typeof fields>) => !one || several.length === 0;
  const rule = { path: "address", reason: "CONFLICT", message: "Must not be set together with addresses." } as const;
  return fields.refine(...singleMainPhoneRule()).refine(...fieldRule(once, rule));
});

/** Judges what may repeat what is stored, for an update that is refused for other fields. */
export function judgeCustomerUpdate(
  request: UpdateCustomerRequest,
  { principal, emptyMembers }: Pick<Context, "principal" | "emptyMembers">,
): JudgeStored<Customer> {
  const rules = phoneRulesOf(principal, request.companyId);
  const mask = customerMask(request, emptyMembers);
  const updates = statedPhones(request, mask, rules.country);
  return (stored) => [
    ...clearedFields(mask.emptied, requiredFields, stored),
    ...updates.flatMap((update) => newlyRefused(stored?.phones ?? [], update, rules)),
  ];
}

type ParsedUpdate = z.output<ReturnType<typeof customerUpdate>>;

export function toCustomerUpdate(parsed: ParsedUpdate, mask: CustomerMask): CustomerUpdate {
  const columns = omitUndefined({
    ...writtenTexts(parsed, mask),
    avatar: mask.writes("avatar_path") ? (parsed.avatarPath ?? "") : undefined,
    status: mask.writes("status") ? parsed.status : undefined,
    referralSourceId: mask.writes("referral_source")
      ? (parsed.referralSource?.id ?? (mask.explicit ? null : undefined))
      : undefined,
    assignedStaffId: mask.writes("assigned_staff_id") ? parsed.assignedStaffId || null : undefined,
  });
  return {
    companyId: parsed.companyId,
    id: parsed.id,
    ...(parsed.etag === "" ? {} : { etag: parsed.etag }),
    columns,
    emptied: mask.emptied,
    ...omitUndefined({
      provenance: parsed.consentProvenance,
      preference: maskedParts<Preference>(mask, "preference", { given: parsed.preference, cleared: noPreference }),
      consent: maskedParts<Consent>(mask, "compliance_config", { given: parsed.complianceConfig, cleared: noConsent }),
      addresses: addressesUpdate(parsed, mask),
      phones: phonesUpdate(parsed, mask),
    }),
    ...(mask.writes("tags") ? { tags: parsed.tags } : {}),
    ...(mask.writes("external_ids") ? { externalIds: parsed.externalIds } : {}),
    ...(mask.writes("notes") ? { notes: { write: mask.explicit ? "replace" : "append", entries: parsed.notes } } : {}),
    ...(mask.writes("custom_fields")
      ? { customFields: { write: mask.explicit ? "replace" : "merge", given: parsed.customFields } }
      : {}),
  };
}

const writtenTexts = maskedTexts(UpdateCustomerRequestSchema, keysOf(plainFields));

function addressesUpdate({ address: one, addresses }: ParsedUpdate, mask: CustomerMask): AddressesUpdate | undefined {
  const { explicit, partsOfAddresses } = mask;
  if (mask.writesList) {
    const listed = explicit ? undefined : partsOfAddresses;
    const edits = addresses.flatMap(
      (given, position) => addressUpdate(given, listed?.[position], explicit, position) ?? [],
    );
    return { write: explicit || addresses.length === 0 ? "replace" : "merge", edits };
  }
  const listed = mask.partsOf("address");
  if (!listed && !mask.writes("address")) return undefined;
  const edit = addressUpdate(one, listed, explicit);
  return edit && { write: "merge", edits: [edit] };
}

/** @param position in the list of addresses; absent for the single one */
function addressUpdate(
  given: ParsedAddress | undefined,
  listed: readonly string[] | undefined,
  isExplicit: boolean,
  position?: number,
): AddressUpdate | undefined {
  const place = { ...(given && given.id !== "" ? { id: given.id } : {}), position };
  const isAnother = given?.id === "" && given.record.type === "SECONDARY" && !(isExplicit && listed);
  if (isAnother) return { kind: "add", ...place, address: given.record };
  const parts = addressChange(given, listed, isExplicit);
  if (parts === undefined) return given?.id ? { kind: "edit", ...place, parts: {} } : undefined;
  return parts === null ? { kind: "clear", ...place } : { kind: "edit", ...place, parts };
}
