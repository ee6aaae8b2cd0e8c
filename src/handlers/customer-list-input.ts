import { z } from "zod";
import type { CustomerFilter } from "../domain/customer-repository.js";
import { parsePhone } from "../domain/phone.js";
import { perCountry } from "./country.js";
import { interval, maxFilterValues } from "./customer-input.js";
import { id, list } from "./fields.js";
import { pagination } from "./page-token.js";
import { because } from "./parse.js";

/** ListCustomers: message to domain. */
export const customersQuery = perCountry((country) =>
  z.object({
    pagination,
    companyId: id,
    filter: z
      .object({
        lastUpdatedTime: interval.optional(),
        mainPhoneNumber: z.string(),
        email: z.string(),
        tagIds: list(id, maxFilterValues),
        preferredBusinessIds: list(id, maxFilterValues),
        referralSourceIds: list(id, maxFilterValues),
        createdTime: interval.optional(),
      })
      .transform(({ lastUpdatedTime, createdTime, mainPhoneNumber, email, ...ids }, context): CustomerFilter => {
        const phone = parsePhone(mainPhoneNumber.trim(), country);
        if (mainPhoneNumber.trim() !== "" && phone === undefined) {
          context.addIssue({
            ...because("INVALID_FORMAT", "Must be a possible phone number."),
            path: ["mainPhoneNumber"],
          });
        }
        return {
          ...(lastUpdatedTime ? { lastUpdated: lastUpdatedTime } : {}),
          ...(createdTime ? { created: createdTime } : {}),
          ...(phone === undefined ? {} : { phone }),
          ...(email.trim() === "" ? {} : { email: email.trim().normalize("NFC") }),
          ...nonEmpty(ids),
        };
      })
      .optional(),
  }),
);

type IdFilters = Pick<CustomerFilter, "tagIds" | "preferredBusinessIds" | "referralSourceIds">;

/** An empty list filters nothing. */
function nonEmpty(ids: Required<IdFilters>): IdFilters {
  return Object.fromEntries(Object.entries(ids).filter(([, values]) => values.length > 0));
}
