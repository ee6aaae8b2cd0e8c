import type { RecordTarget } from "../../core/access.js";
import type { Address, AddressRecord } from "../../core/address.js";
import type { CompanyResource } from "../../core/company-resource.js";
import type { Consent, ConsentChange } from "../../core/consent.js";
import type { ConsentProvenance } from "../../core/consent-provenance.js";
import type { Listed } from "../../core/departure.js";
import { DomainError, notFoundError, notFoundInCompany, type Violation } from "../../core/errors.js";
import type { ExternalId } from "../../core/external-id.js";
import { idPrefixes, newId } from "../../core/ids.js";
import type { ErasureCondition } from "../../core/import-entry.js";
import type { ImportedNoteRecord, Note, NotesEdit, WrittenNotes } from "../../core/note.js";
import type { Page, TimeRange } from "../../core/page.js";
import type { ContactPhone } from "../../core/phone/contact-phone.js";
import type { DuplicateView, PossibleDuplicates, RefusingDuplicate } from "../../core/possible-duplicate.js";
import type { ImportAuthors, ImportLookups, ImportTimes } from "../../core/record-import.js";
import type { FieldSearch, NameSearch, RecordOrder } from "../../core/record-search.js";
import type { FieldChange, WriteContext, WriteResult } from "../../core/write.js";
import type { CustomFieldRepository, FieldValues } from "../custom-fields/custom-field.model.js";
import type {
  CreatePreconditions,
  Customer,
  CustomerFields,
  CustomerTransaction,
  NoteWithCreatedTime,
  ReferralSource,
} from "../customers/customer.model.js";
import type { Pet, PetEdit, PetRecord } from "../pets/pet.model.js";
import type { ImportedPetRecord } from "../pets/pet-import.model.js";
import type { Tag, TagReference, TagResolution } from "../setting-lists/tag.model.js";
import type { ActionStatus, LifeCycle } from "./lead-history.model.js";

/** The fields of a lead that clients write. Empty strings mean unknown. */
export interface LeadFields {
  readonly firstName: string;
  readonly lastName: string;
  readonly avatar: string;
  /** E.164, or empty. */
  readonly phone: string;
  readonly email: string;
  readonly address?: Address;
  readonly preferredBusinessId?: string;
  readonly allocateStaffId?: string;
  readonly lifeCycleId?: string;
  readonly actionStatusId?: string;
  readonly referralSourceId?: string;
  /** How the lead found the company, as free text. */
  readonly source: string;
  readonly consent: Consent;
  readonly customFields: FieldValues;
}

/** A lead with its children. */
export interface Lead extends LeadFields {
  readonly companyId: string;
  readonly id: string;
  readonly rawId: bigint;
  /** The first one is `phone`. Empty only if `phone` is empty. */
  readonly phones: readonly ContactPhone[];
  /** By system and id. */
  readonly externalIds: readonly ExternalId[];
  /** In the order in which they were added. */
  readonly pets: readonly Pet[];
  /** Newest notes first, limited in number. */
  readonly notes: readonly Note[];
  readonly tags: readonly Tag[];
  readonly lifeCycle?: LifeCycle;
  readonly actionStatus?: ActionStatus;
  readonly referralSource?: ReferralSource;
  /** Staff ids. Empty means unknown. */
  readonly createdBy: string;
  readonly createdTime: Date;
  readonly lastUpdatedBy: string;
  readonly lastUpdatedTime: Date;
  /** Set once the lead is promoted. It can then no longer be read or changed. */
  readonly promotedCustomerId?: string;
  readonly archived: boolean;
  /** Number of the current version, starting at 1. */
  readonly version: bigint;
}

/** A lead has at most one address, so a new one replaces it and keeps its id. */
export function ownAddress(address: AddressRecord, current?: Address): Address {
  return { ...address, id: current?.id ?? newId(idPrefixes.address) };
}

/** Throws NOT_FOUND for an archived lead, and LEAD_PROMOTED for a promoted one. */
export function assertLead(lead: Lead): Lead {
  if (assertNotPromoted(lead).archived) throw notFoundError("Lead", lead.id);
  return lead;
}

/** Throws LEAD_PROMOTED for a promoted lead. */
export function assertNotPromoted(lead: Lead): Lead {
  if (lead.promotedCustomerId !== undefined) throw leadPromoted(lead.id, lead.promotedCustomerId);
  return lead;
}

/** NOT_FOUND for a promoted lead. The metadata contain the id of its customer. */
export function leadPromoted(id: string, customerId: string): DomainError {
  return new DomainError("LEAD_PROMOTED", "The lead was promoted to a customer.", { metadata: { id, customerId } });
}

/** A validated lead to store. References and idempotency are checked by the database. */
export interface LeadRecord extends LeadFields {
  readonly companyId: string;
  /** The first one is `phone`. */
  readonly phones: readonly ContactPhone[];
  readonly externalIds: readonly ExternalId[];
  readonly pets: readonly PetRecord[];
  readonly notes: readonly string[];
  readonly tags: readonly TagReference[];
  readonly provenance?: ConsentProvenance;
}

/** What CreateLead and imports have in common, with pets as the request has them. */
export interface NewLeadWith<Pet> extends Omit<LeadRecord, "consent" | "address" | "pets" | "notes" | "tags"> {
  readonly consent: ConsentChange;
  readonly address?: AddressRecord;
  readonly pets: readonly Pet[];
}

/** The fields that refer to another resource by id, in the order of their violations. */
export const leadReferenceNames = [
  "preferredBusinessId",
  "allocateStaffId",
  "lifeCycleId",
  "actionStatusId",
  "referralSourceId",
] as const;

export type LeadReferences = Pick<LeadFields, (typeof leadReferenceNames)[number]>;

interface MissingLeadReferences {
  /** References that do not exist in the company or are archived. */
  readonly references: readonly (keyof LeadReferences)[];
  /** Paths of pet codes that do not exist or are archived: `pets[0].pet_codes[1]`. */
  readonly petCodePaths: readonly string[];
}

const fieldOf = {
  preferredBusinessId: "preferred_business_id",
  allocateStaffId: "allocate_staff_id",
  lifeCycleId: "life_cycle.id",
  actionStatusId: "action_status.id",
  referralSourceId: "referral_source.id",
} as const satisfies Record<keyof LeadReferences, string>;

/** Violations for missing references, with paths within the lead. */
export function leadReferenceViolations({ references, petCodePaths }: MissingLeadReferences): Violation[] {
  return [...references.map((reference) => fieldOf[reference]), ...petCodePaths].map((field) => ({
    field,
    reason: "NOT_FOUND",
    description: notFoundInCompany,
  }));
}

/** A lead that a request created, now or earlier. */
export interface CreatedLead {
  readonly lead: Lead;
  readonly duplicates: PossibleDuplicates;
}

type CreateLeadOutcome =
  | ({ readonly kind: "created" } & CreatedLead)
  | { readonly kind: "refused"; readonly missing: MissingLeadReferences; readonly tags: TagResolution }
  /** The company refuses duplicates. */
  | { readonly kind: "duplicate"; readonly refusing: readonly RefusingDuplicate[] }
  /** The company has as many tags as it may have. */
  | { readonly kind: "full"; readonly maxTags: number };

export interface LeadFilter extends NameSearch {
  /** Leads with at least one of these tags. */
  readonly tagIds?: readonly string[];
  /** By update time. Also orders the list by (last updated, id) ascending. */
  readonly lastUpdated?: TimeRange;
  readonly created?: TimeRange;
  readonly lifeCycleId?: string;
  readonly actionStatusId?: string;
  /** E.164. */
  readonly phone?: string;
  /** Case-insensitive. */
  readonly email?: string;
  readonly preferredBusinessIds?: readonly string[];
  readonly allocateStaffIds?: readonly string[];
  readonly referralSourceIds?: readonly string[];
  /** Leads with at least one of these external ids. */
  readonly externalIds?: readonly ExternalId[];
}

export interface LeadQuery {
  readonly companyId: string;
  readonly filter: LeadFilter;
  readonly fields?: readonly FieldSearch[];
  readonly order?: RecordOrder | undefined;
  readonly page: Page;
}

/** The fields that an update replaces. */
export type LeadChange = FieldChange<LeadFields>;

/** The notes and tags of a locked lead, see `CustomerTransaction`. */
export type LeadNotesAndTags = Pick<
  CustomerTransaction,
  "resolveTags" | "replaceTags" | "addTags" | "findNotes" | "addNotes" | "editNote" | "keepNotes"
>;

/** A locked lead within a transaction, see `CustomerTransaction`. */
export interface LeadTransaction extends LeadNotesAndTags {
  /** The state under the lock. */
  readonly lead: Lead;
  /** The custom fields of the company, as this transaction sees them. */
  readonly customFields: CustomFieldRepository;
  /** With a provenance, the consent ledger gets an entry even if the consent is the same. */
  save(change: LeadChange, provenance?: ConsentProvenance): Promise<void>;
  /** Declares that nothing changes, see `CustomerTransaction`. */
  skipUpdate(): void;
  missing(references: LeadReferences): Promise<MissingLeadReferences["references"]>;
  /** Those codes that do not exist in the company or are archived. */
  missingPetCodes(ids: readonly string[]): Promise<readonly string[]>;
  /** Those notes that the pet does not have. */
  missingPetNotes(pet: Pet, ids: readonly string[]): Promise<readonly string[]>;
  /** Does not change the field `phone`. */
  replacePhones(phones: readonly ContactPhone[]): Promise<void>;
  replaceExternalIds(ids: readonly ExternalId[]): Promise<void>;
  addPet(pet: PetRecord): Promise<void>;
  editPet(pet: Pet, edit: PetEdit): Promise<void>;
  removePet(pet: Pet): Promise<void>;
  /** The default stage of the company, if it has one. */
  defaultLifeCycleId(): Promise<string | undefined>;
}

/** A lead that is promoted, as it was read with the custom fields that it needs. */
export type LeadPromotion = Pick<LeadTransaction, "lead" | "customFields">;

export interface PromotedCustomer {
  readonly id: string;
  readonly fields: CustomerFields;
  readonly phones: readonly ContactPhone[];
  readonly address?: Address;
  /** Pets of the lead that become pets of the customer. */
  readonly petIds: readonly string[];
  readonly duplicates: DuplicateView;
}

export type PromotionOutcome =
  | { readonly kind: "promoted"; readonly customer: Customer; readonly mayHaveDuplicates: boolean }
  /** The company refuses duplicates. */
  | { readonly kind: "duplicate"; readonly companyId: string; readonly refusing: readonly RefusingDuplicate[] }
  /** The company has reached its customer limit. */
  | { readonly kind: "quota"; readonly companyId: string; readonly limit: number };

/** The lead after a change (the current one for a replay), and what the change made. */
export interface ChangedLead {
  readonly lead: Lead;
  readonly resourceIds: readonly string[];
  /** Those tags of the change that the lead or its customer has. */
  readonly tags: readonly Tag[];
}

export interface LeadRepository {
  /** Throws NOT_FOUND if a replay finds the lead outside the access filter. */
  create(record: LeadRecord, admission: CreatePreconditions, write: WriteContext): Promise<CreateLeadOutcome>;
  /** Includes promoted and archived leads. Throws AMBIGUOUS_ID like `CustomerRepository.get`. */
  get(target: RecordTarget, signal: AbortSignal): Promise<Lead | undefined>;
  /**
   * Includes promoted and archived leads, and those that left the list, only with a `lastUpdated` filter. Returns one row
   * more than the page size if there is a next page.
   */
  list(query: LeadQuery, signal: AbortSignal): Promise<readonly Listed<Lead>[]>;
  /** Other records with a phone or the email address of the lead. */
  findDuplicates(lead: Lead, view: DuplicateView, signal: AbortSignal): Promise<PossibleDuplicates>;
  /** Runs `work` on the locked lead, see `CustomerRepository.change`. Throws NOT_FOUND and LEAD_PROMOTED. */
  change(
    target: RecordTarget,
    write: WriteContext,
    work: (unit: LeadTransaction) => Promise<WriteResult>,
  ): Promise<ChangedLead>;
  /** See `CustomerRepository.changeNotes`. Throws NOT_FOUND and LEAD_PROMOTED. */
  changeNotes(target: RecordTarget, write: WriteContext, edit: NotesEdit): Promise<WrittenNotes>;
  /** Newest first. Returns one row more than the page size if there is a next page. */
  listNotes(lead: CompanyResource, page: Page, signal: AbortSignal): Promise<readonly NoteWithCreatedTime[]>;
  /**
   * Stores the customer that `decide` makes of the lead. If it makes none, the lead was promoted before. It runs again if
   * another request changes the lead at the same time. Throws NOT_FOUND.
   */
  promote(
    target: RecordTarget,
    write: WriteContext,
    decide: (unit: LeadPromotion) => Promise<PromotedCustomer | undefined>,
  ): Promise<PromotionOutcome>;
}

/** A validated lead migrated from another system. */
interface ImportedLead
  extends Omit<LeadRecord, "pets" | "notes" | "tags">,
    Required<ImportTimes>,
    Required<ImportAuthors> {
  readonly pets: readonly ImportedPetRecord[];
  readonly notes: readonly ImportedNoteRecord[];
  readonly tags: readonly Tag[];
}

/** The import of one lead within a transaction. An error rolls it back. */
export interface LeadImportUnit extends ImportLookups, Pick<LeadNotesAndTags, "resolveTags"> {
  /** The same as `isErased` for a pet. */
  isPetErased(id: string): Promise<boolean>;
  missing(references: LeadReferences): Promise<MissingLeadReferences["references"]>;
  /** Those codes that do not exist in the company or are archived. */
  missingPetCodes(ids: readonly string[]): Promise<readonly string[]>;
  /** Stores the lead with its pets. Without a life cycle stage it gets the default of the company. */
  insert(lead: ImportedLead): Promise<void>;
}

/** Storage of lead administration. Methods throw NOT_FOUND and LEAD_PROMOTED. */
export interface LeadAdminRepository {
  /** Archives or restores the lead. Does nothing if the state is already as requested. */
  setArchived(target: RecordTarget, archived: boolean, write: WriteContext): Promise<Lead>;
  /** Erases the lead with its pets, and references in other records (docs/erasure.md). */
  erase(target: RecordTarget, write: WriteContext, condition?: ErasureCondition): Promise<void>;
  /**
   * Runs `work` unless this is a replay, and returns the lead. Throws NOT_FOUND if a replay finds it outside the access
   * filter.
   */
  import(
    target: RecordTarget & CompanyResource,
    write: WriteContext,
    work: (unit: LeadImportUnit) => Promise<void>,
  ): Promise<Lead>;
}
