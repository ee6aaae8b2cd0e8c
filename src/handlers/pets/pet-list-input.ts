import { z } from "zod";
import type { PetFilter } from "../../domain/pets/pet-repository.js";
import { interval, maxFilterValues } from "../customers/customer-input.js";
import { id, list } from "../fields.js";
import { pagination } from "../page-token.js";

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
