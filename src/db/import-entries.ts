import type { ImportEntries } from "../core/import-entry.js";
import type { Prisma } from "../gen/prisma/client.js";

interface StoredEntries extends ImportEntries {
  readonly companyId: string;
  readonly kind: "customer" | "lead" | "pet" | "package";
  /** The ids of the new records, by the positions of their items. */
  readonly made: ReadonlyMap<number, string>;
}

/**
 * Stores the entries of an import for new records, in the transaction that stores the records: a run that is killed leaves
 * both or none. A run of a former version can have left an entry that its record was planned, perhaps of another reading
 * of the row.
 */
export async function insertImportEntries(
  tx: Prisma.TransactionClient,
  { companyId, jobId, kind, entries, made }: StoredEntries,
): Promise<void> {
  const stored = [...made].flatMap(([position, recordId]) => {
    const entry = entries[position];
    return entry ? [{ ...entry, recordId }] : [];
  });
  if (stored.length === 0) return;
  const [keys, recordIds] = [stored.map(({ key }) => key), stored.map(({ recordId }) => recordId)];
  const [hashes, rows] = [stored.map(({ contentHash }) => contentHash), stored.map(({ row }) => row)];
  await tx.$executeRaw`
    INSERT INTO import_record (company_id, job_id, kind, key, record_id, content_hash, row_number, state, recorded_time)
    SELECT ${companyId}, ${jobId}, ${kind}, e.key, e.record_id, e.content_hash, e.row_number, 'CREATED', clock_timestamp()
    FROM unnest(${keys}::text[], ${recordIds}::text[], ${hashes}::text[], ${rows}::int[])
      AS e (key, record_id, content_hash, row_number)
    ON CONFLICT ON CONSTRAINT import_record_pkey DO UPDATE SET record_id = EXCLUDED.record_id,
      content_hash = EXCLUDED.content_hash, row_number = EXCLUDED.row_number, state = EXCLUDED.state,
      recorded_time = EXCLUDED.recorded_time`;
}
