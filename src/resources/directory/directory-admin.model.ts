import type { AddressRecord } from "../../core/address.js";
import type { Page } from "../../core/page.js";
import type { WriteContext } from "../../core/write.js";
import type { Business, Company, Staff } from "./directory.model.js";

/** A company to store. */
export type CompanyRecord = Omit<Company, "rawId">;

/** What an update replaces; absent = kept, null = cleared. */
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

/** What an update replaces; absent = kept. Texts are cleared by an empty one. */
export interface BusinessChange extends Partial<BusinessTexts> {
  readonly address?: AddressRecord | null;
}

/** A staff member to store. */
export type StaffRecord = Omit<Staff, "archived">;

type StaffTexts = Omit<Staff, "companyId" | "id" | "role" | "hiredTime" | "archived">;

/** What an update replaces; absent = kept. Texts and lists are cleared by empty ones. */
export interface StaffChange extends Partial<StaffTexts> {
  readonly role?: { readonly id: string; readonly name: string } | null;
  readonly hiredTime?: Date | null;
}

/** A location or a staff member, by the company that owns it. */
export interface DirectoryTarget {
  readonly companyId: string;
  readonly id: string;
}

/** Locations that do not exist in the company or are archived, by their position in the list that names them. */
export interface MissingBusinesses {
  readonly kind: "refused";
  readonly positions: readonly number[];
}

export type StaffOutcome = { readonly kind: "stored"; readonly staff: Staff } | MissingBusinesses;

/**
 * Every write is one transaction with its change row and its claim; a replay answers with the present state. Creates
 * throw ALREADY_EXISTS, changes RESOURCE_NOT_FOUND and RESOURCE_ARCHIVED.
 */
export interface DirectoryAdminRepository {
  createCompany(company: CompanyRecord, write: WriteContext): Promise<Company>;
  changeCompany(id: string, change: CompanyChange, write: WriteContext): Promise<Company>;
  /** All companies by name, whoever they belong to. One row more than the page's size tells that there is a next page. */
  listCompanies(page: Page, signal: AbortSignal): Promise<readonly Company[]>;
  createBusiness(business: BusinessRecord, write: WriteContext): Promise<Business>;
  changeBusiness(target: DirectoryTarget, change: BusinessChange, write: WriteContext): Promise<Business>;
  /** Changes nothing when it is so already. */
  setBusinessArchived(target: DirectoryTarget, archived: boolean, write: WriteContext): Promise<Business>;
  createStaff(staff: StaffRecord, write: WriteContext): Promise<StaffOutcome>;
  /** Locations that the staff member has already may stay, also archived ones. */
  changeStaff(target: DirectoryTarget, change: StaffChange, write: WriteContext): Promise<StaffOutcome>;
  /** Changes nothing when it is so already. */
  setStaffArchived(target: DirectoryTarget, archived: boolean, write: WriteContext): Promise<Staff>;
}
