import { type Channel, consentChannels } from "../core/consent.js";
import { type ContactLine, linesOf, type Reachable } from "../core/contact-line.js";
import { Prisma } from "../gen/prisma/client.js";
import { contactHashes, type HashKey } from "./contact-hash.js";
import type { OptOutKeys } from "./opt-out-key.js";

/** A hash of a line, with the position of the line. */
interface Hashed {
  readonly contact: string;
  readonly line: number;
}

/** All hashes of lines. In one order, so that locks of several contacts are always taken in the same one. */
export function hashesOf(key: HashKey, lines: readonly ContactLine[]): readonly Hashed[] {
  return lines
    .flatMap((line, position) => contactHashes(key, line).map((contact) => ({ contact, line: position })))
    .sort((a, b) => (a.contact < b.contact ? -1 : 1));
}

export function toChannels(numbers: readonly number[]): readonly Channel[] {
  return numbers.flatMap((number) => consentChannels.wordOf(number) ?? []);
}

/**
 * The channels from which a line of a record is opted out, in the transaction that stores it. Lines that the record did
 * not have wait for their opt-outs. Lines that it had need not: their opt-outs wait for the lock of the record.
 */
export async function optedOutChannels(
  tx: Prisma.TransactionClient,
  keys: OptOutKeys,
  { companyId, before, after }: RecordLines,
): Promise<readonly Channel[]> {
  const lines = linesOf(after);
  if (lines.length === 0) return [];
  const had = new Set(before ? linesOf(before).map(named) : []);
  for (;;) {
    const key = await keys.find(tx, companyId);
    const hashes = key && hashesOf(key, lines);
    const added = hashes?.filter(({ line }) => !lines[line] || !had.has(named(lines[line])));
    const [row] = await tx.$queryRaw<{ channels: number[] | null }[]>`
      SELECT opted_out_channels(${companyId}, ${contactsOf(hashes)}, ${linesAt(hashes)}, ${contactsOf(added)}) AS channels`;
    if (row?.channels) return toChannels(row.channels);
  }
}

interface RecordLines {
  readonly companyId: string;
  /** Absent for a new record. */
  readonly before?: Reachable;
  readonly after: Reachable;
}

function contactsOf(hashes: readonly Hashed[] | undefined): Prisma.Sql {
  return Prisma.sql`${hashes?.map(({ contact }) => contact) ?? null}::text[]`;
}

function linesAt(hashes: readonly Hashed[] | undefined): Prisma.Sql {
  return Prisma.sql`${hashes?.map(({ line }) => line) ?? null}::integer[]`;
}

interface AssumedLines extends RecordLines {
  readonly assumed: readonly Channel[];
}

/** The parameters of the statement of a change. Only the contacts of added lines wait for opt-outs, as above. */
export function changeOptOutParameters(keys: OptOutKeys, { companyId, before, after, assumed }: AssumedLines) {
  const parameters = optOutParameters(keys, { companyId, ...after }, assumed);
  const had = new Set(before ? linesOf(before).map(named) : []);
  const isAdded = linesOf(after).map((line) => !had.has(named(line)));
  const { optOutContacts: contacts, optOutLines: lines } = parameters;
  return { ...parameters, addedContacts: contacts?.filter((_, position) => isAdded[lines?.[position] ?? 0]) ?? null };
}

/** Of a guarded write: `met` has a row if the opt-outs are the assumed ones. See `meetOptOutsSql`. */
export const meetChangedOptOutsSql = `opt_outs AS MATERIALIZED (
  SELECT CASE WHEN :asksOptOuts::boolean THEN
    opted_out_channels(:companyId, :optOutContacts::text[], :optOutLines::integer[], :addedContacts::text[])
    ELSE :assumedOptOuts::smallint[] END AS channels FROM admitted),
met AS MATERIALIZED (SELECT 1 FROM opt_outs WHERE channels = :assumedOptOuts::smallint[])`;

function named({ kind, value }: ContactLine): string {
  return `${kind}${value}`;
}

/** The parameters of a create statement that `meetOptOutsSql` needs. */
export function optOutParameters(
  keys: OptOutKeys,
  { companyId, ...record }: Reachable & { readonly companyId: string },
  assumed: readonly Channel[],
) {
  const lines = linesOf(record);
  const key = keys.known(companyId);
  const hashes = lines.length === 0 ? [] : key && hashesOf(key, lines);
  return {
    optOutContacts: hashes?.map(({ contact }) => contact) ?? null,
    optOutLines: hashes?.map(({ line }) => line) ?? null,
    assumedOptOuts: assumed.map(consentChannels.numberOf),
  };
}

export type OptOutParameters = ReturnType<typeof optOutParameters>;

/**
 * Of a create statement: `opt_outs` has the channels from which the new record is opted out, or NULL if the key of the
 * hashes must be loaded first. `valid` has a row if these are the assumed channels, which the record does not permit.
 * `accepted` must have a row if the rest of the request is valid.
 */
export const meetOptOutsSql = `opt_outs AS MATERIALIZED (
  SELECT opted_out_channels(:companyId, :optOutContacts::text[], :optOutLines::integer[], :optOutContacts::text[]) AS channels
  FROM accepted),
valid AS MATERIALIZED (SELECT 1 FROM opt_outs WHERE channels = :assumedOptOuts::smallint[])`;

/** The columns of the result of a create statement. */
export const optOutColumnsSql = `(SELECT channels FROM opt_outs) AS opted_out,
  EXISTS (SELECT 1 FROM opt_outs WHERE channels IS NULL) AS lacks_hash_key`;

export interface OptOutRow {
  /** Null if nothing was stored. */
  readonly id: string | null;
  readonly opted_out: readonly number[] | null;
  readonly lacks_hash_key: boolean;
}

/** Whether a create stored nothing because of opt-outs that it did not know. */
export function hasUnknownOptOuts({ id, opted_out: found, lacks_hash_key }: OptOutRow, assumed: readonly Channel[]) {
  return id === null && (lacks_hash_key || (found !== null && toChannels(found).join() !== assumed.join()));
}

/** Runs a create, which assumes that nothing is opted out, and again with what it has found. */
export async function respectingOptOuts<Created extends { readonly row: OptOutRow }>(
  load: () => Promise<unknown>,
  create: (assumed: readonly Channel[]) => Promise<Created>,
): Promise<Created> {
  let assumed: readonly Channel[] = [];
  for (let attempt = 1; ; attempt += 1) {
    const created = await create(assumed);
    const { row } = created;
    if (attempt === maxAttempts || !hasUnknownOptOuts(row, assumed)) return created;
    if (row.lacks_hash_key) await load();
    else assumed = toChannels(row.opted_out ?? []);
  }
}

const maxAttempts = 5;

/**
 * The newest entry of each line and channel at a time decides. Selects `line` and `channel` of those that are opted out.
 *
 * @param hashes SQL of the JSON of `hashesOf`
 */
export function optedOutLinesSql(companyId: string, hashes: string, until = "'infinity'"): string {
  return `SELECT s.line, s.channel FROM (
    SELECT DISTINCT ON (h.line, c.channel) h.line, c.channel, o.opted_out
    FROM jsonb_to_recordset(${hashes}::jsonb) AS h (contact text, line int)
    JOIN opt_out o ON o.company_id = ${companyId} AND o.contact = h.contact AND o.occurred_time <= ${until}::timestamptz
    CROSS JOIN LATERAL unnest(o.channels) AS c (channel)
    ORDER BY h.line, c.channel, o.occurred_time DESC, o.id DESC) s WHERE s.opted_out`;
}
