import type { AccessFilter } from "../../core/access.js";
import { erasedError, notFoundError } from "../../core/errors.js";
import { grantPredicate, leadGrantPredicate, requireSingleRow, toPrismaPredicate } from "../../db/access-filter.js";
import { Prisma } from "../../gen/prisma/client.js";
import { type PetJson, petJson, toPet } from "./pet.columns.js";
import type { Pet } from "./pet.model.js";

interface WrittenPet {
  readonly accessFilter: AccessFilter;
  readonly id: string;
}

/**
 * The pet of an earlier request, with its present owner: a promotion, or a move to another customer, may have given it
 * one that the request does not name.
 *
 * @throws RESOURCE_ERASED if the pet was removed; NOT_FOUND if the API key has no access to its present owner
 */
export async function readWrittenPet(tx: Prisma.TransactionClient, { accessFilter, id }: WrittenPet): Promise<Pet> {
  const rows = await tx.$queryRaw<{ company_id: string; is_seen: boolean; pet: PetJson }[]>`
    SELECT p.company_id, ${Prisma.raw(petJson)} AS pet, ${ownerIsSeen(accessFilter)} AS is_seen
    FROM pet p WHERE p.company_id = ANY(${[...accessFilter.companyIds]}::text[]) AND p.id = ${id}`;
  const row = requireSingleRow(rows, "Pet", id);
  if (!row) throw erasedError("Pet", id);
  if (!row.is_seen) throw notFoundError("Pet", id);
  return toPet(row.pet);
}

/** Whether the principal can access the present owner of `pet p`. */
export function ownerIsSeen(accessFilter: AccessFilter): Prisma.Sql {
  return Prisma.sql`(EXISTS (SELECT 1 FROM customer c WHERE c.company_id = p.company_id AND c.id = p.customer_id
        AND ${toPrismaPredicate(grantPredicate("c"), accessFilter)})
      OR EXISTS (SELECT 1 FROM lead l WHERE l.company_id = p.company_id AND l.id = p.lead_id
        AND ${toPrismaPredicate(leadGrantPredicate("l"), accessFilter)}))`;
}
