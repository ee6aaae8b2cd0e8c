import { notFoundError } from "../../core/errors.js";
import type { LimitedDatabase } from "../../db/company-records.js";
import { externalIdsJson, hasExternalIdSql } from "../../db/external-ids.js";
import { notePages } from "../../db/note-pages.js";
import { type Bind, readTimeList, type TimeList } from "../../db/record-list.js";
import { listedPetJson, type PetJson, petJson, toPet } from "./pet.columns.js";
import {
  maxPetsOfCustomer,
  type Pet,
  type PetFilter,
  type PetRepository,
  type PetStatus,
  petStatuses,
} from "./pet.model.js";
import { changePet, createPet } from "./pet-change.repository.js";
import { ownedReads, readOwner, readOwners } from "./pet-owner.repository.js";

/** Pets of customers and leads, with hand-written SQL for reads and Prisma for changes. */
export function createPetRepository(limited: LimitedDatabase): PetRepository {
  const { database } = limited;
  return {
    create: (owner, write, work) => createPet(limited, owner, write, work),
    change: (target, write, work) => changePet(limited, target, write, work),

    async get({ owner: target, id }, signal) {
      const { pet } = await readOwner<GetRow>(database, { reads: getReads, target, values: [id] }, signal);
      if (!pet) throw notFoundError("Pet", id);
      return toPet(pet);
    },

    async listOfOwner({ owner: target, statuses, showArchived }, { size, offset, after }, signal) {
      const most = showArchived ? maxListedPets : maxPetsOfCustomer;
      const page = [Math.min(size, most) + 1, offset, after?.time ?? null, after?.id ?? null];
      const values = [...page, statuses ? numbersOf(statuses) : null, showArchived];
      const { pets } = await readOwner<ListRow>(database, { reads: listReads, target, values }, signal);
      return (pets ?? []).map(toPet);
    },

    async list(query, signal) {
      const conditions = (bind: Bind) => conditionsOf(query.filter, bind);
      const read = { list, query, conditions, limits: query.filter };
      return readTimeList<{ pet: PetJson }, Pet>(database, read, (row) => toPet(row.pet), signal);
    },

    async listNotes({ owner: target, id }, page, signal) {
      const owner = await readOwner<LocatedRow>(database, { reads: locateReads, target, values: [id] }, signal);
      if (!owner.has_pet) throw notFoundError("Pet", id);
      const notes = await readNotes(database, { companyId: owner.company_id, id }, page, signal);
      return notes.map(({ text: content, ...stamp }) => ({ content, ...stamp }));
    },

    async companiesOf(target, signal) {
      const rows = await readOwners(database, { reads: companyReads, target }, signal);
      return rows.map((row) => row.company_id);
    },
  };
}

interface GetRow {
  readonly company_id: string;
  /** Null if the owner does not have it. */
  readonly pet: PetJson | null;
}

/** `$4` is the pet. */
const getReads = ownedReads(
  "pet.get",
  (owner, column) => `, (SELECT ${petJson} FROM pet p
    WHERE p.company_id = ${owner}.company_id AND p.${column} = ${owner}.id AND p.id = $4) AS pet`,
);

interface ListRow {
  readonly company_id: string;
  readonly pets: readonly PetJson[] | null;
}

/** Archived pets do not count towards the limit of a customer. */
const maxListedPets = 10_000;

/**
 * `$4` is the number of pets, `$5` the offset, `$6` and `$7` the last pet of the previous page, `$8` the statuses, `$9`
 * whether archived pets are listed.
 */
const listReads = ownedReads(
  "pet.list_of_customer",
  (owner, column) => `, (SELECT jsonb_agg(${listedPetJson} ORDER BY p.created_time DESC, p.id DESC) FROM (
      SELECT * FROM pet WHERE company_id = ${owner}.company_id AND ${column} = ${owner}.id
        AND ($9::boolean OR archived_time IS NULL)
        AND ($7::text IS NULL OR (created_time, id) < ($6::timestamptz, $7))
        AND ($8::smallint[] IS NULL OR status = ANY($8))
      ORDER BY created_time DESC, id DESC LIMIT $4 OFFSET $5) p) AS pets`,
);

const companyReads = ownedReads("pet.companies_of_customer", () => "");

const list: TimeList = {
  name: "pet.list",
  table: "pet",
  alias: "p",
  select: `${listedPetJson} AS pet`,
  always: "p.customer_id IS NOT NULL",
  current: "p.archived_time IS NULL",
};

function numbersOf(statuses: readonly PetStatus[]): readonly number[] {
  return statuses.map(petStatuses.numberOf);
}

function conditionsOf(
  { customerIds, businessIds, statuses, lastUpdated, externalIds }: PetFilter,
  bind: Bind,
): string[] {
  const alive = lastUpdated ? [] : [`p.status <> ${petStatuses.numberOf("PASSED_AWAY")}`];
  return [
    ...(statuses ? [`p.status = ANY(${bind(numbersOf(statuses))}::smallint[])`] : alive),
    ...(externalIds ? [hasExternalIdSql("pet", "p", bind(externalIdsJson(externalIds)))] : []),
    ...(customerIds ? [`p.customer_id = ANY(${bind(customerIds)}::text[])`] : []),
    ...(businessIds
      ? [
          `EXISTS (SELECT 1 FROM customer c WHERE c.company_id = $1 AND c.id = p.customer_id
            AND c.preferred_business_id = ANY(${bind(businessIds)}::text[]))`,
        ]
      : []),
  ];
}

interface LocatedRow {
  readonly company_id: string;
  readonly has_pet: boolean;
}

/** `$4` is the pet. */
const locateReads = ownedReads(
  "pet.locate",
  (owner, column) => `, EXISTS (
    SELECT 1 FROM pet p WHERE p.company_id = ${owner}.company_id AND p.${column} = ${owner}.id AND p.id = $4) AS has_pet`,
);

const readNotes = notePages({ name: "pet_note", table: "pet_note", owner: "pet_id", text: "content" });
