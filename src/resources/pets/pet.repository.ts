import { notFoundError } from "../../core/errors.js";
import {
  accessFilterValues,
  accessPredicate,
  requireSingleRow,
  singleCompanyAccessPredicate,
} from "../../db/access-filter.js";
import type { LimitedDatabase } from "../../db/company-records.js";
import { type Bind, readTimeList, type TimeList } from "../../db/record-list.js";
import { statement } from "../../db/statement.js";
import type { CustomerTarget } from "../customers/customer.model.js";
import { listedPetJson, type PetJson, petJson, toPet } from "./pet.columns.js";
import { maxPetsOfCustomer, type PetFilter, type PetRepository } from "./pet.model.js";
import { changePet, createPet } from "./pet-change.repository.js";

/** Pets of customers, with hand-written SQL for reads and Prisma for changes. */
export function createPetRepository(limited: LimitedDatabase): PetRepository {
  const { database } = limited;
  return {
    create: (customer, write, work) => createPet(limited, customer, write, work),
    change: (target, write, work) => changePet(limited, target, write, work),

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

    async list(query, signal) {
      const conditions = (bind: Bind) => conditionsOf(query.filter, bind);
      const rows = await readTimeList<{ pet: PetJson }>(database, { list, query, conditions }, signal);
      return rows.map((row) => toPet(row.pet));
    },

    async listNotes({ customer, id }, page, signal) {
      const values = [...accessFilterValues(customer.accessFilter), customer.id, id];
      const found = await database.read<{ company_id: string; has_pet: boolean }>(locatePet, values, signal);
      const owner = requireSingleRow(found, "Customer", customer.id);
      if (!owner) throw notFoundError("Customer", customer.id);
      if (!owner.has_pet) throw notFoundError("Pet", id);
      const scope = [owner.company_id, id];
      const rows = page.after
        ? await database.read<PetNoteRow>(nextPage, [...scope, page.size + 1, page.after.time, page.after.id], signal)
        : await database.read<PetNoteRow>(firstPage, [...scope, page.size + 1, page.offset], signal);
      return rows.map((row) => ({
        id: row.id,
        content: row.content,
        createdTime: row.created_time,
        lastUpdatedBy: row.last_updated_by,
        lastUpdatedTime: row.last_updated_time,
      }));
    },

    async companiesOf(customer, signal) {
      const rows = await database.read<{ company_id: string }>(companiesOfCustomer, valuesOf(customer), signal);
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

const companiesOfCustomer = statement(
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

const list: TimeList = {
  name: "pet.list",
  table: "pet",
  alias: "p",
  select: `${listedPetJson} AS pet`,
  always: "p.customer_id IS NOT NULL",
  current: "p.archived_time IS NULL",
};

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

interface PetNoteRow {
  readonly id: string;
  readonly content: string;
  readonly created_time: Date;
  readonly last_updated_by: string;
  readonly last_updated_time: Date;
}

const locatePet = statement(
  "pet.locate",
  `SELECT c.company_id, EXISTS (
    SELECT 1 FROM pet p WHERE p.company_id = c.company_id AND p.customer_id = c.id AND p.id = $4) AS has_pet
  FROM customer c WHERE ${accessPredicate("c")} AND c.id = $3`,
);

const notesOf = `SELECT id, content, created_time, last_updated_by, last_updated_time FROM pet_note
  WHERE company_id = $1 AND pet_id = $2`;
const newestFirst = "ORDER BY created_time DESC, id DESC LIMIT $3";

const firstPage = statement("pet_note.first_page", `${notesOf} ${newestFirst} OFFSET $4`);
const nextPage = statement("pet_note.next_page", `${notesOf} AND (created_time, id) < ($4, $5) ${newestFirst}`);
