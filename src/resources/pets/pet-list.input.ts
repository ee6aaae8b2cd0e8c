import { z } from "zod";
import { id, list } from "../../api/fields.js";
import { pagination } from "../../api/page-token.js";
import { interval, maxFilterValues } from "../customers/customer.input.js";
import type { PetFilter } from "./pet-store.model.js";

/** ListAllPets: message to domain. An empty list filters nothing. */
export const petsQuery = z.object({
  pagination,
  companyId: id,
  filter: z
    .object({ customerIds: list(id, maxFilterValues), lastUpdatedTime: interval.optional() })
    .transform(
      ({ customerIds, lastUpdatedTime }): PetFilter => ({
        ...(customerIds.length === 0 ? {} : { customerIds }),
        ...(lastUpdatedTime ? { lastUpdated: lastUpdatedTime } : {}),
      }),
    )
    .optional(),
});
