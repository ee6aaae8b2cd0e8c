import { z } from "zod";
import { address } from "../../api/address-fields.js";
import { consentChange } from "../../api/consent-message.js";
import { memoizePerCountry } from "../../api/country.js";
import { color, email, id, optionalId, phone, singleLineText, text } from "../../api/fields.js";
import { newNotes } from "../../api/note-fields.js";
import { customIssue } from "../../api/parse.js";
import { nameRule } from "../../core/text.js";
import { customFields } from "../custom-fields/custom-field-values.input.js";
import { preference, referralSource, tagReferences } from "./customer.input.js";
import { defaultPreference } from "./customer.model.js";
import type { NewCustomer } from "./customer.service.js";

/** Fields that creating and importing a customer have in common. */
export function newCustomerFields(country: string) {
  return {
    companyId: id,
    preferredBusinessId: id,
    firstName: text(nameRule),
    lastName: text(nameRule),
    phone: phone(country),
    email,
    preference: preference.optional(),
    tags: tagReferences,
    complianceConfig: consentChange.optional(),
    referralSource: referralSource.optional(),
    source: singleLineText,
    colorCode: color,
    customFields,
    assignedStaffId: optionalId,
  };
}

type Fields = z.output<z.ZodObject<ReturnType<typeof newCustomerFields>>>;

export function toNewCustomer({ complianceConfig, referralSource: source, assignedStaffId, ...same }: Fields) {
  return {
    ...same,
    preference: same.preference ?? defaultPreference,
    consent: complianceConfig ?? {},
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

/** Input of CreateCustomer. */
export const newCustomer = memoizePerCountry((country) =>
  z.object({ ...newCustomerFields(country), address: newAddress.optional(), notes: newNotes }).transform(
    ({ address: given, notes, ...fields }): NewCustomer => ({
      ...{ ...toNewCustomer(fields), notes },
      ...(given ? { address: given.record } : {}),
    }),
  ),
);
