import { externalIdKey } from "../../core/external-id.js";
import { phoneForms } from "../../core/phone/numbering-plan.js";
import { foldCase } from "../../core/text.js";
import { takenExternalIds } from "../../db/external-ids.js";
import { Prisma } from "../../gen/prisma/client.js";
import { type CustomerRow, customerChildren, customerColumns } from "./customer.columns.js";
import type { PlacedKeys } from "./customer-upsert.model.js";

interface MatchQuery {
  readonly companyId: string;
  readonly keys: readonly PlacedKeys[];
  /** The locations of the API key. Absent means the whole company. */
  readonly businessIds: readonly string[] | undefined;
}

/** A customer with the size of all its notes. */
export interface UpsertedRow extends CustomerRow {
  readonly note_count: number;
  readonly note_bytes: number;
}

/**
 * Ids of the customers that match each item, by position. They are locked, and looked for again until no others match: a
 * change can have given a key to another customer, or taken it, while this waited.
 */
export async function lockMatches(
  tx: Prisma.TransactionClient,
  query: MatchQuery,
): Promise<ReadonlyMap<number, readonly string[]>> {
  const locked = new Set<string>();
  for (;;) {
    const matches = await findMatches(tx, query);
    const ids = [...new Set([...matches.values()].flat())].filter((id) => !locked.has(id));
    if (ids.length === 0) return matches;
    await tx.$queryRaw`SELECT c.id FROM customer c WHERE c.company_id = ${query.companyId} AND c.id = ANY(${ids}::text[])
      ORDER BY c.id FOR NO KEY UPDATE`;
    for (const id of ids) locked.add(id);
  }
}

async function findMatches(
  tx: Prisma.TransactionClient,
  query: MatchQuery,
): Promise<ReadonlyMap<number, readonly string[]>> {
  const { companyId, keys } = query;
  const matches = new Map<number, Set<string>>();
  const add = (position: number, id: string) => matches.set(position, (matches.get(position) ?? new Set()).add(id));
  const ids = new Set(await customersWithIds(tx, companyId, keys));
  const owners = await takenExternalIds(
    tx,
    companyId,
    keys.flatMap(({ externalId }) => externalId ?? []),
  );
  for (const { position, id, externalId } of keys) {
    if (id !== undefined && ids.has(id)) add(position, id);
    const owner = externalId && owners.get(externalIdKey(externalId));
    if (owner !== undefined) add(position, owner);
  }
  for (const { position, id } of await matchesByContact(tx, query)) add(position, id);
  return new Map([...matches].map(([position, found]) => [position, [...found]]));
}

async function customersWithIds(
  tx: Prisma.TransactionClient,
  companyId: string,
  keys: readonly PlacedKeys[],
): Promise<readonly string[]> {
  const ids = keys.flatMap(({ id }) => id ?? []);
  if (ids.length === 0) return [];
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT c.id FROM customer c WHERE c.company_id = ${companyId} AND c.id = ANY(${ids}::text[])`;
  return rows.map(({ id }) => id);
}

/** A customer with another id in the system of the key is another person. */
async function matchesByContact(
  tx: Prisma.TransactionClient,
  { companyId, keys, businessIds }: MatchQuery,
): Promise<readonly { readonly position: number; readonly id: string }[]> {
  const asked = keys.flatMap(({ position, phone, email = "", externalId }) => {
    if (phone === undefined && email === "") return [];
    const contacts = { numbers: phone === undefined ? [] : phoneForms(phone), email_key: foldCase(email) };
    return [{ position, ...contacts, system: externalId?.system, external_id: externalId?.id }];
  });
  if (asked.length === 0) return [];
  return tx.$queryRaw<{ position: number; id: string }[]>`
    SELECT k.position, m.id
    FROM jsonb_to_recordset(${JSON.stringify(asked)}::jsonb)
        AS k (position integer, numbers text[], email_key text, system text, external_id text),
      LATERAL refusing_matches(${companyId}, k.numbers, k.email_key, true, false,
        ${businessIds ? [...businessIds] : null}::text[]) AS m
    WHERE NOT EXISTS (SELECT 1 FROM customer_external_id x WHERE x.company_id = ${companyId} AND x.customer_id = m.id
      AND x.system = k.system AND x.external_id <> k.external_id)`;
}

/** Customers with their children. */
export async function readUpserted(
  tx: Prisma.TransactionClient,
  companyId: string,
  ids: readonly string[],
): Promise<readonly UpsertedRow[]> {
  if (ids.length === 0) return [];
  return tx.$queryRaw<UpsertedRow[]>`
    SELECT ${Prisma.raw(customerColumns)}, ${Prisma.raw(customerChildren)}, stored.note_count, stored.note_bytes
    FROM customer c, LATERAL (
      SELECT count(*)::float8 AS note_count, coalesce(sum(octet_length(n.note)), 0)::float8 AS note_bytes
      FROM customer_note n WHERE n.company_id = c.company_id AND n.customer_id = c.id) stored
    WHERE c.company_id = ${companyId} AND c.id = ANY(${[...ids]}::text[])`;
}

/** Ids of the customers that others were merged into, by the former id. */
export async function survivorIds(
  tx: Prisma.TransactionClient,
  companyId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const where = { companyId, fromId: { in: [...ids] }, undoneTime: null };
  const merges = await tx.customerMerge.findMany({ where, select: { fromId: true, survivorId: true } });
  return new Map(merges.map(({ fromId, survivorId }) => [fromId, survivorId]));
}
