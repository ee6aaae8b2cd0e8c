import { isRefusal, refusal } from "../cells/cell.js";
import type { ImportKind } from "../columns/import-kind.js";
import type { FileRow } from "../reading/row.js";
import { type Lack, lackNames } from "../records/missing-value.js";
import { type OwnerContact, readContact, readOwner } from "../records/owner-record.js";
import { readPackage } from "../records/package-record.js";
import { mentionsPet, readPet } from "../records/pet-record.js";
import {
  type ImportSettings,
  type PlannedFields,
  type RowFault,
  type RowReader,
  readRow,
} from "../records/row-reader.js";
import { createDrafts, type Draft, type Drafts, distinct, nounOf, repeatText } from "./draft.js";
import type { EntryKeys } from "./entry-keys.js";
import type { EntryLog } from "./entry-log.js";
import type { ImportCalls } from "./import-calls.js";
import type { NamedSettings } from "./named-settings.js";
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
  readonly kind: ImportKind;
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
  readonly sold?: Draft;
}

/** Imports lists of rows. Repeated owners become one owner with several pets. */
export function createRowImport({ kind, settings, fields, keys, log, calls, named, isDryRun, isUpdating }: RowImport) {
  const ownerKind = kind === "leads" ? "lead" : "customer";
  const store = createRecordStoring({ log, calls, settings: named, isDryRun, isUpdating });
  const findOwner = createOwnerSearch({ keys, log, calls, noun: kind === "packages" ? "package" : "pet" });
  const templatesOnce = createTemplates(calls);
  /** How many packages without ids were met, by customer, template and day. */
  const metPackages = new Map<string, number>();

  async function readRows(rows: readonly FileRow[]): Promise<readonly ReadRow[]> {
    const { incompleteTag } = settings;
    const drafts = createDrafts({ ownerKind, keys, settings: named, incompleteTag });
    const read: ReadRow[] = [];
    for (const row of rows) {
      const reader = readRow(row, fields);
      if (row.refusal) read.push({ reader });
      else if (kind === "packages") read.push(await readPackageRow(reader, drafts));
      else read.push(kind === "pets" ? await readPetRow(reader, drafts) : readOwnerRow(reader, drafts));
    }
    return read;
  }

  function readOwnerRow(reader: RowReader, drafts: Drafts): ReadRow {
    const owner = readOwner(reader, settings, ownerKind);
    const pet = mentionsPet(reader) ? readPet(reader, settings, { keepsNotes: false }) : undefined;
    if (owner.key === "" && reader.faults.length === 0) reader.refuse("owner.phone", nothingIdentifies);
    if (reader.faults.length > 0) return { reader };
    const made = drafts.ownerOf(reader, owner);
    if (!pet) return { reader, owner: made };
    return { reader, owner: made, pet: drafts.petOf(reader, pet, { identity: owner.key, record: made }) };
  }

  async function readPetRow(reader: RowReader, drafts: Drafts): Promise<ReadRow> {
    const contact = readContact(reader, settings);
    const pet = readPet(reader, settings, { keepsNotes: true });
    if (reader.faults.length > 0) return { reader };
    const ownerId = await ownerIdOf(reader, contact);
    if (ownerId === undefined) return { reader };
    return { reader, pet: drafts.petOf(reader, pet, { identity: ownerId, record: { recordId: ownerId } }) };
  }

  async function readPackageRow(reader: RowReader, drafts: Drafts): Promise<ReadRow> {
    const contact = readContact(reader, settings);
    const sold = readPackage(reader, settings, await templatesOnce());
    if (!sold || reader.faults.length > 0) return { reader };
    const recordId = await ownerIdOf(reader, contact);
    if (recordId === undefined) return { reader };
    if (sold.sourceId !== "") return withSold(reader, drafts.packageOf(reader, sold, recordId, 1));
    const purchase = `${recordId} ${sold.templateId} ${sold.day}`;
    const nth = (metPackages.get(purchase) ?? 0) + 1;
    metPackages.set(purchase, nth);
    return withSold(reader, drafts.packageOf(reader, sold, recordId, nth));
  }

  function withSold(reader: RowReader, sold: Draft | undefined): ReadRow {
    return sold ? { reader, sold } : { reader };
  }

  async function ownerIdOf(reader: RowReader, contact: OwnerContact): Promise<string | undefined> {
    const found = await findOwner(contact);
    if (!isRefusal(found)) {
      if (found.remark !== undefined) reader.remark("owner.id", found.remark);
      return found.id;
    }
    const named = ["owner.id", "owner.phone", "owner.mobile_phone", "owner.email"].find(
      (one) => reader.text(one) !== "",
    );
    reader.refuse(named ?? "owner.phone", found);
    return undefined;
  }

  return {
    read: readRows,

    /** What happens to a list of rows, in this order. */
    steps: [
      (read: readonly ReadRow[]) => store(distinct(read.map(({ owner }) => owner))),
      (read: readonly ReadRow[]) =>
        store(distinct(read.filter(({ owner }) => owner?.state !== "refused").map(({ pet }) => pet))),
      (read: readonly ReadRow[]) => store(distinct(read.map(({ sold }) => sold))),
    ],

    results: (read: readonly ReadRow[]): readonly RowResult[] => read.map(resultOf),
  };

  function resultOf({ reader, owner, pet, sold }: ReadRow): RowResult {
    const cellOf = (field: string) => ({
      column: fields.byField.get(field)?.header ?? "",
      value: reader.text(field).slice(0, 200),
    });
    const drafts = [owner, pet, sold];
    const faults = [...reader.faults, ...drafts.flatMap((one) => faultsOf(reader.row, one?.refused ?? [], cellOf))];
    const remarks = reader.remarks.map(({ field, text }) => ({ column: cellOf(field).column, text }));
    if (drafts.some((one) => one?.state === "changed"))
      remarks.push({ column: "", text: sold ? changedPackage : changedText });
    for (const one of drafts)
      if (one?.state === "repeated") remarks.push({ column: "", text: repeatText(nounOf(one.kind)) });
    for (const one of drafts) if (one?.remark !== undefined) remarks.push({ column: "", text: one.remark });
    const became = (state: Draft["state"]) => drafts.some((one) => one?.state === state && one.row === reader.row);
    const changed = became("created") ? "created" : became("updated") ? "updated" : "skipped";
    const outcome = faults.length > 0 ? "failed" : changed;
    const made = drafts.filter((one) => one?.state === "created" && one.row === reader.row);
    const warnings = made.flatMap((one) => one?.lacks.map((lack) => warningOf(lack, one)) ?? []);
    return { row: reader.row, outcome, faults, warnings, remarks };

    function warningOf({ what, field }: Lack, record: Draft): RowFault {
      const remedy = isDryRun ? "Add it to the file or to the record." : `Add it to ${record.kind} ${record.recordId}.`;
      const reason = `Imported without ${lackNames[what]}.`;
      return { row: reader.row, ...cellOf(field), reason, remedy, isWarning: true };
    }
  }
}

/** The package templates of the company, read for the first row that needs them. */
function createTemplates({ packageTemplates }: Pick<ImportCalls, "packageTemplates">) {
  let found: ReturnType<ImportCalls["packageTemplates"]> | undefined;
  return () => {
    found ??= packageTemplates();
    return found;
  };
}

const changedPackage = "Rows differ from what an earlier run imported. Stored packages are not changed.";

const changedText = "Rows differ from what an earlier run imported. --update changes the stored records.";

const nothingIdentifies = refusal(
  "Nothing in the row identifies the owner.",
  "Add an id, a phone number or an email address.",
);
