import type { AccessFilter } from "../../core/access.js";
import { recordBytes } from "../../core/record-size.js";
import { grantPredicate, singleCompanyAccessPredicate, toPrismaPredicate } from "../../db/access-filter.js";
import { survivorsOf } from "../../db/merge-survivors.js";
import { Prisma } from "../../gen/prisma/client.js";
import { readLeads } from "../leads/lead-change.repository.js";
import { type BatchOwner, keyOfOwner, type OwnersOfBatch } from "./pet-batch.model.js";
import type { PetOwner } from "./pet-import.model.js";

interface OwnersQuery {
  readonly companyId: string;
  readonly accessFilter: AccessFilter;
  readonly owners: readonly PetOwner[];
  /** Gets the location of each owner. */
  readonly locations: Map<string, string | undefined>;
}

type Ids = readonly string[];

interface LockedRow {
  readonly id: string;
  readonly business_id: string | null;
}

/**
 * Locks customers and leads NO KEY UPDATE, as pet-owner.repository.ts does for one of them, so that the numbers of their
 * pets are exact. The counts are read afterwards: by then other writes of pets of these owners have committed.
 */
export async function lockOwners(tx: Prisma.TransactionClient, query: OwnersQuery): Promise<OwnersOfBatch> {
  const { companyId, owners, locations } = query;
  const idsOf = (kind: PetOwner["kind"]): Ids => [
    ...new Set(owners.filter((owner) => owner.kind === kind).map(({ id }) => id)),
  ];
  const [customerIds, leadIds] = [idsOf("customer"), idsOf("lead")];
  const customers = customerIds.length === 0 ? [] : await lockCustomers(tx, query, customerIds);
  const leads = leadIds.length === 0 ? [] : await lockLeads(tx, query, leadIds);
  const found = new Map<string, BatchOwner>();
  for (const [kind, rows] of [["customer", customers] as const, ["lead", leads] as const]) {
    const counts = rows.length === 0 ? new Map<string, number>() : await petsOf(tx, { companyId, kind, rows });
    const bytes = kind === "lead" ? await leadBytes(tx, companyId, rows) : new Map<string, number>();
    for (const { id, business_id: businessId } of rows) {
      const size = bytes.get(id);
      const owner = { kind, id, pets: counts.get(id) ?? 0, ...(size === undefined ? {} : { bytes: size }) };
      found.set(keyOfOwner(owner), owner);
      locations.set(keyOfOwner(owner), businessId ?? undefined);
    }
  }
  const missing = customerIds.filter((id) => !found.has(keyOfOwner({ kind: "customer", id })));
  return { found, merged: missing.length === 0 ? new Map() : await survivorsOf(tx, query, missing) };
}

function lockCustomers(tx: Prisma.TransactionClient, { accessFilter }: OwnersQuery, ids: Ids): Promise<LockedRow[]> {
  const isVisible = toPrismaPredicate(singleCompanyAccessPredicate("c"), accessFilter);
  return tx.$queryRaw`
    SELECT c.id, c.preferred_business_id AS business_id FROM customer c
    WHERE ${isVisible} AND c.id = ANY(${[...ids]}::text[]) AND c.archived_time IS NULL
    ORDER BY c.id FOR NO KEY UPDATE`;
}

/** A lead that is promoted while the statement waits for its lock has no row any more. */
function lockLeads(
  tx: Prisma.TransactionClient,
  { companyId, accessFilter }: OwnersQuery,
  ids: Ids,
): Promise<LockedRow[]> {
  const isVisible = toPrismaPredicate(grantPredicate("l"), accessFilter);
  return tx.$queryRaw`
    SELECT l.id, l.preferred_business_id AS business_id FROM lead l
    WHERE l.company_id = ${companyId} AND l.id = ANY(${[...ids]}::text[]) AND l.archived_time IS NULL
      AND l.promoted_customer_id IS NULL AND ${isVisible}
    ORDER BY l.id FOR NO KEY UPDATE`;
}

interface LockedOwners {
  readonly companyId: string;
  readonly kind: PetOwner["kind"];
  readonly rows: readonly LockedRow[];
}

async function petsOf(
  tx: Prisma.TransactionClient,
  { companyId, kind, rows }: LockedOwners,
): Promise<ReadonlyMap<string, number>> {
  const owner = Prisma.raw(`${kind}_id`);
  const counts = await tx.$queryRaw<{ id: string; pets: number }[]>`
    SELECT ${owner} AS id, count(*)::int AS pets FROM pet
    WHERE company_id = ${companyId} AND ${owner} = ANY(${rows.map(({ id }) => id)}::text[]) AND archived_time IS NULL
    GROUP BY 1`;
  return new Map(counts.map(({ id, pets }) => [id, pets]));
}

/** So many leads are read at once with their pets, as for a list. */
const leadsPerRead = 50;

/** The sizes of leads with all their pets and notes, as lead-size.repository.ts measures one. */
async function leadBytes(
  tx: Prisma.TransactionClient,
  companyId: string,
  rows: readonly LockedRow[],
): Promise<ReadonlyMap<string, number>> {
  const bytes = new Map<string, number>();
  for (let at = 0; at < rows.length; at += leadsPerRead) {
    const ids = rows.slice(at, at + leadsPerRead).map(({ id }) => id);
    for (const lead of await readLeads(tx, { companyId, ids })) {
      const pets = lead.pets.map((pet) => ({ ...pet, notes: [] }));
      bytes.set(lead.id, recordBytes({ ...lead, pets, notes: [] }));
    }
    const notes = await tx.$queryRaw<{ id: string; bytes: number }[]>`
      SELECT n.id, sum(n.bytes)::float8 AS bytes FROM (
        SELECT p.lead_id AS id, octet_length(t.content) AS bytes FROM pet p
          JOIN pet_note t ON t.company_id = p.company_id AND t.pet_id = p.id
          WHERE p.company_id = ${companyId} AND p.lead_id = ANY(${ids}::text[])
        UNION ALL SELECT m.lead_id, octet_length(m.note) FROM lead_note m
          WHERE m.company_id = ${companyId} AND m.lead_id = ANY(${ids}::text[])) n GROUP BY n.id`;
    for (const note of notes) bytes.set(note.id, (bytes.get(note.id) ?? 0) + note.bytes);
  }
  return bytes;
}
