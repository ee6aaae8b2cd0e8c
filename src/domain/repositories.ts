import type { Caller, Visibility } from "./caller.js";
import type { Consent } from "./consent.js";
import type { FieldDefinition, FieldValues, RelationTarget } from "./custom-fields.js";
import type { Address, Customer, CustomerStatus, Note, Preference, ReferralSource } from "./customer.js";
import type { Business, Company, Staff } from "./directory.js";
import type { Lead } from "./lead.js";
import type { Page, TimeRange } from "./page.js";
import type { Pet, PetEdit, PetRecord } from "./pet.js";
import type { Tag, TagReference, TagResolution } from "./tags.js";
import type { Write } from "./write.js";

/** What a presented secret is worth at this moment. */
export interface KeyGrant {
  readonly caller: Caller;
  /** Single addresses or CIDR ranges the key may call from; empty = anywhere. */
  readonly allowedAddresses: readonly string[];
}

/** Looks a secret up. Throws DomainError KEY_UNKNOWN, KEY_EXPIRED or KEY_REVOKED. */
export interface KeyChecker {
  /**
   * @param secrets the readings of the credential, in order of likelihood (`Basic` has three); the first known one counts
   */
  check(secrets: readonly string[]): Promise<KeyGrant>;
}

// Customers -----------------------------------------------------------------------------------------------------------

/** An address without its id. */
export type AddressRecord = Omit<Address, "id">;

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
  readonly visibility: Visibility;
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
export interface CustomerUnit {
  /** The locked state. */
  readonly customer: Customer;
  save(change: CustomerChange): Promise<void>;
  missing(references: References): Promise<MissingReferences>;
  /** Finds tags, creating those that only have a new name when `mayCreate`. */
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
export interface Admission {
  /** false = store nothing, but tell what else is wrong; a replay is still answered. */
  readonly admit: boolean;
  /** Tags named by a new name may be created. */
  readonly mayCreateTags: boolean;
}

export interface DatedNote extends Note {
  readonly createdTime: Date;
}

export interface CustomerRepository {
  create(record: CustomerRecord, admission: Admission, write: Write): Promise<CreateOutcome>;
  /** Throws AMBIGUOUS_ID when the id names customers of two companies that the caller sees. */
  get(target: CustomerTarget, signal: AbortSignal): Promise<Customer | undefined>;
  /** One row more than the page's size tells that there is a next page. */
  list(query: CustomerQuery, signal: AbortSignal): Promise<readonly Customer[]>;
  listNotes(target: CustomerTarget, page: Page, signal: AbortSignal): Promise<readonly DatedNote[]>;
  /**
   * Runs `work` on the locked customer and returns the ids of what it made. Replays and twins of the same claim
   * return the ids of the first call without running it. NOT_FOUND and RESOURCE_ARCHIVED are thrown here.
   */
  change(
    target: CustomerTarget,
    write: Write,
    work: (unit: CustomerUnit) => Promise<readonly string[]>,
  ): Promise<ChangedCustomer>;
}

/** The customer after a change (or now, for a replay) and the ids of what the change made. */
export interface ChangedCustomer {
  readonly customer: Customer;
  readonly resourceIds: readonly string[];
  /** Those of the notes among the ids that still exist, in the order of the ids. */
  readonly notes: readonly Note[];
}

// Leads ---------------------------------------------------------------------------------------------------------------

/** A lead to store, checked but for what only the database knows: references and idempotency. */
export interface LeadRecord {
  readonly companyId: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly avatar: string;
  readonly phone: string;
  readonly email: string;
  readonly address?: AddressRecord;
  readonly pets: readonly PetRecord[];
  readonly preferredBusinessId?: string;
  readonly allocateStaffId?: string;
  /** Absent = the company's default stage. */
  readonly lifeCycleId?: string;
  readonly actionStatusId?: string;
  readonly referralSourceId?: string;
  readonly consent: Consent;
  readonly customFields: FieldValues;
}

/** Resources a lead may point to, by id. */
export type LeadReferences = Pick<
  LeadRecord,
  "preferredBusinessId" | "allocateStaffId" | "lifeCycleId" | "actionStatusId" | "referralSourceId"
>;

export interface MissingLeadReferences {
  /** Which do not exist in the company, or are archived there. */
  readonly references: readonly (keyof LeadReferences)[];
  /** Paths of pet codes that do not exist or are archived: `pets[0].pet_codes[1]`. */
  readonly petCodePaths: readonly string[];
}

export type CreateLeadOutcome =
  | { readonly kind: "created"; readonly lead: Lead }
  | { readonly kind: "refused"; readonly missing: MissingLeadReferences };

export interface LeadFilter {
  /** Changed within; also turns the order to (last updated, id) ascending. */
  readonly lastUpdated?: TimeRange;
  readonly created?: TimeRange;
  readonly lifeCycleId?: string;
  readonly actionStatusId?: string;
  /** E.164. */
  readonly phone?: string;
  /** Matched whatever its case. */
  readonly email?: string;
  readonly preferredBusinessIds?: readonly string[];
  readonly allocateStaffIds?: readonly string[];
  readonly referralSourceIds?: readonly string[];
}

export interface LeadQuery {
  readonly companyId: string;
  readonly filter: LeadFilter;
  readonly page: Page;
}

/** The lead that a call names by id. */
export interface LeadTarget {
  readonly visibility: Visibility;
  readonly id: string;
}

/** The columns of a lead that an update replaces; absent = kept, null clears. */
export interface LeadChange {
  readonly firstName?: string;
  readonly lastName?: string;
  readonly avatar?: string;
  readonly phone?: string;
  readonly email?: string;
  readonly address?: AddressRecord | null;
  readonly preferredBusinessId?: string | null;
  readonly allocateStaffId?: string | null;
  readonly lifeCycleId?: string | null;
  readonly actionStatusId?: string | null;
  readonly referralSourceId?: string | null;
  readonly consent?: Consent;
  readonly customFields?: FieldValues;
}

/** One lead under lock, inside one transaction; see CustomerUnit. */
export interface LeadUnit {
  /** The locked state. */
  readonly lead: Lead;
  save(change: LeadChange): Promise<void>;
  missing(references: LeadReferences): Promise<MissingLeadReferences["references"]>;
  /** Which of these codes do not exist in the company or are archived there. */
  missingPetCodes(ids: readonly string[]): Promise<readonly string[]>;
  addPet(pet: PetRecord): Promise<void>;
  editPet(pet: Pet, edit: PetEdit): Promise<void>;
  removePet(id: string): Promise<void>;
  /** The company's default stage, if it has one. */
  defaultLifeCycleId(): Promise<string | undefined>;
}

export type PromotionOutcome =
  | { readonly kind: "promoted"; readonly customer: Customer }
  | { readonly kind: "quota"; readonly companyId: string; readonly limit: number };

export interface LeadRepository {
  create(record: LeadRecord, admission: Pick<Admission, "admit">, write: Write): Promise<CreateLeadOutcome>;
  /** Promoted and archived leads included. Throws AMBIGUOUS_ID as CustomerRepository.get does. */
  get(target: LeadTarget, signal: AbortSignal): Promise<Lead | undefined>;
  /** Neither promoted nor archived ones. One row more than the page's size tells that there is a next page. */
  list(query: LeadQuery, signal: AbortSignal): Promise<readonly Lead[]>;
  /** Runs `work` on the locked lead; see CustomerRepository.change. NOT_FOUND and LEAD_PROMOTED are thrown here. */
  change(target: LeadTarget, write: Write, work: (unit: LeadUnit) => Promise<void>): Promise<Lead>;
  /** Turns the lead into a customer; a promoted one answers its customer again. */
  promote(target: LeadTarget, write: Write): Promise<PromotionOutcome>;
}

export interface CardLinkRepository {
  /**
   * Stores a link for the customer and returns its token. Every call without a claim mints a new one.
   *
   * @param lifetimeMs counted by the database's clock
   */
  mint(target: CustomerTarget, lifetimeMs: number, write: Write): Promise<string>;
}

// Settings and directory ----------------------------------------------------------------------------------------------

export interface SettingRepository {
  listTags(companyId: string, showArchived: boolean, signal: AbortSignal): Promise<readonly Tag[]>;
  listReferralSources(
    companyId: string,
    showArchived: boolean,
    signal: AbortSignal,
  ): Promise<readonly (ReferralSource & { readonly archived: boolean })[]>;
}

export interface CustomFieldRepository {
  /** Definitions for customers or for leads, archived ones included. */
  definitions(
    companyId: string,
    association: "CUSTOMER" | "LEAD",
    signal: AbortSignal,
  ): Promise<readonly FieldDefinition[]>;
  /** Codes whose target does not exist in the company. */
  missingRelations(
    companyId: string,
    targets: readonly RelationTarget[],
    signal: AbortSignal,
  ): Promise<readonly string[]>;
}

export interface DirectoryRepository {
  getCompany(visibility: Visibility, id: string, signal: AbortSignal): Promise<Company | undefined>;
  listCompanies(visibility: Visibility, page: Page, signal: AbortSignal): Promise<readonly Company[]>;
  getBusiness(visibility: Visibility, id: string, signal: AbortSignal): Promise<Business | undefined>;
  listBusinesses(visibility: Visibility, page: Page, signal: AbortSignal): Promise<readonly Business[]>;
  getStaff(visibility: Visibility, id: string, signal: AbortSignal): Promise<Staff | undefined>;
  listStaff(visibility: Visibility, page: Page, signal: AbortSignal): Promise<readonly Staff[]>;
}
