import type { BatchResult } from "../../core/batch.js";
import type { DomainError } from "../../core/errors.js";
import type { MatchKeys, PlacedKeys, PlannedRecord, UpsertDecision } from "../../core/upsert.js";
import type { FoundRecords } from "../../core/upsert-items.js";
import type { WriteContext } from "../../core/write.js";
import type { Pet, PetCode, PetEdit } from "./pet.model.js";
import type { BatchedPet, OwnersOfBatch, PetBatch, PetBatchUnit, PetItem } from "./pet-batch.model.js";
import type { PetOwner } from "./pet-import.model.js";

/** An item of an upsert, valid by itself. */
export interface PetUpsertItem {
  readonly keys: MatchKeys;
  /** As it is created, with every key. */
  readonly item: PetItem;
  /** Whether the request has a status. A pet that is created is alive without one. */
  readonly statesStatus: boolean;
}

/** The keys of an item with the owner of a pet that it creates. */
export interface PlacedPet extends PlacedKeys {
  readonly owner: PetOwner;
}

/** A pet that was found, whose owner is locked. */
export interface FoundPet {
  readonly id: string;
  readonly version: bigint;
  readonly pet: Pet;
  readonly owner: PetOwner;
  /** Whether the principal can access its owner. */
  readonly isSeen: boolean;
}

/** What a batch of upserts has found, and locked until it ends. */
export interface FoundPets extends FoundRecords<FoundPet> {
  /** The owners of the pets that were found, and of those that are created. */
  readonly owners: OwnersOfBatch;
}

/** A decided edit. Its custom fields are complete. */
export interface AskedEdit {
  readonly found: FoundPet;
  readonly edit: PetEdit;
  /** Those of the pet after the edit. */
  readonly codes: readonly PetCode[];
}

/** A change that is decided and not stored. */
export interface PlannedPet extends PlannedRecord<FoundPet> {
  /** How many bytes more the pet takes. */
  readonly growth: number;
}

/** A batch of upserts within its transaction. */
export interface PetUpsertUnit<Plan extends PlannedPet = PlannedPet> extends PetBatchUnit {
  /** Finds the pets that match, and locks their owners. */
  find(keys: readonly PlacedPet[]): Promise<FoundPets>;
  /** What an edit changes. Refuses a pet that would grow too large. */
  plan(asked: AskedEdit): Plan | { readonly refusal: DomainError };
}

/** What becomes of the items of a batch, by position. */
export type PetUpsertDecision<Plan extends PlannedPet = PlannedPet> = UpsertDecision<BatchedPet, Plan, FoundPet>;

export interface PetUpsertRepository {
  /** Stores what `decide` decides. It decides again if a concurrent request was faster. */
  store(batch: PetBatch, write: WriteContext, decide: DecidePets): Promise<readonly BatchResult[]>;
}

export type DecidePets = <Plan extends PlannedPet>(unit: PetUpsertUnit<Plan>) => Promise<PetUpsertDecision<Plan>>;
