import type { RecordTarget } from "../../core/access.js";
import { requireFound } from "../../core/company-resource.js";
import { notFoundError } from "../../core/errors.js";
import { maxNotesInRecord, type NotesEdit, type WrittenNotes } from "../../core/note.js";
import type { WriteContext } from "../../core/write.js";
import { namedAccess, requireSingleRow } from "../../db/access-filter.js";
import type { LimitedDatabase } from "../../db/company-records.js";
import type { Database } from "../../db/database.js";
import { replayColumns, replaySql } from "../../db/idempotent-write.js";
import { namedStatement } from "../../db/named-statement.js";
import { changeNotes, type NotesRow } from "../../db/note-change.js";
import { type NoteJson, noteJson, toNote } from "../customers/customer.columns.js";
import { type LeadRepository, leadPromoted } from "./lead.model.js";

/** Changes notes of a lead, which is neither promoted nor archived. */
export function changeLeadNotes(
  { database, limits }: LimitedDatabase,
  get: LeadRepository["get"],
  { target, edit, write }: { readonly target: RecordTarget; readonly edit: NotesEdit; readonly write: WriteContext },
): Promise<WrittenNotes> {
  return changeNotes<LeadNotesRow>(database, write, {
    ...{ kind: "lead", target, texts: edit.texts, limit: limits.recordBytes, decide: edit.decide },
    read: () => readNotesFor(database, target, edit.noteIds, write),
    askedOf: (row) => row.asked_notes?.map(toNote) ?? [],
    check({ id, promoted_customer_id: customerId, archived_time: archivedTime }) {
      if (customerId !== null) throw leadPromoted(id, customerId);
      if (archivedTime) throw notFoundError("Lead", id);
    },
    async readWhole({ note_bytes: noteBytes }) {
      const lead = requireFound(await get(target, write.signal), "Lead", target.id);
      const record = { ...lead, pets: lead.pets.map((pet) => ({ ...pet, notes: [] })) };
      return { record, noteBytes, hasAll: lead.pets.length === 0 && lead.notes.length < maxNotesInRecord };
    },
  });
}

interface LeadNotesRow extends NotesRow {
  readonly promoted_customer_id: string | null;
  readonly archived_time: Date | null;
  readonly asked_notes: readonly NoteJson[] | null;
  /** Also of its pets. */
  readonly note_bytes: number;
}

async function readNotesFor(
  database: Database,
  { accessFilter, id }: RecordTarget,
  noteIds: readonly string[],
  { keyId, rpc, claim, signal }: WriteContext,
): Promise<LeadNotesRow> {
  const values = readStatement.values({ ...accessFilter, id, noteIds, keyId, rpc, claimKey: claim?.key ?? null });
  const rows = await database.read<LeadNotesRow>(readStatement, values, signal);
  return requireFound(requireSingleRow(rows, "Lead", id), "Lead", id);
}

/** The notes of a promoted lead are those of its customer. Only a replay asks for them. */
const askedNotes = (["lead", "customer"] as const)
  .map((owner) => {
    const id = owner === "lead" ? "l.id" : "l.promoted_customer_id";
    return `SELECT ${noteJson} AS json FROM ${owner}_note n WHERE n.company_id = l.company_id AND n.${owner}_id = ${id}
      AND n.id = ANY(coalesce(replay.resource_ids, :noteIds::text[]))`;
  })
  .join(" UNION ALL ");

/** See the statement of customers. */
const otherBytes = 128 * 1024;
/** More than one pet can have, apart from its notes. */
const petBytes = 64 * 1024;

const readStatement = namedStatement(
  "lead.read_notes",
  `WITH ${replaySql}
SELECT l.*, 2 * note_bytes + 3 * custom_field_bytes + pets * ${petBytes} + ${otherBytes} AS bytes_bound FROM (
  SELECT l.company_id, l.id, l.version, l.preferred_business_id, l.promoted_customer_id, l.archived_time, ${replayColumns},
    (SELECT json_agg(a.json) FROM (${askedNotes}) a) AS asked_notes,
    (coalesce((SELECT sum(octet_length(n.note)) FROM lead_note n WHERE n.company_id = l.company_id AND n.lead_id = l.id), 0)
      + coalesce((SELECT sum(octet_length(n.content)) FROM pet_note n JOIN pet p ON p.company_id = n.company_id AND p.id = n.pet_id
        WHERE p.company_id = l.company_id AND p.lead_id = l.id), 0))::float8 AS note_bytes,
    (SELECT count(*) FROM pet p WHERE p.company_id = l.company_id AND p.lead_id = l.id) AS pets,
    octet_length(l.custom_fields::text) AS custom_field_bytes
  FROM lead l LEFT JOIN replay ON true WHERE ${namedAccess.ofLeads("l")} AND l.id = :id) l`,
);
