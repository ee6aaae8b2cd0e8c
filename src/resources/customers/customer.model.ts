import type { AccessFilter } from "../../core/access.js";
import type { Address, AddressRecord } from "../../core/address.js";
import type { Consent } from "../../core/consent.js";
import type { ConsentProvenance } from "../../core/consent-provenance.js";
import type { Listed } from "../../core/departure.js";
import { enumeration, type WordOf } from "../../core/enumeration.js";
import { DomainError, invalidRequest, notFoundInCompany, type Violation } from "../../core/errors.js";
import type { ExternalId } from "../../core/external-id.js";
import type { Note, NotesEdit, WrittenNotes } from "../../core/note.js";
import type { Page, TimeRange } from "../../core/page.js";
import type { ContactPhone } from "../../core/phone/contact-phone.js";
import type { DuplicateView, PossibleDuplicates, RefusingDuplicate } from "../../core/possible-duplicate.js";
import type { Preference } from "../../core/preference.js";
import { prefixPaths } from "../../core/record-import.js";
import type { FieldSearch, NameSearch, RecordOrder } from "../../core/record-search.js";
import type { FieldChange, WriteContext, WriteResult } from "../../core/write.js";
import type { CustomFieldRepository, DefinitionQuery, FieldValues } from "../custom-fields/custom-field.model.js";
import type { LeadSummary } from "../leads/lead-history.model.js";
import { type Tag, type TagReference, type TagResolution, tagViolations } from "../setting-lists/tag.model.js";

/** Maximum number of addresses per customer. */
export const maxAddresses = 10;

export const customerStatuses = enumeration("ACTIVE", "INACTIVE");

export type CustomerStatus = WordOf<typeof customerStatuses>;

export interface ReferralSource {
  readonly id: string;
  readonly name: string;
  readonly archived: boolean;
}

/** The fields of a customer that clients write. Empty strings mean unknown. */
export interface CustomerFields {
  readonly preferredBusinessId?: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly avatar: string;
  /** E.164. Empty only for a customer promoted from a lead without a phone number. */
  readonly phone: string;
  readonly email: string;
  readonly status: CustomerStatus;
  readonly colorCode: string;
  readonly source: string;
  readonly preference: Preference;
  readonly consent: Consent;
  readonly referralSourceId?: string;
  readonly assignedStaffId?: string;
  readonly customFields: FieldValues;
  /** Times, by the names of the published fields. */
  readonly lastAppointmentDate?: Date;
  readonly nextAppointmentDate?: Date;
}

/** The fields that CreateCustomer cannot set. */
export const newCustomerFields = { avatar: "", status: "ACTIVE" } as const satisfies Partial<CustomerFields>;

/** A customer with its children. */
export interface Customer extends CustomerFields {
  readonly companyId: string;
  readonly id: string;
  readonly rawId: bigint;
  /** The first one is `phone`. Empty only if `phone` is empty. */
  readonly phones: readonly ContactPhone[];
  readonly addresses: readonly Address[];
  /** By system and id. */
  readonly externalIds: readonly ExternalId[];
  readonly createdBy: string;
  readonly createdTime: Date;
  readonly lastUpdatedBy: string;
  readonly lastUpdatedTime: Date;
  /** Newest notes first, limited in number. */
  readonly notes: readonly Note[];
  readonly tags: readonly Tag[];
  readonly referralSource?: ReferralSource;
  readonly upcomingAppointmentsUrl: string;
  readonly archived: boolean;
  readonly sourceLeadId?: string;
  readonly leadSummary?: LeadSummary;
  /** Number of the current version, starting at 1. */
  readonly version: bigint;
}

/** A validated customer to store. References, customer limit and idempotency are checked by the database. */
export interface CustomerRecord extends Omit<CustomerFields, keyof typeof newCustomerFields> {
  readonly companyId: string;
  readonly preferredBusinessId: string;
  /** The first one is `phone`. */
  readonly phones: readonly ContactPhone[];
  readonly address?: AddressRecord;
  readonly tags: readonly TagReference[];
  readonly notes: readonly string[];
  readonly externalIds: readonly ExternalId[];
  readonly provenance?: ConsentProvenance;
}

/** Resources that a customer refers to, by id. */
export interface References {
  readonly preferredBusinessId?: string;
  readonly referralSourceId?: string;
  readonly assignedStaffId?: string;
}

/** References that do not exist in the company or are archived. */
export type MissingReferences = readonly (keyof References)[];

/** A customer that a request created, now or earlier. */
export interface CreatedCustomer {
  readonly customer: Customer;
  readonly duplicates: PossibleDuplicates;
}

export type CreateOutcome =
  | ({ readonly kind: "created" } & CreatedCustomer)
  | { readonly kind: "refused"; readonly missing: MissingReferences; readonly tags: TagResolution }
  /** The company has custom fields that a create fills in or requires, although none were assumed. */
  | { readonly kind: "expectsFields" }
  /** The company refuses duplicates. */
  | { readonly kind: "duplicate"; readonly refusing: readonly RefusingDuplicate[] }
  /** The company has no room for the new tags. */
  | { readonly kind: "full"; readonly maxTags: number }
  | { readonly kind: "quota"; readonly limit: number };

export interface CustomerFilter extends NameSearch {
  /** By update time. Also orders the list by (last updated, id) ascending and includes archived customers. */
  readonly lastUpdated?: TimeRange;
  readonly created?: TimeRange;
  /** E.164. */
  readonly phone?: string;
  /** Case-insensitive. */
  readonly email?: string;
  /** Customers with at least one of these tags. */
  readonly tagIds?: readonly string[];
  readonly preferredBusinessIds?: readonly string[];
  readonly ids?: readonly string[];
  readonly referralSourceIds?: readonly string[];
  readonly statuses?: readonly CustomerStatus[];
  readonly assignedStaffIds?: readonly string[];
  /** Customers with at least one of these external ids. */
  readonly externalIds?: readonly ExternalId[];
}

interface CustomerQuery {
  readonly companyId: string;
  readonly filter: CustomerFilter;
  readonly fields?: readonly FieldSearch[];
  readonly order?: RecordOrder | undefined;
  readonly page: Page;
}

/** The customer that a request names by id. */
export interface CustomerTarget {
  readonly accessFilter: AccessFilter;
  readonly id: string;
}

/** The fields that an update replaces. */
export type CustomerChange = FieldChange<CustomerFields>;

/** What a change needs to know beside the customer. It is read with it. */
export interface CustomerQuestions {
  readonly references?: References;
  readonly noteIds?: readonly string[];
  readonly tags?: readonly TagReference[];
  readonly customFields?: Pick<DefinitionQuery, "codes" | "withExpected">;
}

/**
 * A change of a customer. It is stored in one statement with the new version, the audit log entry and the idempotency
 * claim, if the customer is still as it was read. Its methods only take notes, and answer the questions asked before.
 */
export interface CustomerTransaction {
  /** The state that the change depends on. */
  readonly customer: Customer;
  /** The custom fields of the questions. */
  readonly customFields: CustomFieldRepository;
  /** With a provenance, the consent ledger gets an entry even if the consent is the same. */
  save(change: CustomerChange, provenance?: ConsentProvenance): Promise<void>;
  /** Declares that nothing changes: version, time and actor are unchanged, and no audit log entry is written. */
  skipUpdate(): void;
  missing(references: References): Promise<MissingReferences>;
  /**
   * Resolves tags and, if `mayCreate`, creates those whose name does not exist. An archived tag is accepted only if the
   * customer already has it.
   */
  resolveTags(
    references: readonly TagReference[],
    mayCreate: boolean,
  ): Promise<TagResolution & { readonly tags: readonly Tag[] }>;
  /** Replaces the tags of the customer, in this order. */
  replaceTags(tags: readonly Tag[]): Promise<void>;
  /** Appends tags. Tags that the customer already has keep their position. */
  addTags(tags: readonly Tag[]): Promise<void>;
  /** Does not change the field `phone`. */
  replacePhones(phones: readonly ContactPhone[]): Promise<void>;
  replaceExternalIds(ids: readonly ExternalId[]): Promise<void>;
  addAddress(address: AddressRecord): Promise<void>;
  editAddress(id: string, address: AddressRecord): Promise<void>;
  removeAddress(id: string): Promise<void>;
  /** Those notes that belong to the customer, newest first. */
  findNotes(ids: readonly string[]): Promise<readonly Note[]>;
  addNotes(texts: readonly string[]): Promise<void>;
  editNote(id: string, text: string): Promise<void>;
  /** Removes all other notes. */
  keepNotes(ids: readonly string[]): Promise<void>;
}

/** Decisions made before a create reaches the database. */
export interface CreatePreconditions {
  /** The access filter for replays: they return the current record, which may have moved to another location. */
  readonly accessFilter: AccessFilter;
  /** If false, nothing is stored and the remaining violations are reported. Replays are still returned. */
  readonly admit: boolean;
  /** Whether tags with a new name may be created. */
  readonly mayCreateTags: boolean;
  readonly duplicates: DuplicateView;
}

export interface CustomerPreconditions extends CreatePreconditions {
  /** Whether the custom fields were not checked, because the request has none and the company may expect none. */
  readonly assumesNoFields: boolean;
}

export interface NoteWithCreatedTime extends Note {
  readonly createdTime: Date;
}

export interface CustomerRepository {
  /** Throws NOT_FOUND if a replay finds the customer outside the access filter. */
  create(record: CustomerRecord, admission: CustomerPreconditions, write: WriteContext): Promise<CreateOutcome>;
  /** Throws AMBIGUOUS_ID if customers of several accessible companies have the id. */
  get(target: CustomerTarget, signal: AbortSignal): Promise<Customer | undefined>;
  /** Returns one row more than the page size if there is a next page. */
  list(query: CustomerQuery, signal: AbortSignal): Promise<readonly Listed<Customer>[]>;
  /** Other records with a phone or the email address of the customer. */
  findDuplicates(customer: Customer, view: DuplicateView, signal: AbortSignal): Promise<PossibleDuplicates>;
  listNotes(target: CustomerTarget, page: Page, signal: AbortSignal): Promise<readonly NoteWithCreatedTime[]>;
  /**
   * Stores a change of notes. Its decision is not made for a replay, and is made again if another request changes the
   * customer at the same time. Throws NOT_FOUND and RESOURCE_ARCHIVED.
   */
  changeNotes(target: CustomerTarget, write: WriteContext, edit: NotesEdit): Promise<WrittenNotes>;
  /**
   * Stores what `work` decides, and returns the ids of the records it created. `work` runs again if another request
   * changes the customer at the same time. Replays and concurrent duplicates return the ids of the first request without
   * running `work`. Throws NOT_FOUND and RESOURCE_ARCHIVED.
   */
  change(
    target: CustomerTarget,
    write: WriteContext,
    questions: CustomerQuestions,
    work: (unit: CustomerTransaction) => Promise<WriteResult>,
  ): Promise<ChangedCustomer>;
}

/** The customer after a change (the current one for a replay), and the ids of the created records. */
export interface ChangedCustomer {
  readonly customer: Customer;
  readonly resourceIds: readonly string[];
}

export interface CardLinkRepository {
  /**
   * Stores a link for the customer and returns its token. Every call without an idempotency claim creates a new one.
   *
   * @param lifetimeMs by the clock of the database
   */
  mint(target: CustomerTarget, lifetimeMs: number, write: WriteContext): Promise<string>;
}

const fieldOf = {
  preferredBusinessId: "preferred_business_id",
  referralSourceId: "referral_source.id",
  assignedStaffId: "assigned_staff_id",
} as const satisfies Record<keyof References, string>;

interface RefusedReferences {
  readonly missing: MissingReferences;
  readonly tags: TagResolution;
  /** The tags as in the request. */
  readonly references: readonly TagReference[];
  /** Violations that were found before. */
  readonly violations: readonly Violation[];
  /** Message of the request that has the references. Absent for the request itself. */
  readonly within?: string | undefined;
}

/**
 * The error for references to nonexistent or archived records or to those of another tenant: INVALID_ARGUMENT with all
 * field paths. PERMISSION_DENIED if a tag would have to be created without the required scope. Undefined if there is no
 * violation.
 */
export function referenceError({
  missing,
  tags,
  references,
  violations,
  within,
}: RefusedReferences): DomainError | undefined {
  const found = [
    ...missing.map((reference) => ({
      field: fieldOf[reference],
      reason: "NOT_FOUND" as const,
      description: notFoundInCompany,
    })),
    ...tagViolations(references, tags),
  ];
  const all = [...violations, ...(within === undefined ? found : prefixPaths(within, found))];
  if (tags.forbiddenPositions.length > 0) {
    return new DomainError("SCOPE_REQUIRED", "Creating a tag by name requires the scope setting:write.", {
      metadata: { scope: "setting:write" },
    });
  }
  if (all.length === 0) return undefined;
  const onlyArchivedTags = all.length === tags.archivedPositions.length;
  if (onlyArchivedTags)
    return new DomainError("TAG_ARCHIVED", "The request uses an archived tag.", { violations: all });
  return invalidRequest(all);
}
