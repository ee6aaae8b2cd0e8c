import type { Database } from "../../db/database.js";
import { type Bind, readTimeList, type TimeList } from "../../db/record-list.js";
import { listedPetJson, type PetJson, toPet } from "./pet.columns.js";
import type { PetFilter, PetRepository } from "./pet-store.model.js";

const list: TimeList = {
  name: "pet.list",
  table: "pet",
  alias: "p",
  select: `${listedPetJson} AS pet`,
  always: "p.customer_id IS NOT NULL",
  current: "p.archived_time IS NULL",
};

/** Pages of pets of a company's customers. Includes archived pets if there is a `lastUpdated` filter. */
export function createPetList(database: Database): PetRepository["list"] {
  return async (query, signal) => {
    const conditions = (bind: Bind) => conditionsOf(query.filter, bind);
    const rows = await readTimeList<{ pet: PetJson }>(database, { list, query, conditions }, signal);
    return rows.map((row) => toPet(row.pet));
  };
}

function conditionsOf({ customerIds, businessIds }: PetFilter, bind: Bind): string[] {
  return [
    ...(customerIds ? [`p.customer_id = ANY(${bind(customerIds)}::text[])`] : []),
    ...(businessIds
      ? [
          `EXISTS (SELECT 1 FROM customer c WHERE c.company_id = $1 AND c.id = p.customer_id
            AND c.preferred_business_id = ANY(${bind(businessIds)}::text[]))`,
        ]
      : []),
  ];
}
