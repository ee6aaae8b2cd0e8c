import type { AccessFilter } from "../../core/access.js";
import type { BatchResult } from "../../core/batch.js";
import type { NewItem, Refusals } from "../../core/batch-items.js";
import type { DomainError } from "../../core/errors.js";
import type { ExternalId } from "../../core/external-id.js";
import type { ImportEntries } from "../../core/import-entry.js";
import type { IdempotencyClaim, WriteContext } from "../../core/write.js";
import type { CustomFieldRepository } from "../custom-fields/custom-field.model.js";
import type { Pet, PetCode } from "./pet.model.js";
import type { ImportedPet, ImportedPetRecord, PetOwner } from "./pet-import.model.js";

/** A pet of a batch, valid by itself. */
export interface PetItem extends NewItem {
  readonly owner: PetOwner;
  readonly pet: ImportedPet;
}

/** A pet of a batch as it is stored, with its id. */
export interface BatchedPet extends ImportedPetRecord {
  readonly id: string;
  readonly owner: PetOwner;
}

/** An owner that exists, is not archived and can be accessed. It is locked. */
export interface BatchOwner extends PetOwner {
  /** Number of its pets that are not archived. */
  readonly pets: number;
  /** Its size with all its pets and notes, for a lead. */
  readonly bytes?: number;
}

/** What the pets of a batch refer to, and the ids that they state. */
export interface PetQuestions {
  readonly petIds: readonly string[];
  readonly codeIds: readonly string[];
  readonly noteIds: readonly string[];
  /** Of staff members who may have left. */
  readonly authorIds: readonly string[];
  readonly externalIds: readonly ExternalId[];
}

export interface PetFacts {
  /** Those of the codes that the company has and that are not archived. */
  readonly codes: ReadonlyMap<string, PetCode>;
  /** Of pets that the company has or had. */
  readonly takenIds: ReadonlySet<string>;
  readonly erasedIds: ReadonlySet<string>;
  /** The pets that have the external ids, by `externalIdKey`. */
  readonly takenExternalIds: ReadonlyMap<string, string>;
  readonly takenNoteIds: ReadonlySet<string>;
  /** Of the authors that do not and never did belong to the staff. */
  readonly strangers: ReadonlySet<string>;
}

/** A batch within its transaction. */
export interface PetBatchUnit {
  /** Timestamp of the change, by the clock of the database. */
  readonly now: Date;
  /** What earlier requests stored for items, by position. They are not stored again. */
  readonly replayed: ReadonlyMap<number, string>;
  readonly refused: Refusals;
  readonly recordBytes: number;
  /** The custom fields of the company, as this transaction sees them. */
  readonly customFields: CustomFieldRepository;
  /** Locks the owners, each kind in the order of its ids, so that concurrent batches cannot deadlock. */
  lockOwners(owners: readonly PetOwner[]): Promise<OwnersOfBatch>;
  ask(questions: PetQuestions): Promise<PetFacts>;
}

export interface OwnersOfBatch {
  /** By `keyOfOwner`. */
  readonly found: ReadonlyMap<string, BatchOwner>;
  /** Customers that were merged into others, which the principal can access. */
  readonly merged: ReadonlyMap<string, string>;
}

export function keyOfOwner({ kind, id }: PetOwner): string {
  return `${kind} ${id}`;
}

/** What the rules decide about a batch, by the positions of its items. */
export interface PetBatchDecision {
  readonly stored: ReadonlyMap<number, BatchedPet>;
  readonly refused: ReadonlyMap<number, DomainError>;
}

export interface PetBatch {
  readonly companyId: string;
  readonly accessFilter: AccessFilter;
  /** Number of items. */
  readonly size: number;
  readonly claims: ReadonlyMap<number, IdempotencyClaim>;
  /** Whether pets have ids from other systems, which can have been erased. */
  readonly keepsIds: boolean;
  /** Of an import by the `moego` command: what is stored with each new record. */
  readonly imported?: ImportEntries | undefined;
}

export interface PetsById {
  readonly accessFilter: AccessFilter;
  readonly ids: readonly string[];
  /** Whether pets of leads are found. */
  readonly withLeads: boolean;
}

export interface PetBatchRepository {
  /** Stores what `decide` decides. It decides again if a concurrent request was faster. */
  create(
    batch: PetBatch,
    write: WriteContext,
    decide: (unit: PetBatchUnit) => Promise<PetBatchDecision>,
  ): Promise<readonly BatchResult[]>;
  /** The pets of one company with these ids, in any order. */
  find(query: PetsById, signal: AbortSignal): Promise<readonly Pet[]>;
}
