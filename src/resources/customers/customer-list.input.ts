import { z } from "zod";
import { memoizePerCountry } from "../../api/country.js";
import { id, list, maxFilterValues, optionalPhone, singleLineText } from "../../api/fields.js";
import { pagination } from "../../api/page-token.js";
import { interval } from "../../api/timestamp.js";
import type { CustomerFilter } from "./customer-store.model.js";

/** Input of ListCustomers. */
export const customersQuery = memoizePerCountry((country) =>
  z.object({
    pagination,
    companyId: id,
    filter: z
      .object({
        lastUpdatedTime: interval.optional(),
        mainPhoneNumber: optionalPhone(country),
        email: singleLineText,
        tagIds: list(id, maxFilterValues),
        preferredBusinessIds: list(id, maxFilterValues),
        referralSourceIds: list(id, maxFilterValues),
        createdTime: interval.optional(),
      })
      .transform(({ lastUpdatedTime, createdTime, mainPhoneNumber, email, ...ids }): CustomerFilter => {
        return {
          ...(lastUpdatedTime ? { lastUpdated: lastUpdatedTime } : {}),
          ...(createdTime ? { created: createdTime } : {}),
          ...(mainPhoneNumber === "" ? {} : { phone: mainPhoneNumber }),
          ...(email === "" ? {} : { email }),
          ...nonEmpty(ids),
        };
      })
      .optional(),
  }),
);

type IdFilters = Pick<CustomerFilter, "tagIds" | "preferredBusinessIds" | "referralSourceIds">;

/** Removes empty lists, which do not filter. */
function nonEmpty(ids: Required<IdFilters>): IdFilters {
  return Object.fromEntries(Object.entries(ids).filter(([, values]) => values.length > 0));
}
