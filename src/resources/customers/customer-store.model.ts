import type { AddressRecord } from "../../core/address.js";
import type { Consent } from "../../core/consent.js";
import type { Note } from "../../core/note.js";
import type { Page, TimeRange } from "../../core/page.js";
import type { AccessFilter } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type { FieldValues } from "../custom-fields/custom-field-values.model.js";
import type { CustomFieldRepository } from "../setting-lists/setting-store.model.js";
import type { Tag, TagReference, TagResolution } from "../setting-lists/tag.model.js";
import type { Customer, CustomerStatus, Preference } from "./customer.model.js";

/** A customer to store, checked but for what only the database knows: references, quota, idempotency. */
export interface CustomerRecord {
  readonly companyId: string;
  readonly preferredBusinessId: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly phone: string;
  readonly email: string;
  readonly address?: AddressRecord;
  readonly preference: Preference;
  readonly consent: Consent;
  readonly tags: readonly TagReference[];
  readonly notes: readonly string[];
  readonly referralSourceId?: string;
  readonly assignedStaffId?: string;
  readonly source: string;
  readonly colorCode: string;
  readonly customFields: FieldValues;
}

/** Resources a customer may point to, by id. */
export interface References {
  readonly preferredBusinessId?: string;
  readonly referralSourceId?: string;
  readonly assignedStaffId?: string;
}

/** Which references do not exist in the company, or are archived there. */
export type MissingReferences = readonly (keyof References)[];

export type CreateOutcome =
  | { readonly kind: "created"; readonly customer: Customer }
  | { readonly kind: "refused"; readonly missing: MissingReferences; readonly tags: TagResolution }
  | { readonly kind: "quota"; readonly limit: number };

export interface CustomerFilter {
  /** Changed within; also turns the order to (last updated, id) ascending and shows archived customers. */
  readonly lastUpdated?: TimeRange;
  readonly created?: TimeRange;
  /** E.164. */
  readonly phone?: string;
  /** Matched whatever its case. */
  readonly email?: string;
  /** Carrying any of these tags. */
  readonly tagIds?: readonly string[];
  readonly preferredBusinessIds?: readonly string[];
  readonly referralSourceIds?: readonly string[];
}

export interface CustomerQuery {
  readonly companyId: string;
  readonly filter: CustomerFilter;
  readonly page: Page;
}

/** The customer that a call names by id. */
export interface CustomerTarget {
  readonly accessFilter: AccessFilter;
  readonly id: string;
}

/** The columns of a customer that an update replaces; absent = kept. */
export interface CustomerChange {
  readonly preferredBusinessId?: string;
  readonly avatar?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly phone?: string;
  readonly email?: string;
  readonly status?: CustomerStatus;
  readonly colorCode?: string;
  readonly source?: string;
  readonly preference?: Preference;
  readonly consent?: Consent;
  /** null clears. */
  readonly referralSourceId?: string | null;
  readonly assignedStaffId?: string | null;
  readonly customFields?: FieldValues;
}

/**
 * One customer under lock, inside one transaction. Everything done through it is committed together with the new
 * version, the change row and the idempotency claim; any error undoes all.
 */
export interface CustomerTransaction {
  /** The locked state. */
  readonly customer: Customer;
  /** The company's custom fields, as the transaction sees them. */
  readonly customFields: CustomFieldRepository;
  save(change: CustomerChange): Promise<void>;
  /** The work changes nothing after all: version, time and author stay, and nothing is recorded. */
  skipUpdate(): void;
  missing(references: References): Promise<MissingReferences>;
  /** Finds tags, creating those that only have a new name when `mayCreate`; an archived one only if it is carried. */
  resolveTags(
    references: readonly TagReference[],
    mayCreate: boolean,
  ): Promise<TagResolution & { readonly tags: readonly Tag[] }>;
  /** The customer's tags become exactly these, in this order. */
  replaceTags(tags: readonly Tag[]): Promise<void>;
  /** Adds tags behind those it has; those it has already stay where they are. */
  addTags(tags: readonly Tag[]): Promise<void>;
  addAddress(address: AddressRecord): Promise<void>;
  editAddress(id: string, address: AddressRecord): Promise<void>;
  removeAddress(id: string): Promise<void>;
  /** Which of these notes belong to the customer, the newest first. */
  findNotes(ids: readonly string[]): Promise<readonly Note[]>;
  addNotes(texts: readonly string[]): Promise<readonly Note[]>;
  editNote(id: string, text: string): Promise<void>;
  /** Removes every note but these. */
  keepNotes(ids: readonly string[]): Promise<void>;
  removeNote(id: string): Promise<void>;
}

/** What the domain has decided before a create reaches the database. */
export interface CreatePreconditions {
  /** What the caller may see: a replay shows the record as it now is, and it may have moved away. */
  readonly accessFilter: AccessFilter;
  /** false = store nothing, but tell what else is wrong; a replay is still answered. */
  readonly admit: boolean;
  /** Tags named by a new name may be created. */
  readonly mayCreateTags: boolean;
}

export interface NoteWithCreatedTime extends Note {
  readonly createdTime: Date;
}

export interface CustomerRepository {
  /** NOT_FOUND when a replay finds the customer outside the accessFilter by now. */
  create(record: CustomerRecord, admission: CreatePreconditions, write: WriteContext): Promise<CreateOutcome>;
  /** Throws AMBIGUOUS_ID when the id names customers of two companies that the caller sees. */
  get(target: CustomerTarget, signal: AbortSignal): Promise<Customer | undefined>;
  /** One row more than the page's size tells that there is a next page. */
  list(query: CustomerQuery, signal: AbortSignal): Promise<readonly Customer[]>;
  listNotes(target: CustomerTarget, page: Page, signal: AbortSignal): Promise<readonly NoteWithCreatedTime[]>;
  /**
   * Runs `work` on the locked customer and returns the ids of what it made. Replays and twins of the same claim
   * return the ids of the first call without running it. NOT_FOUND and RESOURCE_ARCHIVED are thrown here.
   */
  change(
    target: CustomerTarget,
    write: WriteContext,
    work: (unit: CustomerTransaction) => Promise<readonly string[]>,
  ): Promise<ChangedCustomer>;
}

/** The customer after a change (or now, for a replay) and the ids of what the change made. */
export interface ChangedCustomer {
  readonly customer: Customer;
  readonly resourceIds: readonly string[];
  /** Those of the notes among the ids that still exist, in the order of the ids. */
  readonly notes: readonly Note[];
}

export interface CardLinkRepository {
  /**
   * Stores a link for the customer and returns its token. Every call without a claim mints a new one.
   *
   * @param lifetimeMs counted by the database's clock
   */
  mint(target: CustomerTarget, lifetimeMs: number, write: WriteContext): Promise<string>;
}
