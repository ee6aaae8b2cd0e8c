import type { AccessFilter } from "../../core/access.js";
import type { BatchResult } from "../../core/batch.js";
import type { NewItem, Refusals } from "../../core/batch-items.js";
import type { Channel } from "../../core/consent.js";
import type { Reachable } from "../../core/contact-line.js";
import type { Withheld } from "../../core/contact-rule.js";
import type { DomainError } from "../../core/errors.js";
import type { ExternalId } from "../../core/external-id.js";
import type { ImportEntries } from "../../core/import-entry.js";
import type { ImportedNote, ImportedNoteRecord } from "../../core/note.js";
import type { DuplicateView, RefusingDuplicate } from "../../core/possible-duplicate.js";
import type { ImportAuthors, ImportTimes } from "../../core/record-import.js";
import type { IdempotencyClaim, WriteContext } from "../../core/write.js";
import type { CustomFieldRepository } from "../custom-fields/custom-field.model.js";
import type { BatchedPet } from "../pets/pet-batch.model.js";
import type { ImportedPet } from "../pets/pet-import.model.js";
import type { Tag, TagReference } from "../setting-lists/tag.model.js";
import type { TagUnit } from "../setting-lists/tag-batch.model.js";
import type { KnownTag } from "../setting-lists/tag-match.model.js";
import { type Lead, type LeadRecord, type LeadReferences, leadReferenceNames, type NewLeadWith } from "./lead.model.js";

/** A lead of a batch, valid by itself. */
export interface LeadItem extends NewItem, ImportTimes, ImportAuthors {
  readonly lead: NewLeadWith<ImportedPet>;
  readonly notes: readonly ImportedNote[];
  readonly tags: readonly TagReference[];
  readonly allowDuplicate: boolean;
}

/** A lead of a batch as it is stored, with its id. */
export interface BatchedLead
  extends Omit<LeadRecord, "pets" | "notes" | "tags">,
    Required<ImportTimes>,
    Required<ImportAuthors> {
  readonly id: string;
  readonly pets: readonly BatchedPet[];
  readonly notes: readonly ImportedNoteRecord[];
  readonly tags: readonly Tag[];
  /** What opt-outs keep it from permitting. */
  readonly withheld?: Withheld | undefined;
}

/** What leads refer to, and the ids that they state, by table. */
type QuestionKind =
  | ("business" | "staff" | "life_cycle" | "action_status" | "referral_source" | "pet_code")
  | ("lead" | "pet" | "lead_note" | "pet_note" | "author");

export interface LeadQuestions extends Readonly<Record<QuestionKind, readonly string[]>> {
  readonly tags: readonly TagReference[];
  readonly externalIds: readonly ExternalId[];
  readonly petExternalIds: readonly ExternalId[];
}

/**
 * Those of them that the company has and, for references, that are not archived. Of the pets, also those that it had; of
 * the authors, those that did belong to its staff.
 */
export interface LeadFacts {
  readonly known: Readonly<Record<QuestionKind, ReadonlySet<string>>>;
  readonly tags: readonly KnownTag[];
  /** The leads that have the external ids, by `externalIdKey`. */
  readonly takenExternalIds: ReadonlyMap<string, string>;
  /** The same of pets. */
  readonly takenPetExternalIds: ReadonlyMap<string, string>;
  readonly erased: { readonly lead: ReadonlySet<string>; readonly pet: ReadonlySet<string> };
  readonly defaultLifeCycleId: string | undefined;
}

const tableOf = {
  preferredBusinessId: "business",
  allocateStaffId: "staff",
  lifeCycleId: "life_cycle",
  actionStatusId: "action_status",
  referralSourceId: "referral_source",
} as const satisfies Record<keyof LeadReferences, keyof LeadFacts["known"]>;

/** The references of a lead that do not exist in the company or are archived. */
export function missingOf(lead: LeadReferences, { known }: LeadFacts): readonly (keyof LeadReferences)[] {
  return leadReferenceNames.filter((name) => {
    const id = lead[name];
    return id !== undefined && !known[tableOf[name]].has(id);
  });
}

/** A batch within its transaction. */
export interface LeadBatchUnit extends TagUnit {
  /** Timestamp of the change, by the clock of the database. */
  readonly now: Date;
  /** What earlier requests stored for items, by position. They are not stored again. */
  readonly replayed: ReadonlyMap<number, string>;
  readonly refused: Refusals;
  readonly recordBytes: number;
  /** The custom fields of the company, as this transaction sees them. */
  readonly customFields: CustomFieldRepository;
  ask(questions: LeadQuestions): Promise<LeadFacts>;
  /** The records because of which each of the leads is refused, if the company refuses duplicates. */
  refusing(records: readonly Reachable[], view: DuplicateView): Promise<readonly (readonly RefusingDuplicate[])[]>;
  /** The channels from which each of the records is opted out. */
  optedOut(records: readonly Reachable[]): Promise<readonly (readonly Channel[])[]>;
}

/** What the rules decide about a batch, by the positions of its items. */
export interface LeadBatchDecision {
  readonly stored: ReadonlyMap<number, BatchedLead>;
  readonly refused: ReadonlyMap<number, DomainError>;
}

export interface LeadBatch {
  readonly companyId: string;
  readonly accessFilter: AccessFilter;
  /** Number of items. */
  readonly size: number;
  readonly claims: ReadonlyMap<number, IdempotencyClaim>;
  /** Whether leads or pets have ids from other systems, which can have been erased. */
  readonly keepsIds: boolean;
  /** Of an import by the `moego` command: what is stored with each new record. */
  readonly imported?: ImportEntries | undefined;
}

export interface LeadBatchRepository {
  /** Stores what `decide` decides. It decides again if a concurrent request was faster. */
  create(
    batch: LeadBatch,
    write: WriteContext,
    decide: (unit: LeadBatchUnit) => Promise<LeadBatchDecision>,
  ): Promise<readonly BatchResult[]>;
  /** The leads of one company with these ids, archived and promoted ones among them, in any order. */
  find(accessFilter: AccessFilter, ids: readonly string[], signal: AbortSignal): Promise<readonly Lead[]>;
}
