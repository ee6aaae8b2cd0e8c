import { z } from "zod";
import { id, list, maxFilterValues } from "../../api/fields.js";
import { interval } from "../../api/google-types.js";
import { pagination } from "../../api/page-token.js";
import type { PetFilter } from "./pet-store.model.js";

/** Input of ListAllPets. Empty lists do not filter. */
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
