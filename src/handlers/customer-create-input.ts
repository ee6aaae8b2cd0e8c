import { z } from "zod";
import { defaultPreference } from "../domain/customer.js";
import type { NewCustomer } from "../domain/customers.js";
import { nameRule } from "../domain/text.js";
import { perCountry } from "./country.js";
import {
  address,
  consentChange,
  customFields,
  newNotes,
  preference,
  referralSource,
  tagReferences,
  withoutUndefined,
} from "./customer-input.js";
import { color, email, id, line, optionalId, phone, text } from "./fields.js";
import { because } from "./parse.js";

/** CreateCustomer: message to domain. */
export const newCustomer = perCountry((country) =>
  z
    .object({
      companyId: id,
      preferredBusinessId: id,
      firstName: text(nameRule),
      lastName: text(nameRule),
      phone: phone(country),
      email,
      address: address
        .superRefine((value, context) => {
          if (value.id !== "")
            context.addIssue({ ...because("NOT_ALLOWED", "A new address has no id yet."), path: ["id"] });
        })
        .optional(),
      preference: preference.optional(),
      tags: tagReferences,
      notes: newNotes,
      complianceConfig: consentChange.optional(),
      referralSource: referralSource.optional(),
      source: line,
      colorCode: color,
      customFields,
      assignedStaffId: optionalId,
    })
    .transform(
      ({ complianceConfig, referralSource: source, assignedStaffId, address: given, ...same }): NewCustomer => {
        return {
          ...same,
          ...withoutUndefined({ address: given?.record }),
          preference: same.preference ?? defaultPreference,
          consent: complianceConfig ?? {},
          ...(source ? { referralSourceId: source.id } : {}),
          ...(assignedStaffId === "" ? {} : { assignedStaffId }),
        };
      },
    ),
);
