import { refusal } from "../cells/cell.js";
import type { ImportKind } from "../columns/import-kind.js";
import type { FileRow } from "../reading/row.js";
import { type Lack, lackNames } from "../records/missing-value.js";
import { readContact, readOwner } from "../records/owner-record.js";
import { mentionsPet, readPet } from "../records/pet-record.js";
import {
  type ImportSettings,
  type PlannedFields,
  type RowFault,
  type RowReader,
  readRow,
} from "../records/row-reader.js";
import { createDrafts, type Draft, type Drafts, distinct, repeatText } from "./draft.js";
import type { EntryKeys } from "./entry-keys.js";
import type { EntryLog } from "./entry-log.js";
import type { ImportCalls } from "./import-calls.js";
import type { NamedSettings, NamingRow } from "./named-settings.js";
import { faultsOf, type RowOutcome } from "./outcome.js";
import { createOwnerSearch } from "./owner-search.js";
import { createRecordStoring } from "./record-storing.js";

/** What became of a row, and why. */
export interface RowResult {
  readonly row: number;
  readonly outcome: RowOutcome;
  readonly faults: readonly RowFault[];
  /** What the row was imported without. */
  readonly warnings: readonly RowFault[];
  readonly remarks: readonly { readonly column: string; readonly text: string }[];
}

interface RowImport {
  readonly kind: Exclude<ImportKind, "packages">;
  readonly settings: ImportSettings;
  readonly fields: PlannedFields;
  readonly keys: EntryKeys;
  readonly log: EntryLog;
  readonly calls: ImportCalls;
  readonly named: NamedSettings;
  readonly isDryRun: boolean;
  readonly isUpdating: boolean;
}

interface ReadRow {
  readonly reader: RowReader;
  readonly owner?: Draft;
  readonly pet?: Draft;
}

/** Imports lists of rows. Repeated owners become one owner with several pets. */
export function createRowImport({ kind, settings, fields, keys, log, calls, named, isDryRun, isUpdating }: RowImport) {
  const ownerKind = kind === "leads" ? "lead" : "customer";
  const store = createRecordStoring({ log, calls, isDryRun, isUpdating });
  const findOwner = createOwnerSearch({ keys, log, calls });

  async function readRows(rows: readonly FileRow[]): Promise<readonly ReadRow[]> {
    const { incompleteTag } = settings;
    const drafts = createDrafts({ ownerKind, keys, settings: named, incompleteTag });
    const read: ReadRow[] = [];
    const naming: NamingRow[] = [];
    for (const row of rows) {
      const reader = readRow(row, fields);
      if (row.refusal) read.push({ reader });
      else read.push(kind === "pets" ? await readPetRow(reader, drafts) : readOwnerRow(reader, drafts, naming));
    }
    await named.meet(naming);
    return read;
  }

  function readOwnerRow(reader: RowReader, drafts: Drafts, naming: NamingRow[]): ReadRow {
    const owner = readOwner(reader, settings, ownerKind);
    const pet = mentionsPet(reader) ? readPet(reader, settings, { keepsNotes: false }) : undefined;
    if (owner.key === "" && reader.faults.length === 0) reader.refuse("owner.phone", nothingIdentifies);
    if (reader.faults.length > 0) return { reader };
    if (owner.names.length > 0) naming.push({ row: reader.row, names: owner.names });
    const made = drafts.ownerOf(reader, owner);
    if (!pet) return { reader, owner: made };
    return { reader, owner: made, pet: drafts.petOf(reader, pet, { identity: owner.key, record: made }) };
  }

  async function readPetRow(reader: RowReader, drafts: Drafts): Promise<ReadRow> {
    const contact = readContact(reader, settings);
    const pet = readPet(reader, settings, { keepsNotes: true });
    if (reader.faults.length > 0) return { reader };
    const ownerId = await findOwner(contact);
    if (typeof ownerId !== "string") {
      reader.refuse(contact.sourceId !== "" ? "owner.id" : "owner.phone", ownerId);
      return { reader };
    }
    return { reader, pet: drafts.petOf(reader, pet, { identity: ownerId, record: { recordId: ownerId } }) };
  }

  return {
    read: readRows,

    /** What happens to a list of rows, in this order. */
    steps: [
      (read: readonly ReadRow[]) => store(distinct(read.map(({ owner }) => owner))),
      (read: readonly ReadRow[]) =>
        store(distinct(read.filter(({ owner }) => owner?.state !== "refused").map(({ pet }) => pet))),
    ],

    results: (read: readonly ReadRow[]): readonly RowResult[] => read.map(resultOf),
  };

  function resultOf({ reader, owner, pet }: ReadRow): RowResult {
    const cellOf = (field: string) => ({
      column: fields.byField.get(field)?.header ?? "",
      value: reader.text(field).slice(0, 200),
    });
    const faults = [
      ...reader.faults,
      ...faultsOf(reader.row, owner?.refused ?? [], cellOf),
      ...faultsOf(reader.row, pet?.refused ?? [], cellOf),
    ];
    const remarks = reader.remarks.map(({ field, text }) => ({ column: cellOf(field).column, text }));
    const drafts = [owner, pet];
    if (drafts.some((one) => one?.state === "changed")) remarks.push({ column: "", text: changedText });
    if (owner?.state === "repeated") remarks.push({ column: "", text: repeatText("an owner") });
    if (pet?.state === "repeated") remarks.push({ column: "", text: repeatText("a pet") });
    const became = (state: Draft["state"]) => drafts.some((one) => one?.state === state && one.row === reader.row);
    const changed = became("created") ? "created" : became("updated") ? "updated" : "skipped";
    const outcome = faults.length > 0 ? "failed" : changed;
    const warnings = reader.lacks.flatMap((lack) => warningsOf(lack, lack.what === "breed" ? pet : owner));
    return { row: reader.row, outcome, faults, warnings, remarks };

    function warningsOf({ what, field }: Lack, record: Draft | undefined): readonly RowFault[] {
      if (!record || record.state === "refused") return [];
      const remedy = isDryRun ? "Add it to the file or to the record." : `Add it to ${record.kind} ${record.recordId}.`;
      const reason = `Imported without ${lackNames[what]}.`;
      return [{ row: reader.row, ...cellOf(field), reason, remedy, isWarning: true }];
    }
  }
}

const changedText = "Rows differ from what an earlier run imported. --update changes the stored records.";

const nothingIdentifies = refusal(
  "Nothing in the row identifies the owner.",
  "Add an id, a phone number or an email address.",
);
