import { notFoundError } from "../../core/errors.js";
import {
  accessFilterValues,
  accessPredicate,
  requireSingleRow,
  singleCompanyAccessPredicate,
} from "../../db/access-filter.js";
import type { Database } from "../../db/database.js";
import { statement } from "../../db/statement.js";
import type { CustomerTarget } from "../customers/customer.model.js";
import { listedPetJson, type PetJson, petJson, toPet } from "./pet.columns.js";
import { maxPetsOfCustomer } from "./pet.model.js";
import { changePet, createPet } from "./pet-change.repository.js";
import { createPetList } from "./pet-list.repository.js";
import { listPetNotes } from "./pet-notes.repository.js";
import type { PetRepository } from "./pet-store.model.js";

/** Pets of customers, with hand-written SQL for reads and Prisma for changes. */
export function createPetRepository(database: Database): PetRepository {
  return {
    list: createPetList(database),
    listNotes: (target, page, signal) => listPetNotes(database, target, page, signal),
    create: (customer, write, work) => createPet(database, customer, write, work),
    change: (target, write, work) => changePet(database, target, write, work),

    async get({ customer, id }, signal) {
      const { inOneCompany, inSeveral } = getStatements;
      const text = customer.accessFilter.companyIds.length === 1 ? inOneCompany : inSeveral;
      const values = [...accessFilterValues(customer.accessFilter), customer.id, id];
      const found = requireSingleRow(await database.read<GetRow>(text, values, signal), "Customer", customer.id);
      if (!found) throw notFoundError("Customer", customer.id);
      if (!found.pet) throw notFoundError("Pet", id);
      return toPet(found.pet);
    },

    async listOfCustomer(customer, signal) {
      const { inOneCompany, inSeveral } = listStatements;
      const text = customer.accessFilter.companyIds.length === 1 ? inOneCompany : inSeveral;
      const found = requireSingleRow(
        await database.read<ListRow>(text, valuesOf(customer), signal),
        "Customer",
        customer.id,
      );
      if (!found) throw notFoundError("Customer", customer.id);
      return (found.pets ?? []).map(toPet);
    },

    async companiesOf(customer, signal) {
      const rows = await database.read<{ company_id: string }>(locate, valuesOf(customer), signal);
      return rows.map((row) => row.company_id);
    },
  };
}

interface GetRow {
  readonly company_id: string;
  readonly pet: PetJson | null;
}

interface ListRow {
  readonly company_id: string;
  readonly pets: readonly PetJson[] | null;
}

function valuesOf({ accessFilter, id }: CustomerTarget): readonly unknown[] {
  return [...accessFilterValues(accessFilter), id];
}

/**
 * `$1` and `$2`: see db/access-filter.ts; `$3` the customer, `$4` the pet. A row without a pet means that the customer
 * does not have it.
 */
const getStatements = inBothReaches(
  "pet.get",
  (isVisible) =>
    `SELECT c.company_id, (SELECT ${petJson} FROM pet p
    WHERE p.company_id = c.company_id AND p.customer_id = c.id AND p.id = $4) AS pet
  FROM customer c WHERE ${isVisible} AND c.id = $3`,
);

const listStatements = inBothReaches(
  "pet.list_of_customer",
  (isVisible) =>
    `SELECT c.company_id, (SELECT jsonb_agg(${listedPetJson} ORDER BY p.created_time DESC, p.id DESC) FROM (
      SELECT * FROM pet WHERE company_id = c.company_id AND customer_id = c.id AND archived_time IS NULL
      ORDER BY created_time DESC, id DESC LIMIT ${maxPetsOfCustomer}) p) AS pets
  FROM customer c WHERE ${isVisible} AND c.id = $3`,
);

const locate = statement(
  "pet.companies_of_customer",
  `SELECT c.company_id FROM customer c WHERE ${accessPredicate("c")} AND c.id = $3`,
);

/** The statements for API keys with access to one company and to several (see db/access-filter.ts). */
function inBothReaches(name: string, text: (isVisible: string) => string) {
  return {
    inOneCompany: statement(`${name}_in_one_company`, text(singleCompanyAccessPredicate("c"))),
    inSeveral: statement(name, text(accessPredicate("c"))),
  };
}
