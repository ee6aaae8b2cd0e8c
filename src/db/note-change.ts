import { Buffer } from "node:buffer";
import type pg from "pg";
import type { RecordTarget } from "../core/access.js";
import { idPrefixes, newId } from "../core/ids.js";
import { maxNotesInRecord, type Note, type NoteChange, type WrittenNotes } from "../core/note.js";
import { assertRecordSize, recordBytes } from "../core/record-size.js";
import { actingStaffId, type WriteContext } from "../core/write.js";
import type { Database } from "./database.js";
import { auditSql, guardedWrite, guardSql, versionSql } from "./guarded-write.js";
import { requestParameters, type StoredResultRow } from "./idempotent-write.js";
import { namedStatement } from "./named-statement.js";

/** What is read of a customer or lead whose notes change. */
export interface NotesRow extends StoredResultRow, pg.QueryResultRow {
  readonly company_id: string;
  readonly id: string;
  readonly version: string;
  readonly preferred_business_id: string | null;
  /** Upper bound of the size of the record. The record itself is read only if it may become too large. */
  readonly bytes_bound: number;
}

/** The whole record, for its exact size. */
interface WholeRecord {
  readonly record: { readonly version: bigint; readonly notes: readonly Note[] };
  /** Size of the texts of all notes. */
  readonly noteBytes: number;
  /** Whether its size is the one of the record, because all notes are read with it. */
  readonly hasAll: boolean;
}

interface NotesOf<Row extends NotesRow> {
  readonly kind: "customer" | "lead";
  readonly target: RecordTarget;
  /** Texts that the change adds or replaces. */
  readonly texts: readonly string[];
  readonly limit: number;
  read(): Promise<Row>;
  /** Those of the asked notes that the record has. For a replay, those that the first request wrote. */
  askedOf(row: Row): readonly Note[];
  /** Throws if the record must not be changed. */
  check(row: Row): void;
  readWhole(row: Row): Promise<WholeRecord>;
  decide(asked: readonly Note[]): NoteChange;
}

interface State<Row> {
  readonly row: Row;
  readonly asked: readonly Note[];
  readonly whole?: WholeRecord;
}

/** Changes notes of a customer or lead, which gets a new version, in two round trips. */
export function changeNotes<Row extends NotesRow>(
  database: Database,
  write: WriteContext,
  { kind, target, texts, limit, read, askedOf, check, readWhole, decide }: NotesOf<Row>,
): Promise<WrittenNotes> {
  const statement = statements[kind];
  return guardedWrite<State<Row>, { readonly now: Date }, WrittenNotes>(database, write, {
    record: [kind, ...target.accessFilter.companyIds, target.id].join("/"),
    async read() {
      const row = await read();
      const mayExceed = row.bytes_bound + texts.reduce((sum, text) => sum + bytesPerUnit * text.length, 0) > limit;
      const state = { row, asked: askedOf(row) };
      return { stored: row, state: mayExceed ? { ...state, whole: await readWhole(row) } : state };
    },
    replay: async ({ asked: notes }, resourceIds) => ({ resourceIds, notes }),
    decide({ row, asked, whole }) {
      const { company_id: companyId, preferred_business_id: location } = row;
      check(row);
      const change = withNewIds(decide(asked));
      const { added, edited, removedIds } = change;
      const author = actingStaffId(write, companyId);
      const written = (now: Date) =>
        [...added, ...edited].map((note) => ({ ...note, lastUpdatedBy: author, lastUpdatedTime: now }));
      // A record of another version is not changed: the guard finds that, too.
      if (whole?.record.version.toString() === row.version) assertSize(whole, { change, asked, written, limit });
      const resourceIds = [...added.map((note) => note.id), ...edited.map((note) => note.id), ...removedIds];
      const values = statement.values({
        ...{ id: row.id, version: row.version, recordedIds: resourceIds, changedFields: ["notes"] },
        ...{ locationBefore: location, locationAfter: location, ...noteParameters(change) },
        ...requestParameters(write, companyId),
      });
      return { statement, values, respond: ({ now }) => ({ resourceIds, notes: written(now) }) };
    },
  });
}

/** A character takes at most three bytes per code unit in UTF-8. */
const bytesPerUnit = 3;

interface WrittenChange {
  readonly change: IdentifiedNotes;
  readonly asked: readonly Note[];
  written(now: Date): readonly Note[];
  readonly limit: number;
}

function assertSize(before: WholeRecord, { change, asked, written, limit }: WrittenChange): void {
  if (change.added.length + change.edited.length === 0) return;
  const notes = notesAfter(before.record.notes, change, written(new Date(0)));
  const record = { ...before.record, notes };
  const hasAll = before.hasAll && notes.length < maxNotesInRecord;
  const after = { record, hasAll, noteBytes: before.noteBytes + grownBytes(change, asked) };
  assertRecordSize({ record, bytes: bytesOf(after), storedBytes: bytesOf(before), limit });
}

function bytesOf({ record, noteBytes, hasAll }: WholeRecord): number {
  return hasAll ? recordBytes(record) : recordBytes({ ...record, notes: [] }) + noteBytes;
}

/** A change whose new notes have ids. */
interface IdentifiedNotes extends Required<Omit<NoteChange, "added">> {
  readonly added: readonly { readonly id: string; readonly note: string }[];
}

function withNewIds({ added = [], edited = [], removedIds = [] }: NoteChange): IdentifiedNotes {
  return { added: added.map((note) => ({ id: newId(idPrefixes.note), note })), edited, removedIds };
}

function notesAfter(former: readonly Note[], change: IdentifiedNotes, written: readonly Note[]): readonly Note[] {
  const byId = new Map(written.map((note) => [note.id, note]));
  const added = written.filter(({ id }) => change.added.some((note) => note.id === id));
  return [...added, ...former.map((note) => byId.get(note.id) ?? note)];
}

function grownBytes({ added, edited }: IdentifiedNotes, asked: readonly Note[]): number {
  const textBytes = (notes: readonly { readonly note: string }[]) =>
    notes.reduce((sum, { note }) => sum + Buffer.byteLength(note), 0);
  return textBytes([...added, ...edited]) - textBytes(asked);
}

function noteParameters({ added, edited, removedIds }: IdentifiedNotes) {
  return {
    ...{ noteIds: added.map(({ id }) => id), notes: added.map(({ note }) => note) },
    ...{ editedNoteIds: edited.map(({ id }) => id), editedNotes: edited.map(({ note }) => note) },
    removedNoteIds: removedIds,
  };
}

const statements = { customer: changeStatement("customer"), lead: changeStatement("lead") };

function changeStatement(kind: "customer" | "lead") {
  return namedStatement(
    `${kind}.change_notes`,
    `WITH ${guardSql(kind, `${kind}_note`)},
${versionSql(kind)},
${storedNotesSql(kind)},
removed AS (DELETE FROM ${kind}_note n USING changed WHERE ${notesOf(kind)} AND n.id = ANY(:removedNoteIds::text[]) RETURNING 1),
${auditSql(kind)}
SELECT stamp.now FROM stamp, changed`,
  );
}

function notesOf(kind: "customer" | "lead"): string {
  return `n.company_id = :companyId AND n.${kind}_id = :id`;
}

/** Adds the notes `:noteIds`, `:notes` to the record of `changed`, and edits `:editedNoteIds`, `:editedNotes`. */
function storedNotesSql(kind: "customer" | "lead"): string {
  return `added AS (
  INSERT INTO ${kind}_note (company_id, id, ${kind}_id, note, created_time, last_updated_by, last_updated_time)
  SELECT :companyId, x.id, :id, x.note, stamp.now, :author, stamp.now
  FROM changed, stamp, unnest(:noteIds::text[], :notes::text[]) AS x (id, note) RETURNING *),
edited AS (
  UPDATE ${kind}_note n SET note = x.note, last_updated_by = :author, last_updated_time = stamp.now
  FROM changed, stamp, unnest(:editedNoteIds::text[], :editedNotes::text[]) AS x (id, note)
  WHERE ${notesOf(kind)} AND n.id = x.id RETURNING n.*)`;
}

/** The same for a change of the whole record. With `:keptNoteIds`, all other notes are removed. */
export function updatedNotesSql(kind: "customer" | "lead"): string {
  return `${storedNotesSql(kind)},
dropped AS (
  DELETE FROM ${kind}_note n USING changed
  WHERE ${notesOf(kind)} AND :keptNoteIds::text[] IS NOT NULL AND n.id <> ALL(:keptNoteIds::text[]) RETURNING 1)`;
}

/**
 * JSON of the notes of the record after such a change, as they are read with it.
 *
 * @param json SQL of the JSON of the note `n`
 */
export function updatedNotesJson(kind: "customer" | "lead", json: string): string {
  const newestFirst = `ORDER BY n.created_time DESC, n.id DESC`;
  return `(SELECT json_agg(${json} ${newestFirst}) FROM (SELECT n.* FROM (
    SELECT * FROM added UNION ALL SELECT * FROM edited UNION ALL (
      SELECT n.* FROM ${kind}_note n WHERE ${notesOf(kind)} AND n.id <> ALL(:editedNoteIds::text[])
        AND (:keptNoteIds::text[] IS NULL OR n.id = ANY(:keptNoteIds::text[]))
      ${newestFirst} LIMIT ${maxNotesInRecord})) n ${newestFirst} LIMIT ${maxNotesInRecord}) n)`;
}
