import type {
  EntryChange,
  ImportEntry,
  ImportedKind,
  KnownEntry,
} from "../../resources/import-jobs/import-job.model.js";
import { refusal } from "../cells/cell.js";
import type { ImportKind } from "../columns/import-kind.js";
import type { FileRow } from "../reading/row.js";
import { type OwnerContact, type OwnerDraft, readContact, readOwner } from "../records/owner-record.js";
import { mentionsPet, type PetDraft, readPet } from "../records/pet-record.js";
import {
  type ImportSettings,
  type PlannedFields,
  type RowFault,
  type RowReader,
  readRow,
} from "../records/row-reader.js";
import type { EntryKeys } from "./entry-keys.js";
import type { ImportCalls } from "./import-calls.js";
import { faultsOf, type RowOutcome } from "./outcome.js";
import { type Draft, type Storing, storeDrafts } from "./stored-drafts.js";

/** What became of a row, and why. */
export interface RowResult {
  readonly row: number;
  readonly outcome: RowOutcome;
  readonly faults: readonly RowFault[];
  readonly remarks: readonly { readonly column: string; readonly text: string }[];
}

/** Reads and writes the entries of an import. A dry run only reads. */
export interface EntryLog {
  known(keys: readonly Pick<ImportEntry, "kind" | "key">[]): Promise<readonly KnownEntry[]>;
  plan(entries: readonly ImportEntry[]): Promise<void>;
  record(changes: readonly EntryChange[]): Promise<void>;
  forget(keys: readonly Pick<ImportEntry, "kind" | "key">[]): Promise<void>;
}

interface RowImport {
  readonly kind: Exclude<ImportKind, "packages">;
  readonly settings: ImportSettings;
  readonly fields: PlannedFields;
  readonly keys: EntryKeys;
  readonly log: EntryLog;
  readonly calls: ImportCalls;
  readonly isDryRun: boolean;
}

interface ReadRow {
  readonly reader: RowReader;
  readonly owner?: Draft;
  readonly pet?: Draft;
}

/** Imports lists of rows. Repeated owners become one owner with several pets. */
export function createRowImport({ kind, settings, fields, keys, log, calls, isDryRun }: RowImport) {
  const ownerKind: ImportedKind = kind === "leads" ? "lead" : "customer";

  function ownerDraft(row: number, { key, customer, facts }: OwnerDraft): Draft {
    const id = keys.recordIdOf(ownerKind, key);
    const content = [customer, facts];
    const named = { identity: key, recordId: id, row, content };
    if (ownerKind === "customer")
      return draft("customer", { ...named, storing: { customer: { id, customer, ...facts } } });
    const { complianceConfig, consentProvenance, notes = [], tags = [], ...fields } = customer;
    const { createdTime } = facts;
    const item = {
      ...{ id, lead: { ...leadOf(fields), notes, tags } },
      ...(complianceConfig ? { complianceConfig } : {}),
      ...(consentProvenance ? { consentProvenance } : {}),
      ...(createdTime ? { createdTime } : {}),
    };
    return draft("lead", { ...named, storing: { lead: item } });
  }

  function petDraft(
    row: number,
    { key, hasSourceId, pet }: PetDraft,
    owner: { readonly identity: string; readonly id: string },
  ): Draft {
    const identity = hasSourceId ? key : `${owner.identity} ${key}`;
    const id = keys.recordIdOf("pet", identity);
    const ownedBy = { case: ownerKind === "lead" ? ("leadId" as const) : ("customerId" as const), value: owner.id };
    const storing = { pet: { id, owner: ownedBy, pet } };
    return draft("pet", { identity, recordId: id, row, content: pet, storing });
  }

  function draft(of: ImportedKind, given: NewDraft): Draft {
    const { identity, recordId, row, content, storing } = given;
    const entry = { kind: of, key: keys.keyOf(of, identity), recordId, contentHash: keys.hashOf(content), row };
    return { ...entry, storing, state: "create", refused: [] };
  }

  /** The drafts of all rows by key. A later row with the same record uses the draft of the first one. */
  function shared(drafts: Map<string, Draft>, made: Draft, reader: RowReader, noun: string): Draft {
    const first = drafts.get(made.key);
    if (!first) {
      drafts.set(made.key, made);
      return made;
    }
    if (first.contentHash !== made.contentHash) {
      reader.remark("", `Rows repeat a ${noun} with other cells. The first row counts.`);
    }
    return first;
  }

  async function readRows(rows: readonly FileRow[]): Promise<readonly ReadRow[]> {
    const owners = new Map<string, Draft>();
    const pets = new Map<string, Draft>();
    const read: ReadRow[] = [];
    for (const row of rows) {
      const reader = readRow(row, fields);
      if (row.refusal) read.push({ reader });
      else read.push(kind === "pets" ? await readPetRow(reader, pets) : readOwnerRow(reader, owners, pets));
    }
    return read;
  }

  function readOwnerRow(reader: RowReader, owners: Map<string, Draft>, pets: Map<string, Draft>): ReadRow {
    const owner = readOwner(reader, settings);
    const pet = mentionsPet(reader) ? readPet(reader, settings, { keepsNotes: false }) : undefined;
    if (owner.key === "" && reader.faults.length === 0) reader.refuse("owner.phone", nothingIdentifies);
    if (reader.faults.length > 0) return { reader };
    const made = shared(owners, ownerDraft(reader.row, owner), reader, "owner");
    if (!pet) return { reader, owner: made };
    const petMade = petDraft(reader.row, pet, { identity: owner.key, id: made.recordId });
    return { reader, owner: made, pet: shared(pets, petMade, reader, "pet") };
  }

  async function readPetRow(reader: RowReader, pets: Map<string, Draft>): Promise<ReadRow> {
    const contact = readContact(reader, settings);
    const pet = readPet(reader, settings, { keepsNotes: true });
    if (reader.faults.length > 0) return { reader };
    const ownerId = await findOwner(contact);
    if (typeof ownerId !== "string") {
      reader.refuse(contact.sourceId !== "" ? "owner.id" : "owner.phone", ownerId);
      return { reader };
    }
    return { reader, pet: shared(pets, petDraft(reader.row, pet, { identity: ownerId, id: ownerId }), reader, "pet") };
  }

  /** The id of a stored owner: imported under the same name, or found by id or phone number. */
  async function findOwner({ key, sourceId, phones }: OwnerContact) {
    if (key === "")
      return refusal("The row does not say whose pet it is.", "Add the id or the phone number of the owner.");
    const [entry] = await log.known([{ kind: "customer", key: keys.keyOf("customer", key) }]);
    if (entry) return entry.recordId;
    const phone = phones[0]?.number;
    if (/^[A-Za-z0-9_.-]{1,30}$/.test(sourceId)) {
      const [byId] = await calls.findCustomers({ id: sourceId });
      if (byId !== undefined) return byId;
    }
    const [found, other] = phone === undefined ? [] : await calls.findCustomers({ phone });
    if (other !== undefined) return refusal("Several customers have this phone number.", "Add the id of the owner.");
    return found ?? refusal("The company has no such owner.", "Import the owners first, with the same --name.");
  }

  async function store(drafts: readonly Draft[]): Promise<void> {
    const known = new Map((await log.known(drafts)).map((entry) => [`${entry.kind} ${entry.key}`, entry]));
    for (const one of drafts) {
      const entry = known.get(`${one.kind} ${one.key}`);
      if (entry?.state === "CREATED") one.state = entry.contentHash === one.contentHash ? "stored" : "changed";
    }
    const missing = drafts.filter(({ state }) => state === "create");
    if (isDryRun) {
      for (const one of missing) one.state = "created";
      return;
    }
    await log.plan(missing);
    await storeDrafts(missing, calls);
    const held = missing.filter(({ state }) => state !== "refused");
    await log.record(held.map((one) => ({ kind: one.kind, key: one.key, state: "CREATED" })));
    await log.forget(missing.filter(({ state }) => state === "refused"));
  }

  return async (rows: readonly FileRow[]): Promise<readonly RowResult[]> => {
    const read = await readRows(rows);
    await store(distinct(read.map(({ owner }) => owner)));
    const pets = read.filter(({ owner }) => owner?.state !== "refused").map(({ pet }) => pet);
    await store(distinct(pets));
    return read.map(resultOf);
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
    const changed = [owner, pet].filter((one) => one?.state === "changed");
    if (changed.length > 0) remarks.push({ column: "", text: changedText });
    const isNew = [owner, pet].some((one) => one?.state === "created" && one.row === reader.row);
    const outcome = faults.length > 0 ? "failed" : isNew ? "created" : "skipped";
    return { row: reader.row, outcome, faults, remarks };
  }
}

const changedText = "Rows differ from what an earlier run imported. Stored records are not changed.";

const nothingIdentifies = refusal(
  "Nothing in the row identifies the owner.",
  "Add an id, a phone number or an email address.",
);

interface NewDraft {
  readonly identity: string;
  readonly recordId: string;
  readonly row: number;
  readonly content: unknown;
  readonly storing: Storing;
}

type LeadSource = Omit<OwnerDraft["customer"], "complianceConfig" | "consentProvenance" | "notes" | "tags">;

/** The members that customers and leads have in common. */
function leadOf({
  companyId,
  firstName,
  lastName,
  phones,
  email,
  address,
  preferredBusinessId,
  customFields,
}: LeadSource) {
  return {
    ...(companyId === undefined ? {} : { companyId }),
    ...(firstName === undefined ? {} : { firstName }),
    ...(lastName === undefined ? {} : { lastName }),
    ...(phones === undefined ? {} : { phones }),
    ...(email === undefined ? {} : { email }),
    ...(address === undefined ? {} : { address }),
    ...(preferredBusinessId === undefined ? {} : { preferredBusinessId }),
    ...(customFields === undefined ? {} : { customFields }),
  };
}

function distinct(drafts: readonly (Draft | undefined)[]): Draft[] {
  return [...new Set(drafts.filter((one) => one !== undefined))];
}
