import { externalIdKey } from "../core/external-id.js";
import { phoneForms } from "../core/phone/numbering-plan.js";
import { foldCase } from "../core/text.js";
import { keyValues, type PlacedKeys } from "../core/upsert.js";
import { Prisma } from "../gen/prisma/client.js";
import { takenExternalIds } from "./external-ids.js";
import { holdOffOptOuts } from "./opt-out-batch.js";
import type { OptOutKeys } from "./opt-out-key.js";
import { lockContacts, lockEachContact } from "./refusing-duplicates-batch.js";

interface MatchQuery {
  /** Also the name of the table. */
  readonly kind: "customer" | "lead" | "package";
  readonly companyId: string;
  readonly keys: readonly PlacedKeys[];
  /** The locations of the API key. Absent means the whole company. */
  readonly businessIds: readonly string[] | undefined;
}

type Matches = ReadonlyMap<number, readonly string[]>;

interface LockingQuery extends MatchQuery {
  readonly kind: "customer" | "lead";
  /** Whether other creates of the company must wait, because they look for duplicates. */
  readonly refusesDuplicates: boolean;
  readonly optOutKeys: OptOutKeys;
}

/** Locks the contacts of the keys and the list of opt-outs, and then the records that match each item of a batch of upserts. */
export async function lockContactMatches(tx: Prisma.TransactionClient, query: LockingQuery): Promise<Matches> {
  const { companyId, keys, refusesDuplicates, optOutKeys } = query;
  if (refusesDuplicates) await lockContacts(tx, companyId);
  else await lockEachContact(tx, companyId, [...new Set(keys.flatMap(keyValues))]);
  await holdOffOptOuts(tx, optOutKeys, companyId);
  return lockMatches(tx, query);
}

/**
 * Ids of the records that match each item of a batch of upserts, by position. They are locked, and looked for again until
 * no others match: a change can have given a key to another record, or taken it, while this waited.
 */
export async function lockMatches(tx: Prisma.TransactionClient, query: MatchQuery): Promise<Matches> {
  const { kind, companyId } = query;
  const locked = new Set<string>();
  for (;;) {
    const matches = await findMatches(tx, query);
    const ids = [...new Set([...matches.values()].flat())].filter((id) => !locked.has(id));
    if (ids.length === 0) return matches;
    await tx.$queryRaw`SELECT c.id FROM ${Prisma.raw(kind)} c WHERE c.company_id = ${companyId} AND c.id = ANY(${ids}::text[])
      ORDER BY c.id FOR NO KEY UPDATE`;
    for (const id of ids) locked.add(id);
  }
}

async function findMatches(tx: Prisma.TransactionClient, query: MatchQuery): Promise<Matches> {
  const { kind, companyId, keys } = query;
  const matches = new Map<number, Set<string>>();
  const add = (position: number, id: string) => matches.set(position, (matches.get(position) ?? new Set()).add(id));
  const ids = new Set(await recordsWithIds(tx, query));
  const external = keys.flatMap(({ externalId }) => externalId ?? []);
  const owners = await takenExternalIds(tx, { kind, companyId }, external);
  for (const { position, id, externalId } of keys) {
    if (id !== undefined && ids.has(id)) add(position, id);
    const owner = externalId && owners.get(externalIdKey(externalId));
    if (owner !== undefined) add(position, owner);
  }
  for (const { position, id } of await matchesByContact(tx, query)) add(position, id);
  return new Map([...matches].map(([position, found]) => [position, [...found]]));
}

async function recordsWithIds(
  tx: Prisma.TransactionClient,
  { kind, companyId, keys }: MatchQuery,
): Promise<readonly string[]> {
  const ids = keys.flatMap(({ id }) => id ?? []);
  if (ids.length === 0) return [];
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT c.id FROM ${Prisma.raw(kind)} c WHERE c.company_id = ${companyId} AND c.id = ANY(${ids}::text[])`;
  return rows.map(({ id }) => id);
}

/** A record with another id in the system of the key is another person. Packages have no contacts. */
async function matchesByContact(
  tx: Prisma.TransactionClient,
  { kind, companyId, keys, businessIds }: MatchQuery,
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
      LATERAL upsert_matches(${companyId}, k.numbers, k.email_key, ${kind === "lead"},
        ${businessIds ? [...businessIds] : null}::text[], k.system, k.external_id) AS m`;
}
