import type { Page, TimeRange } from "../../core/page.js";
import type { WriteContext, WriteResult } from "../../core/write.js";
import type { CustomerTarget } from "../customers/customer.model.js";
import type { Pet, PetEdit, PetNote, PetNoteWithCreatedTime, PetRecord } from "./pet.model.js";

/** Identifies a pet of a customer. */
export interface PetTarget {
  readonly customer: CustomerTarget;
  readonly id: string;
}

export interface PetFilter {
  readonly customerIds?: readonly string[];
  /** By update time. Also orders the list by (last updated, id) ascending and includes archived pets. */
  readonly lastUpdated?: TimeRange;
  /** Pets of customers of one of these locations. */
  readonly businessIds?: readonly string[];
}

export interface PetQuery {
  readonly companyId: string;
  readonly filter: PetFilter;
  readonly page: Page;
}

/** A locked customer that gets a new pet, within a transaction. */
export interface NewPetUnit {
  /** The number of pets of the customer that are not archived. */
  countPets(): Promise<number>;
  /** Those codes that do not exist in the company or are archived. */
  missingCodes(ids: readonly string[]): Promise<readonly string[]>;
  /** Returns the id of the new pet. */
  add(pet: PetRecord): Promise<string>;
}

/**
 * A locked pet within a transaction. All changes are committed together with the new version, the audit log entry and
 * the idempotency claim. An error rolls them back.
 */
export interface PetTransaction {
  /** The state under the lock. */
  readonly pet: Pet;
  missingCodes(ids: readonly string[]): Promise<readonly string[]>;
  /**
   * Applies the edit and updates version and time of the pet. Returns the ids of the added notes. May be called only
   * once.
   */
  edit(edit: PetEdit): Promise<readonly string[]>;
}

/** The pet after a change (the current one for a replay), and the ids of the changed records. */
export interface ChangedPet {
  readonly pet: Pet;
  readonly resourceIds: readonly string[];
  /** Those ids that are notes of the pet, in the order given. */
  readonly notes: readonly PetNote[];
}

/**
 * Pets of customers. Methods throw NOT_FOUND if the customer is inaccessible or does not have the pet, and AMBIGUOUS_ID
 * if customers of several accessible companies have the id.
 */
export interface PetRepository {
  get(target: PetTarget, signal: AbortSignal): Promise<Pet>;
  /** Newest first, at most `maxPetsOfCustomer`, excluding archived pets. */
  listOfCustomer(customer: CustomerTarget, signal: AbortSignal): Promise<readonly Pet[]>;
  /** Returns one row more than the page size if there is a next page. */
  list(query: PetQuery, signal: AbortSignal): Promise<readonly Pet[]>;
  /** Newest first. Returns one row more than the page size if there is a next page. */
  listNotes(target: PetTarget, page: Page, signal: AbortSignal): Promise<readonly PetNoteWithCreatedTime[]>;
  /** The companies in which the principal can access a customer with this id. */
  companiesOf(customer: CustomerTarget, signal: AbortSignal): Promise<readonly string[]>;
  /**
   * Runs `work` on the locked customer. Replays and concurrent duplicates return the pet of the first request without
   * running it.
   */
  create(customer: CustomerTarget, write: WriteContext, work: (unit: NewPetUnit) => Promise<string>): Promise<Pet>;
  /**
   * Runs `work` on the locked pet and returns the ids of the records it changed. Replays and concurrent duplicates
   * return the ids of the first request without running it. Throws RESOURCE_ARCHIVED, like `create`.
   */
  change(
    target: PetTarget,
    write: WriteContext,
    work: (unit: PetTransaction) => Promise<WriteResult>,
  ): Promise<ChangedPet>;
}
