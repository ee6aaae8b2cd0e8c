import type { DuplicateView, RefusingDuplicate } from "../core/possible-duplicate.js";
import { foldCase } from "../core/text.js";
import type { Prisma } from "../gen/prisma/client.js";
import { type Contacts, numbersOf } from "./possible-duplicates.js";
import { type RefusingRow, toRefusing } from "./refusing-duplicates.js";

interface Search {
  readonly companyId: string;
  readonly records: readonly Contacts[];
  readonly view: DuplicateView;
}

/**
 * The records because of which each of several new ones is refused. Until the transaction ends, nothing else of the
 * company looks for duplicates.
 */
export async function refusingEach(
  tx: Prisma.TransactionClient,
  { companyId, records, view: { customers, leads, businessIds } }: Search,
): Promise<readonly (readonly RefusingDuplicate[])[]> {
  await lockContacts(tx, companyId);
  const asked = records.map((record, position) => ({
    ...{ position, numbers: numbersOf(record), email_key: foldCase(record.email) },
  }));
  const rows = await tx.$queryRaw<(RefusingRow & { readonly position: number })[]>`
    SELECT x.position, m.kind, m.id, m.by_phone, m.by_email
    FROM jsonb_to_recordset(${JSON.stringify(asked)}::jsonb) AS x (position integer, numbers text[], email_key text),
      LATERAL refusing_matches(${companyId}, x.numbers, x.email_key, ${customers}, ${leads},
        ${businessIds ? [...businessIds] : null}::text[]) AS m`;
  const found = records.map((): RefusingRow[] => []);
  for (const { position, ...row } of rows) found[position]?.push(row);
  return found.map(toRefusing);
}

/** A transaction with more contacts takes one lock instead of one for each. */
const maxContactLocks = 32;

/**
 * Makes others that look for one of these contacts wait until the transaction ends: creates that look for duplicates,
 * batches and upserts. The order of the locks prevents deadlocks.
 */
export async function lockEachContact(
  tx: Prisma.TransactionClient,
  companyId: string,
  contacts: readonly string[],
): Promise<void> {
  if (contacts.length > maxContactLocks) return lockContacts(tx, companyId);
  await tx.$executeRaw`SELECT pg_advisory_xact_lock_shared(hashtext('new contacts'), hashtext(${companyId}))`;
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('new contact'), l.number) FROM (
    SELECT DISTINCT hashtext(${companyId}::text || '/' || c.contact) AS number FROM unnest(${[...contacts]}::text[]) AS c (contact)
    ORDER BY 1) l`;
}

/** Makes creates that look for duplicates, and other batches, wait until the transaction ends. */
export async function lockContacts(tx: Prisma.TransactionClient, companyId: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('new contacts'), hashtext(${companyId}))`;
}
