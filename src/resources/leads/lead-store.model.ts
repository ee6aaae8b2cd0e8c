import type { AddressRecord } from "../../core/address.js";
import type { Consent } from "../../core/consent.js";
import type { Page, TimeRange } from "../../core/page.js";
import type { AccessFilter } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type { FieldValues } from "../custom-fields/custom-field-values.model.js";
import type { Customer } from "../customers/customer.model.js";
import type { CreatePreconditions } from "../customers/customer-store.model.js";
import type { Pet, PetEdit, PetRecord } from "../pets/pet.model.js";
import type { CustomFieldRepository } from "../setting-lists/setting-store.model.js";
import type { Lead } from "./lead.model.js";

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
  readonly accessFilter: AccessFilter;
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
export interface LeadTransaction {
  /** The locked state. */
  readonly lead: Lead;
  /** The company's custom fields, as the transaction sees them. */
  readonly customFields: CustomFieldRepository;
  save(change: LeadChange): Promise<void>;
  missing(references: LeadReferences): Promise<MissingLeadReferences["references"]>;
  /** Which of these codes do not exist in the company or are archived there. */
  missingPetCodes(ids: readonly string[]): Promise<readonly string[]>;
  /** Which of these notes the pet does not have. */
  missingPetNotes(pet: Pet, ids: readonly string[]): Promise<readonly string[]>;
  addPet(pet: PetRecord): Promise<void>;
  editPet(pet: Pet, edit: PetEdit): Promise<void>;
  removePet(pet: Pet): Promise<void>;
  /** The company's default stage, if it has one. */
  defaultLifeCycleId(): Promise<string | undefined>;
}

export type PromotionOutcome =
  | { readonly kind: "promoted"; readonly customer: Customer }
  | { readonly kind: "quota"; readonly companyId: string; readonly limit: number };

export interface LeadRepository {
  /** NOT_FOUND when a replay finds the lead outside the accessFilter by now. */
  create(
    record: LeadRecord,
    admission: Omit<CreatePreconditions, "mayCreateTags">,
    write: WriteContext,
  ): Promise<CreateLeadOutcome>;
  /** Promoted and archived leads included. Throws AMBIGUOUS_ID as CustomerRepository.get does. */
  get(target: LeadTarget, signal: AbortSignal): Promise<Lead | undefined>;
  /** Neither promoted nor archived ones. One row more than the page's size tells that there is a next page. */
  list(query: LeadQuery, signal: AbortSignal): Promise<readonly Lead[]>;
  /** Runs `work` on the locked lead; see CustomerRepository.change. NOT_FOUND and LEAD_PROMOTED are thrown here. */
  change(target: LeadTarget, write: WriteContext, work: (unit: LeadTransaction) => Promise<void>): Promise<Lead>;
  /** Turns the lead into a customer; a promoted one answers its customer again. */
  promote(target: LeadTarget, write: WriteContext): Promise<PromotionOutcome>;
}
