import type { AccessFilter } from "../../core/access.js";
import { externalIdKey } from "../../core/external-id.js";
import type { PlacedKeys } from "../../core/upsert.js";
import { takenExternalIds } from "../../db/external-ids.js";
import { Prisma } from "../../gen/prisma/client.js";
import { type PetJson, petJson } from "./pet.columns.js";
import { type BatchOwner, keyOfOwner, type OwnersOfBatch } from "./pet-batch.model.js";
import { lockOwners } from "./pet-batch-owners.repository.js";
import type { PetOwner } from "./pet-import.model.js";
import { ownerIsSeen } from "./pet-replay.repository.js";
import type { PlacedPet } from "./pet-upsert.model.js";

interface MatchQuery {
  readonly companyId: string;
  readonly accessFilter: AccessFilter;
  readonly keys: readonly PlacedPet[];
  /** Gets the location of each owner. */
  readonly locations: Map<string, string | undefined>;
}

interface LockedMatches {
  /** Ids of the pets that match each item, by position. */
  readonly matches: ReadonlyMap<number, readonly string[]>;
  readonly owners: OwnersOfBatch;
}

/**
 * Finds the pets that match each item, and locks their owners and those of the others. They are looked for again until no
 * other owner has them: a pet can have moved while this waited.
 */
export async function lockMatches(tx: Prisma.TransactionClient, query: MatchQuery): Promise<LockedMatches> {
  const { companyId, accessFilter, keys, locations } = query;
  const [found, merged] = [new Map<string, BatchOwner>(), new Map<string, string>()];
  const locked = new Set<string>();
  for (;;) {
    const { matches, owners } = await findMatches(tx, companyId, keys);
    const ofNew = keys.flatMap(({ position, owner }) => (matches.has(position) ? [] : [owner]));
    const all = new Map([...owners, ...ofNew].map((owner) => [keyOfOwner(owner), owner]));
    const open = [...all].filter(([key]) => !locked.has(key));
    if (open.length === 0) return { matches, owners: { found, merged } };
    const more = await lockOwners(tx, { companyId, accessFilter, owners: open.map(([, owner]) => owner), locations });
    for (const [key, owner] of more.found) found.set(key, owner);
    for (const [id, survivor] of more.merged) merged.set(id, survivor);
    for (const [key] of open) locked.add(key);
  }
}

interface OwnedRow {
  readonly id: string;
  readonly customer_id: string | null;
  readonly lead_id: string | null;
}

async function findMatches(tx: Prisma.TransactionClient, companyId: string, keys: readonly PlacedKeys[]) {
  const external = keys.flatMap(({ externalId }) => externalId ?? []);
  const holders = await takenExternalIds(tx, { kind: "pet", companyId }, external);
  const ids = [...new Set([...keys.flatMap(({ id }) => id ?? []), ...holders.values()])];
  const rows = ids.length === 0 ? [] : await readOwned(tx, companyId, ids);
  const known = new Set(rows.map(({ id }) => id));
  const matches = new Map<number, readonly string[]>();
  for (const { position, id, externalId } of keys) {
    const match = id ?? (externalId && holders.get(externalIdKey(externalId)));
    if (match !== undefined && known.has(match)) matches.set(position, [match]);
  }
  return { matches, owners: rows.map(ownerOf) };
}

function readOwned(tx: Prisma.TransactionClient, companyId: string, ids: readonly string[]): Promise<OwnedRow[]> {
  return tx.$queryRaw`
    SELECT p.id, p.customer_id, p.lead_id FROM pet p WHERE p.company_id = ${companyId} AND p.id = ANY(${[...ids]}::text[])`;
}

/** A pet belongs to either a customer or a lead. */
function ownerOf({ customer_id, lead_id }: Pick<OwnedRow, "customer_id" | "lead_id">): PetOwner {
  return customer_id === null ? { kind: "lead", id: lead_id ?? "" } : { kind: "customer", id: customer_id };
}

/** A pet that an upsert found. */
export interface UpsertedPetRow {
  readonly pet: PetJson;
  readonly is_seen: boolean;
  /** Of all its notes. */
  readonly note_bytes: number;
}

/** Pets with their children, archived ones among them. */
export async function readUpserted(
  tx: Prisma.TransactionClient,
  accessFilter: AccessFilter,
  { companyId, ids }: { readonly companyId: string; readonly ids: readonly string[] },
): Promise<readonly UpsertedPetRow[]> {
  if (ids.length === 0) return [];
  return tx.$queryRaw<UpsertedPetRow[]>`
    SELECT coalesce(stored.bytes, 0)::float8 AS note_bytes, ${ownerIsSeen(accessFilter)} AS is_seen,
      ${Prisma.raw(petJson)} AS pet
    FROM pet p, LATERAL (SELECT sum(octet_length(n.content)) AS bytes FROM pet_note n
      WHERE n.company_id = p.company_id AND n.pet_id = p.id) stored
    WHERE p.company_id = ${companyId} AND p.id = ANY(${[...ids]}::text[])`;
}

export function ownerOfRow({ pet }: UpsertedPetRow): PetOwner {
  return ownerOf(pet);
}
