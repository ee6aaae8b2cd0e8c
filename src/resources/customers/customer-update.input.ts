import { z } from "zod";
import { address, isEmptyAddress, type ParsedAddress } from "../../api/address-fields.js";
import { consentChange } from "../../api/consent-message.js";
import {
  keysOf,
  maskedParts,
  maskedTexts,
  maskPaths,
  pickFields,
  readMask,
  type UpdateMask,
} from "../../api/field-mask.js";
import { httpsUrl, id, memoizePerCountry, omitUndefined, optionalId, optionalReference } from "../../api/fields.js";
import { notesUpdate } from "../../api/note-fields.js";
import { contactPhones, phonesUpdate, singleMainPhoneRule, withSingleMainPhone } from "../../api/phone-fields.js";
import { judgedLine, phoneLine } from "../../api/phone-line.js";
import { type Consent, noConsent } from "../../core/consent.js";
import {
  type UpdateCustomerRequest,
  UpdateCustomerRequestSchema,
} from "../../gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { customFields } from "../custom-fields/custom-field.input.js";
import { customerStatus, plainFields, preference, tagReferences } from "./customer.input.js";
import { noPreference, type Preference } from "./customer.model.js";
import type { AddressParts, AddressUpdate, CustomerUpdate } from "./customer-update.service.js";

/** Fields that identify the customer and cannot be in the mask. */
const notMaskable = ["id", "company_id", "etag", "update_mask"];
const required = ["preferred_business_id", "first_name", "last_name", "phone", "status"];
const whole = ["referral_source"];

export function customerMask(request: UpdateCustomerRequest): UpdateMask {
  const mask = readMask(UpdateCustomerRequestSchema, request, maskPaths(request.updateMask), {
    notMaskable,
    // An empty list leaves the main phone of the request, if it has one.
    required: request.phone === undefined ? [...required, "phones"] : required,
    whole,
  });
  return withSingleMainPhone(mask, request);
}

/** Input of UpdateCustomer, before the mask is applied. */
export const customerUpdate = memoizePerCountry((country) => {
  // Violations are reported in the order of the fields here.
  const { preferredBusinessId, email, source, colorCode, ...plain } = z.object(plainFields).partial().shape;
  const fields = z.object({
    id,
    companyId: id,
    preferredBusinessId,
    avatarPath: httpsUrl.optional(),
    ...plain,
    phone: phoneLine(country, judgedLine).optional(),
    phones: contactPhones(country, judgedLine),
    email,
    address: address.optional(),
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
  });
  return fields.refine(...singleMainPhoneRule());
});

type ParsedUpdate = z.output<ReturnType<typeof customerUpdate>>;

export function toCustomerUpdate(parsed: ParsedUpdate, mask: UpdateMask): CustomerUpdate {
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
    ...omitUndefined({
      preference: maskedParts<Preference>(mask, "preference", { given: parsed.preference, cleared: noPreference }),
      consent: maskedParts<Consent>(mask, "compliance_config", { given: parsed.complianceConfig, cleared: noConsent }),
      address: addressUpdate(parsed, mask),
      phones: phonesUpdate(parsed, mask),
    }),
    ...(mask.writes("tags") ? { tags: parsed.tags } : {}),
    ...(mask.writes("notes") ? { notes: { write: mask.explicit ? "replace" : "append", entries: parsed.notes } } : {}),
    ...(mask.writes("custom_fields")
      ? { customFields: { write: mask.explicit ? "replace" : "merge", given: parsed.customFields } }
      : {}),
  };
}

const writtenTexts = maskedTexts(UpdateCustomerRequestSchema, keysOf(plainFields));

function addressUpdate({ address: given }: ParsedUpdate, mask: UpdateMask): AddressUpdate | undefined {
  const parts = mask.partsOf("address");
  const target = given && given.id !== "" ? { id: given.id } : {};
  if (parts) return { kind: "edit", ...target, parts: pickFields({ ...noAddress, ...given?.record }, parts) };
  if (!mask.writes("address")) return undefined;
  if (!given || isEmptyAddress(given)) return { kind: "clear", ...target };
  if (given.id === "") return { kind: "set", address: given.record };
  return { kind: "edit", ...target, parts: mask.explicit ? everyPart(given) : populatedParts(given) };
}

const noAddress = {
  address1: "",
  address2: "",
  city: "",
  state: "",
  postalCode: "",
  country: "",
  coordinate: null,
} as const satisfies AddressParts;

/** All parts of the address. An unspecified type is unchanged. */
function everyPart({ record, typed }: ParsedAddress): AddressParts {
  const { type, ...parts } = record;
  return { ...noAddress, ...parts, ...(typed ? { type } : {}) };
}

function populatedParts(given: ParsedAddress): AddressParts {
  return Object.fromEntries(Object.entries(everyPart(given)).filter(([, part]) => part !== "" && part !== null));
}
