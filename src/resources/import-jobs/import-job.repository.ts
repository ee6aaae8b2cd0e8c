import type { Database } from "../../db/database.js";
import { type Statement, statement } from "../../db/statement.js";
import type {
  EntryChange,
  ImportEntry,
  ImportedKind,
  ImportJob,
  ImportJobRepository,
  KnownEntry,
  PackagePurchase,
} from "./import-job.model.js";
import { versions } from "./imported-records.columns.js";

interface JobRow {
  readonly company_id: string;
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly state: ImportJob["state"];
  readonly created: number;
  readonly updated: number;
  readonly skipped: number;
  readonly failed: number;
  readonly started_time: Date;
}

interface EntryRow {
  readonly job_id: string;
  readonly kind: ImportedKind;
  readonly key: string;
  readonly record_id: string;
  readonly content_hash: string;
  readonly row_number: number;
  readonly state: KnownEntry["state"];
  readonly undo_request: string | null;
}

interface PurchaseRow {
  /** From 1. */
  readonly position: number;
  readonly record_id: string;
  readonly key: string;
}

interface VersionRow {
  readonly id: string;
  readonly version: string;
  readonly owner_id: string;
}

/** Imports and their entries. */
export function createImportJobRepository(database: Database): ImportJobRepository {
  return {
    async start({ companyId, id, name, kind, fileDigest }, write) {
      await database.write(statements.start, [companyId, id, name, kind, fileDigest, write.keyId], write);
    },

    async end({ companyId, jobId }, state, { created, updated, skipped, failed }, write) {
      await database.write(statements.end, [companyId, jobId, state, created, updated, skipped, failed], write);
    },

    async unfinished({ companyId, name, kind, fileDigest }, signal) {
      const values = [companyId, name, kind, fileDigest];
      const [row] = await database.read<{ id: string }>(statements.unfinished, values, signal);
      return row?.id;
    },

    async get({ companyId, jobId }, signal) {
      const [row] = await database.read<JobRow>(statements.get, [companyId, jobId], signal);
      return row && toJob(row);
    },

    async list(companyId, signal) {
      return (await database.read<JobRow>(statements.list, [companyId], signal)).map(toJob);
    },

    async countUndone(companyId, name, signal) {
      const [row] = await database.read<{ undone: number }>(statements.countUndone, [companyId, name], signal);
      return row?.undone ?? 0;
    },

    async known(companyId, keys, signal) {
      if (keys.length === 0) return [];
      const rows = await database.read<EntryRow>(statements.known, [companyId, ...pairsOf(keys)], signal);
      return rows.map(toEntry);
    },

    async purchases(companyId, asked, signal) {
      if (asked.length === 0) return [];
      const of = <Member extends keyof PackagePurchase>(member: Member) => asked.map((one) => one[member]);
      const values = [companyId, of("customerId"), of("templateId"), of("since"), of("until")];
      const rows = await database.read<PurchaseRow>(statements.purchases, values, signal);
      return rows.map(({ position, record_id: recordId, key }) => ({ position: position - 1, recordId, key }));
    },

    async plan({ companyId, jobId }, entries, write) {
      if (entries.length === 0) return;
      await database.write(statements.plan, [companyId, jobId, ...columnsOf(entries)], write);
    },

    async planUpdates({ companyId, jobId }, updates, write) {
      const values = [...columnsOf(updates), updates.map(({ undoRequest }) => undoRequest)];
      await changeEntries(database, statements.planUpdates, [companyId, jobId, ...values], write, updates.length);
    },

    async confirm(companyId, entries, write) {
      const [jobIds, hashes] = [entries.map(({ jobId }) => jobId), entries.map(({ contentHash }) => contentHash)];
      const values = [companyId, jobIds, ...pairsOf(entries), hashes];
      await changeEntries(database, statements.confirm, values, write, entries.length);
    },

    async record({ companyId, jobId }, changes, write) {
      await changeEntries(database, statements.record, [companyId, jobId, ...statesOf(changes)], write, changes.length);
    },

    async forget({ companyId, jobId }, keys, write) {
      await changeEntries(database, statements.forget, [companyId, jobId, ...pairsOf(keys)], write, keys.length);
    },

    async toUndo({ companyId, jobId }, kind, after, signal) {
      const rows = await database.read<EntryRow>(statements.toUndo, [companyId, jobId, kind, after], signal);
      return rows.map(toEntry);
    },

    async versions(companyId, kind, recordIds, signal) {
      if (recordIds.length === 0) return [];
      const rows = await database.read<VersionRow>(versions[kind], [companyId, recordIds], signal);
      return rows.map(({ id, version, owner_id: ownerId }) => ({ id, version: BigInt(version), ownerId }));
    },
  };
}

async function changeEntries(
  database: Database,
  text: Statement,
  values: readonly unknown[],
  write: Parameters<Database["write"]>[2],
  count: number,
): Promise<void> {
  if (count > 0) await database.write(text, values, write);
}

function pairsOf(keys: readonly Pick<ImportEntry, "kind" | "key">[]): readonly (readonly string[])[] {
  return [keys.map(({ kind }) => kind), keys.map(({ key }) => key)];
}

function statesOf(changes: readonly EntryChange[]): readonly (readonly string[])[] {
  return [...pairsOf(changes), changes.map(({ state }) => state)];
}

function columnsOf(entries: readonly ImportEntry[]): readonly (readonly unknown[])[] {
  return [
    ...pairsOf(entries),
    entries.map(({ recordId }) => recordId),
    entries.map(({ contentHash }) => contentHash),
    entries.map(({ row }) => row),
  ];
}

const jobColumns = "company_id, id, name, kind, state, created, updated, skipped, failed, started_time";
const entryColumns = `job_id, kind, key, record_id, content_hash, row_number, state, undo_request::text AS undo_request`;

const statements = {
  start: statement(
    "import_jobs.start",
    `INSERT INTO import_job (company_id, id, name, kind, file_digest, state, author, started_time)
VALUES ($1, $2, $3, $4, $5, 'RUNNING', $6, clock_timestamp())`,
  ),
  end: statement(
    "import_jobs.end",
    `UPDATE import_job SET state = $3, created = $4, updated = $5, skipped = $6, failed = $7, ended_time = clock_timestamp()
WHERE company_id = $1 AND id = $2`,
  ),
  unfinished: statement(
    "import_jobs.unfinished",
    `SELECT id FROM import_job WHERE company_id = $1 AND name = $2 AND kind = $3 AND file_digest = $4 AND state = 'RUNNING'
ORDER BY started_time DESC, id DESC LIMIT 1`,
  ),
  get: statement("import_jobs.get", `SELECT ${jobColumns} FROM import_job WHERE company_id = $1 AND id = $2`),
  list: statement(
    "import_jobs.list",
    `SELECT ${jobColumns} FROM import_job WHERE company_id = $1 ORDER BY started_time DESC, id DESC LIMIT 100`,
  ),
  countUndone: statement(
    "import_jobs.count_undone",
    "SELECT count(*)::int AS undone FROM import_job WHERE company_id = $1 AND name = $2 AND state = 'UNDONE'",
  ),
  known: statement(
    "import_records.known",
    // Each key is asked for alone: a join is planned by statistics, which the table of a first import does not have.
    `SELECT r.* FROM unnest($2::text[], $3::text[]) AS asked (k, v) CROSS JOIN LATERAL (
  SELECT ${entryColumns} FROM import_record
  WHERE company_id = $1 AND kind = asked.k AND key = asked.v
    AND (state IN ('PLANNED', 'CREATED', 'UPDATING', 'UPDATED') OR state = 'LEFT' AND kind = 'package' AND EXISTS (
      SELECT 1 FROM package k WHERE k.company_id = $1 AND k.id = record_id AND k.deleted_time IS NULL))
  ORDER BY recorded_time DESC LIMIT 1) r`,
  ),
  purchases: statement(
    "import_records.purchases",
    `SELECT asked.position::int AS position, k.id AS record_id, r.key
FROM unnest($2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[]) WITH ORDINALITY
  AS asked (customer_id, template_id, since, until, position)
CROSS JOIN LATERAL (
  SELECT id FROM package WHERE company_id = $1 AND customer_id = asked.customer_id AND template_id = asked.template_id
    AND purchase_time >= asked.since AND purchase_time < asked.until AND deleted_time IS NULL
  ORDER BY purchase_time DESC, id DESC LIMIT 50) k
CROSS JOIN LATERAL (
  SELECT key FROM import_record WHERE company_id = $1 AND kind = 'package' AND record_id = k.id
    AND state IN ('CREATED', 'LEFT') ORDER BY recorded_time DESC LIMIT 1) r
ORDER BY asked.position, k.id`,
  ),
  plan: statement(
    "import_records.plan",
    `INSERT INTO import_record (company_id, job_id, kind, key, record_id, content_hash, row_number, state, recorded_time)
SELECT $1, $2, p.kind, p.key, p.record_id, p.content_hash, p.row_number, 'PLANNED', clock_timestamp()
FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::int[])
  AS p (kind, key, record_id, content_hash, row_number)
ON CONFLICT DO NOTHING`,
  ),
  planUpdates: statement(
    "import_records.plan_updates",
    `INSERT INTO import_record (company_id, job_id, kind, key, record_id, content_hash, row_number, state, recorded_time,
  undo_request)
SELECT $1, $2, p.kind, p.key, p.record_id, p.content_hash, p.row_number, 'UPDATING', clock_timestamp(), p.undo_request
FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::jsonb[])
  AS p (kind, key, record_id, content_hash, row_number, undo_request)
ON CONFLICT DO NOTHING`,
  ),
  confirm: statement(
    "import_records.confirm",
    `UPDATE import_record r SET content_hash = c.content_hash,
  state = CASE r.state WHEN 'UPDATING' THEN 'UPDATED' ELSE r.state END
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS c (job_id, kind, key, content_hash)
WHERE r.company_id = $1 AND r.job_id = c.job_id AND r.kind = c.kind AND r.key = c.key`,
  ),
  record: statement(
    "import_records.record",
    `UPDATE import_record r SET state = c.state,
  undo_request = CASE WHEN c.state IN ('UNDONE', 'LEFT') THEN NULL ELSE r.undo_request END
FROM unnest($3::text[], $4::text[], $5::text[]) AS c (kind, key, state)
WHERE r.company_id = $1 AND r.job_id = $2 AND r.kind = c.kind AND r.key = c.key`,
  ),
  forget: statement(
    "import_records.forget",
    `DELETE FROM import_record r USING unnest($3::text[], $4::text[]) AS c (kind, key)
WHERE r.company_id = $1 AND r.job_id = $2 AND r.kind = c.kind AND r.key = c.key AND r.state = 'PLANNED'`,
  ),
  toUndo: statement(
    "import_records.to_undo",
    `SELECT ${entryColumns} FROM import_record
WHERE company_id = $1 AND job_id = $2 AND kind = $3 AND key > $4
  AND state IN ('PLANNED', 'CREATED', 'UPDATING', 'UPDATED')
ORDER BY key LIMIT 500`,
  ),
};

function toJob(row: JobRow): ImportJob {
  const { company_id: companyId, started_time: startedTime, ...same } = row;
  return { companyId, startedTime, ...same };
}

function toEntry({
  job_id: jobId,
  kind,
  key,
  record_id: recordId,
  content_hash: contentHash,
  row_number: row,
  state,
  undo_request: undoRequest,
}: EntryRow): KnownEntry {
  const entry = { jobId, kind, key, recordId, contentHash, row, state };
  return undoRequest === null ? entry : { ...entry, undoRequest };
}
