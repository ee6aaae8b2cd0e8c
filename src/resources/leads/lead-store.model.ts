import type { FieldChange } from "../../core/field-change.js";
import type { Page, TimeRange } from "../../core/page.js";
import type { AccessFilter } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type { CustomFieldRepository } from "../custom-fields/custom-field-values.model.js";
import type { CreatePreconditions, Customer } from "../customers/customer.model.js";
import type { Pet, PetEdit, PetRecord } from "../pets/pet.model.js";
import type { Lead, LeadFields } from "./lead.model.js";

/** A validated lead to store. References and idempotency are checked by the database. */
export interface LeadRecord extends LeadFields {
  readonly companyId: string;
  readonly pets: readonly PetRecord[];
}

/** Resources that a lead refers to, by id. */
export type LeadReferences = Pick<
  LeadFields,
  "preferredBusinessId" | "allocateStaffId" | "lifeCycleId" | "actionStatusId" | "referralSourceId"
>;

export interface MissingLeadReferences {
  /** References that do not exist in the company or are archived. */
  readonly references: readonly (keyof LeadReferences)[];
  /** Paths of pet codes that do not exist or are archived: `pets[0].pet_codes[1]`. */
  readonly petCodePaths: readonly string[];
}

export type CreateLeadOutcome =
  | { readonly kind: "created"; readonly lead: Lead }
  | { readonly kind: "refused"; readonly missing: MissingLeadReferences };

export interface LeadFilter {
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
}

export interface LeadQuery {
  readonly companyId: string;
  readonly filter: LeadFilter;
  readonly page: Page;
}

/** The lead that a request names by id. */
export interface LeadTarget {
  readonly accessFilter: AccessFilter;
  readonly id: string;
}

/** The fields that an update replaces. */
export type LeadChange = FieldChange<LeadFields>;

/** A locked lead within a transaction, see `CustomerTransaction`. */
export interface LeadTransaction {
  /** The state under the lock. */
  readonly lead: Lead;
  /** The custom fields of the company, as this transaction sees them. */
  readonly customFields: CustomFieldRepository;
  save(change: LeadChange): Promise<void>;
  missing(references: LeadReferences): Promise<MissingLeadReferences["references"]>;
  /** Those codes that do not exist in the company or are archived. */
  missingPetCodes(ids: readonly string[]): Promise<readonly string[]>;
  /** Those notes that the pet does not have. */
  missingPetNotes(pet: Pet, ids: readonly string[]): Promise<readonly string[]>;
  addPet(pet: PetRecord): Promise<void>;
  editPet(pet: Pet, edit: PetEdit): Promise<void>;
  removePet(pet: Pet): Promise<void>;
  /** The default stage of the company, if it has one. */
  defaultLifeCycleId(): Promise<string | undefined>;
}

export type PromotionOutcome =
  | { readonly kind: "promoted"; readonly customer: Customer }
  | { readonly kind: "quota"; readonly companyId: string; readonly limit: number };

export interface LeadRepository {
  /** Throws NOT_FOUND if a replay finds the lead outside the access filter. */
  create(
    record: LeadRecord,
    admission: Omit<CreatePreconditions, "mayCreateTags">,
    write: WriteContext,
  ): Promise<CreateLeadOutcome>;
  /** Includes promoted and archived leads. Throws AMBIGUOUS_ID like `CustomerRepository.get`. */
  get(target: LeadTarget, signal: AbortSignal): Promise<Lead | undefined>;
  /** Excludes promoted and archived leads. Returns one row more than the page size if there is a next page. */
  list(query: LeadQuery, signal: AbortSignal): Promise<readonly Lead[]>;
  /** Runs `work` on the locked lead, see `CustomerRepository.change`. Throws NOT_FOUND and LEAD_PROMOTED. */
  change(target: LeadTarget, write: WriteContext, work: (unit: LeadTransaction) => Promise<void>): Promise<Lead>;
  /** Promotes the lead to a customer. For a promoted lead, returns its customer. */
  promote(target: LeadTarget, write: WriteContext): Promise<PromotionOutcome>;
}
