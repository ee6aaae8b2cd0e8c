import type { Page, TimeRange } from "../../core/page.js";
import type { WriteContext } from "../../core/write.js";
import type { CustomerTarget } from "../customers/customer-store.model.js";
import type { Pet, PetEdit, PetNote, PetNoteWithCreatedTime, PetRecord } from "./pet.model.js";

/** The pet that a call names, of the customer that it names. */
export interface PetTarget {
  readonly customer: CustomerTarget;
  readonly id: string;
}

export interface PetFilter {
  readonly customerIds?: readonly string[];
  /** Changed within; also turns the order to (last updated, id) ascending and shows archived pets. */
  readonly lastUpdated?: TimeRange;
  /** Owned by a customer of one of these locations. */
  readonly businessIds?: readonly string[];
}

export interface PetQuery {
  readonly companyId: string;
  readonly filter: PetFilter;
  readonly page: Page;
}

/** One customer under lock, to whom a pet is added inside one transaction. */
export interface NewPetUnit {
  /** How many pets the customer has that are not archived. */
  countPets(): Promise<number>;
  /** Which of these codes do not exist in the company or are archived there. */
  missingCodes(ids: readonly string[]): Promise<readonly string[]>;
  /** The id of the new pet. */
  add(pet: PetRecord): Promise<string>;
}

/**
 * One pet under lock, inside one transaction. What is done through it is committed together with the new version, the
 * change row and the idempotency claim; any error undoes all.
 */
export interface PetTransaction {
  /** The locked state. */
  readonly pet: Pet;
  missingCodes(ids: readonly string[]): Promise<readonly string[]>;
  /** Moves the version and the time of the pet; returns the ids of the notes that were added. Call it once at most. */
  edit(edit: PetEdit): Promise<readonly string[]>;
}

/** The pet after a change (or now, for a replay) and the ids of what the change was about. */
export interface ChangedPet {
  readonly pet: Pet;
  readonly resourceIds: readonly string[];
  /** Those of the ids that are notes of the pet, in the order of the ids. */
  readonly notes: readonly PetNote[];
}

/**
 * Pets of customers. NOT_FOUND is thrown here: for a customer that the caller does not see, and for a pet that is not the
 * customer's. An id that names customers of two companies throws AMBIGUOUS_ID.
 */
export interface PetRepository {
  get(target: PetTarget, signal: AbortSignal): Promise<Pet>;
  /** Newest first, at most `maxPetsOfCustomer`, none archived. */
  listOfCustomer(customer: CustomerTarget, signal: AbortSignal): Promise<readonly Pet[]>;
  /** One row more than the page's size tells that there is a next page; so too for notes. */
  list(query: PetQuery, signal: AbortSignal): Promise<readonly Pet[]>;
  /** Newest first. */
  listNotes(target: PetTarget, page: Page, signal: AbortSignal): Promise<readonly PetNoteWithCreatedTime[]>;
  /** The companies in which the caller sees a customer of this id. */
  companiesOf(customer: CustomerTarget, signal: AbortSignal): Promise<readonly string[]>;
  /** Runs `work` on the locked customer; replays and twins of the same claim return the first call's pet without it. */
  create(customer: CustomerTarget, write: WriteContext, work: (unit: NewPetUnit) => Promise<string>): Promise<Pet>;
  /**
   * Runs `work` on the locked pet and returns the ids of what it was about. Replays and twins of the same claim return
   * those of the first call without it. RESOURCE_ARCHIVED is thrown here, as by `create`.
   */
  change(
    target: PetTarget,
    write: WriteContext,
    work: (unit: PetTransaction) => Promise<readonly string[]>,
  ): Promise<ChangedPet>;
}
