import { requireFound } from "../../core/company-resource.js";
import { archivedError } from "../../core/errors.js";
import { maxNotesInRecord, type NotesEdit, type WrittenNotes } from "../../core/note.js";
import type { WriteContext } from "../../core/write.js";
import { namedAccess, requireSingleRow } from "../../db/access-filter.js";
import type { LimitedDatabase } from "../../db/company-records.js";
import type { Database } from "../../db/database.js";
import { replayColumns, replaySql } from "../../db/idempotent-write.js";
import { namedStatement } from "../../db/named-statement.js";
import { changeNotes, type NotesRow } from "../../db/note-change.js";
import { type NoteJson, noteJson, toNote } from "./customer.columns.js";
import type { CustomerRepository, CustomerTarget } from "./customer.model.js";

/** Changes notes of a customer, which is not archived. */
export function changeCustomerNotes(
  { database, limits }: LimitedDatabase,
  get: CustomerRepository["get"],
  { target, edit, write }: { readonly target: CustomerTarget; readonly edit: NotesEdit; readonly write: WriteContext },
): Promise<WrittenNotes> {
  return changeNotes<CustomerNotesRow>(database, write, {
    ...{ kind: "customer", target, texts: edit.texts, limit: limits.recordBytes, decide: edit.decide },
    read: () => readNotes(database, target, edit.noteIds, write),
    askedOf: (row) => row.asked_notes?.map(toNote) ?? [],
    check(row) {
      if (row.archived_time) throw archivedError("Customer", row.id);
    },
    async readWhole({ note_bytes: noteBytes }) {
      const record = requireFound(await get(target, write.signal), "Customer", target.id);
      return { record, noteBytes, hasAll: record.notes.length < maxNotesInRecord };
    },
  });
}

interface CustomerNotesRow extends NotesRow {
  readonly archived_time: Date | null;
  readonly asked_notes: readonly NoteJson[] | null;
  readonly note_bytes: number;
}

async function readNotes(
  database: Database,
  { accessFilter, id }: CustomerTarget,
  noteIds: readonly string[],
  { keyId, rpc, claim, signal }: WriteContext,
): Promise<CustomerNotesRow> {
  const statement = accessFilter.companyIds.length === 1 ? inOneCompany : inSeveral;
  const values = statement.values({ ...accessFilter, id, noteIds, keyId, rpc, claimKey: claim?.key ?? null });
  const rows = await database.read<CustomerNotesRow>(statement, values, signal);
  return requireFound(requireSingleRow(rows, "Customer", id), "Customer", id);
}

/** More than all fields, phones, addresses and tags of a customer can have, apart from notes and custom fields. */
const otherBytes = 256 * 1024;

const inSeveral = namedStatement("customer.read_notes", readWhere(namedAccess.inSeveral("c")));
const inOneCompany = namedStatement("customer.read_notes_in_one_company", readWhere(namedAccess.inOneCompany("c")));

/** A quote or a line break counts twice, and a member of custom fields at most three times what it takes as JSON. */
function readWhere(isVisible: string): string {
  return `WITH ${replaySql}
SELECT c.*, 2 * note_bytes + 3 * custom_field_bytes + ${otherBytes} AS bytes_bound FROM (
  SELECT c.company_id, c.id, c.version, c.preferred_business_id, c.archived_time, ${replayColumns},
    (SELECT json_agg(${noteJson}) FROM customer_note n WHERE n.company_id = c.company_id AND n.customer_id = c.id
      AND n.id = ANY(coalesce(replay.resource_ids, :noteIds::text[]))) AS asked_notes,
    (SELECT coalesce(sum(octet_length(n.note)), 0)::float8 FROM customer_note n
      WHERE n.company_id = c.company_id AND n.customer_id = c.id) AS note_bytes,
    octet_length(c.custom_fields::text) AS custom_field_bytes
  FROM customer c LEFT JOIN replay ON true WHERE ${isVisible} AND c.id = :id) c`;
}
