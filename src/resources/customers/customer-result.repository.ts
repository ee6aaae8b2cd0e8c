import { Buffer } from "node:buffer";
import { maxNotesInRecord, type Note } from "../../core/note.js";
import { assertRecordSize, recordBytes } from "../../core/record-size.js";
import { phoneRows, toPhones } from "../../db/contact-phones.js";
import { type AddressJson, toAddress } from "../../db/nested-rows.js";
import { type CustomerRow, toNote } from "./customer.columns.js";
import type { Customer } from "./customer.model.js";
import type { ChangedRow } from "./customer-change.columns.js";
import type { CustomerChanges } from "./customer-changes.repository.js";
import type { CustomerStateRow } from "./customer-state.repository.js";

/** The row of the customer after the change: what was written beside what was read. */
export function changedRow(row: CustomerStateRow, written: ChangedRow, changes: CustomerChanges): CustomerRow {
  const { nested, phones } = changes;
  return {
    ...row,
    ...written,
    addresses: nested.has("addresses") ? addressesAfter(row, changes) : row.addresses,
    phones: phones ? phoneRows(phones) : row.phones,
    external_ids: changes.externalIds,
    tags: nested.has("tags") ? written.tags : row.tags,
    notes: nested.has("notes") ? written.notes : row.notes,
    referral_source: sourceAfter(row, changes),
  };
}

function addressesAfter(row: CustomerRow, changes: CustomerChanges): readonly AddressJson[] {
  const kept = row.addresses?.filter(({ id }) => !changes.droppedAddressIds.includes(id)) ?? [];
  return [...kept, ...changes.storedAddresses].toSorted(
    (a, b) => Number(a.type) - Number(b.type) || (a.id < b.id ? -1 : 1),
  );
}

function sourceAfter(row: CustomerStateRow, { change: { referralSourceId } }: CustomerChanges) {
  const { referral_source: stored } = row;
  if (referralSourceId === undefined || referralSourceId === stored?.id) return stored;
  return referralSourceId === null ? null : row.asked_source;
}

interface SizedChange {
  readonly customer: Customer;
  readonly row: CustomerStateRow;
  readonly changes: CustomerChanges;
  /** The staff member who makes the change. */
  readonly author: string;
  readonly limit: number;
}

/** Bounds the size of the customer with all its notes, not only those that are read with it. */
export function assertCustomerSize({ customer, row, changes, author, limit }: SizedChange): void {
  if (changes.isLeft) return;
  const { change, nested, phones, tags } = changes;
  const main = change.phone ?? customer.phone;
  const stored = { lastUpdatedBy: author, lastUpdatedTime: customer.lastUpdatedTime };
  const { notes, noteBytes } = notesAfter(row, changes, stored);
  const record = withoutEmpty({
    ...{ ...customer, ...change, ...stored, notes, referralSource: sourceAfter(row, changes) },
    ...(nested.has("addresses") ? { addresses: addressesAfter(row, changes).map(toAddress) } : {}),
    ...(phones ? { phones: toPhones(main, phoneRows(phones)) } : {}),
    externalIds: changes.externalIds,
    ...(nested.has("tags") ? { tags } : {}),
  });
  const bytes = sizeOf(record, notes, noteBytes);
  if (bytes <= limit) return;
  assertRecordSize({ record, bytes, storedBytes: sizeOf(customer, customer.notes, row.note_bytes), limit });
}

function withoutEmpty(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && value !== null));
}

function sizeOf(record: object, notes: readonly Note[], noteBytes: number): number {
  return notes.length < maxNotesInRecord ? recordBytes(record) : recordBytes({ ...record, notes: [] }) + noteBytes;
}

/** The notes as far as their size needs them. */
function notesAfter(
  row: CustomerStateRow,
  changes: CustomerChanges,
  stamp: Pick<Note, "lastUpdatedBy" | "lastUpdatedTime">,
) {
  const { keptNoteIds, addedNotes, editedNotes } = changes;
  const asked = row.asked_notes ?? [];
  const former = keptNoteIds ? asked : (row.notes ?? []);
  const edited = new Map(editedNotes.map((note) => [note.id, note]));
  const written = (note: Pick<Note, "id" | "note">) => ({ ...note, ...stamp });
  const kept = former.map((json) => ({ ...toNote(json), ...edited.get(json.id) }));
  const grown = textBytes([...addedNotes, ...editedNotes]) - textBytes(asked.filter(({ id }) => edited.has(id)));
  return {
    notes: [...addedNotes.map(written), ...kept],
    noteBytes: (keptNoteIds ? textBytes(asked) : row.note_bytes) + grown,
  };
}

function textBytes(notes: readonly { readonly note: string }[]): number {
  return notes.reduce((sum, { note }) => sum + Buffer.byteLength(note), 0);
}
