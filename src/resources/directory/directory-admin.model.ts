import type { AddressRecord } from "../../core/address.js";
import type { Page } from "../../core/page.js";
import type { WriteContext } from "../../core/write.js";
import type { Business, Company, Staff } from "./directory.model.js";

/** A company to store. */
export type CompanyRecord = Omit<Company, "rawId">;

/** The fields that an update replaces. Absent fields are unchanged, null clears. */
export interface CompanyChange {
  readonly name?: string;
  readonly country?: string;
  readonly timeZone?: string;
  readonly enterpriseId?: string | null;
  readonly maxCustomers?: number | null;
  readonly upcomingAppointmentsUrlTemplate?: string | null;
}

/** A location to store. */
export interface BusinessRecord extends Omit<Business, "address" | "archived"> {
  readonly address?: AddressRecord;
}

type BusinessTexts = Omit<Business, "companyId" | "id" | "address" | "archived">;

/** The fields that an update replaces. Absent fields are unchanged, an empty string clears. */
export interface BusinessChange extends Partial<BusinessTexts> {
  readonly address?: AddressRecord | null;
}

/** A staff member to store. */
export type StaffRecord = Omit<Staff, "archived">;

type StaffTexts = Omit<Staff, "companyId" | "id" | "role" | "hiredTime" | "archived">;

/** The fields that an update replaces. Absent fields are unchanged, empty strings and lists clear. */
export interface StaffChange extends Partial<StaffTexts> {
  readonly role?: { readonly id: string; readonly name: string } | null;
  readonly hiredTime?: Date | null;
}

/** Identifies a location or a staff member of a company. */
export interface DirectoryTarget {
  readonly companyId: string;
  readonly id: string;
}

/** Locations that do not exist in the company or are archived, by position in the list of the request. */
export interface MissingBusinesses {
  readonly kind: "refused";
  readonly positions: readonly number[];
}

export type StaffOutcome = { readonly kind: "stored"; readonly staff: Staff } | MissingBusinesses;

/**
 * Each write is one transaction with its audit log entry and its idempotency claim. A replay returns the current state.
 * Creates throw ALREADY_EXISTS, changes throw RESOURCE_NOT_FOUND and RESOURCE_ARCHIVED.
 */
export interface DirectoryAdminRepository {
  createCompany(company: CompanyRecord, write: WriteContext): Promise<Company>;
  changeCompany(id: string, change: CompanyChange, write: WriteContext): Promise<Company>;
  /**
   * All companies of the deployment, ordered by name. Returns one row more than the page size if there is a next page.
   */
  listCompanies(page: Page, signal: AbortSignal): Promise<readonly Company[]>;
  createBusiness(business: BusinessRecord, write: WriteContext): Promise<Business>;
  changeBusiness(target: DirectoryTarget, change: BusinessChange, write: WriteContext): Promise<Business>;
  /** Does nothing if the state is already as requested. */
  setBusinessArchived(target: DirectoryTarget, archived: boolean, write: WriteContext): Promise<Business>;
  createStaff(staff: StaffRecord, write: WriteContext): Promise<StaffOutcome>;
  /** Locations that the staff member already has may be sent back, even if they are archived. */
  changeStaff(target: DirectoryTarget, change: StaffChange, write: WriteContext): Promise<StaffOutcome>;
  /** Does nothing if the state is already as requested. */
  setStaffArchived(target: DirectoryTarget, archived: boolean, write: WriteContext): Promise<Staff>;
}
