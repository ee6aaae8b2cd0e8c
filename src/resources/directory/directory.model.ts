import { isSupportedCountry } from "libphonenumber-js";
import type { AccessFilter } from "../../core/access.js";
import type { Address, AddressParts, AddressRecord } from "../../core/address.js";
import type { CompanyResource } from "../../core/company-resource.js";
import type { Page } from "../../core/page.js";
import type { DuplicatePolicy } from "../../core/possible-duplicate.js";
import { hasTimeZone } from "../../core/time-zones.js";
import type { WriteContext } from "../../core/write.js";

export interface Company {
  readonly id: string;
  readonly rawId: bigint;
  readonly name: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** IANA time zone id. */
  readonly timeZone: string;
  readonly enterpriseId?: string;
  readonly maxCustomers?: number;
  readonly upcomingAppointmentsUrlTemplate?: string;
  /** Whether phones that are not valid in their country are refused. */
  readonly refusesDoubtfulPhones: boolean;
  readonly duplicatePolicy: DuplicatePolicy;
}

export interface Business {
  readonly companyId: string;
  readonly id: string;
  readonly name: string;
  readonly avatar: string;
  readonly phone: string;
  readonly businessPhone: string;
  readonly email: string;
  readonly address?: Address;
  readonly website: string;
  readonly facebook: string;
  readonly instagram: string;
  readonly yelp: string;
  readonly google: string;
  readonly archived: boolean;
}

export interface Staff {
  readonly companyId: string;
  readonly id: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly avatar: string;
  readonly phone: string;
  readonly email: string;
  readonly role?: { readonly id: string; readonly name: string };
  readonly hiredTime?: Date;
  readonly workingBusinessIds: readonly string[];
  readonly mobileVanId: string;
  readonly archived: boolean;
}

/** A company to store. */
export type CompanyRecord = Omit<Company, "rawId" | keyof CompanyRules> & Partial<CompanyRules>;

type CompanyRules = Pick<Company, "refusesDoubtfulPhones" | "duplicatePolicy">;

/** The fields that an update replaces. Absent fields are unchanged, null clears. */
export interface CompanyChange {
  readonly name?: string;
  readonly country?: string;
  readonly timeZone?: string;
  readonly enterpriseId?: string | null;
  readonly maxCustomers?: number | null;
  readonly upcomingAppointmentsUrlTemplate?: string | null;
  readonly refusesDoubtfulPhones?: boolean;
  readonly duplicatePolicy?: DuplicatePolicy;
}

/** A location to store. */
export interface BusinessRecord extends Omit<Business, "address" | "archived"> {
  readonly address?: AddressRecord;
}

type BusinessTexts = Omit<Business, "companyId" | "id" | "address" | "archived">;

/** The fields that an update replaces. Absent fields are unchanged, an empty string clears. */
export interface BusinessChange extends Partial<BusinessTexts> {
  /** Parts of the address to replace. With an id, it must be the stored one. */
  readonly address?: { readonly id?: string; readonly parts: AddressParts } | null;
}

/** A staff member to store. */
export interface StaffRecord extends Omit<Staff, "hiredTime" | "archived"> {
  readonly hiredTime?: Date | undefined;
}

type StaffTexts = Omit<Staff, "companyId" | "id" | "role" | "hiredTime" | "archived">;

/** The fields that an update replaces. Absent fields are unchanged, empty strings and lists clear. */
export interface StaffChange extends Partial<StaffTexts> {
  /** Parts of the role. */
  readonly role?: Partial<NonNullable<Staff["role"]>> | null;
  readonly hiredTime?: Date | null;
}

/** Throws if locations do not exist in the company or are archived, given by position in the list of the request. */
export type MissingBusinessesCheck = (positions: readonly number[]) => void;

/** What must hold under the lock. Both throw. */
export interface StaffChecks {
  readonly businesses: MissingBusinessesCheck;
  change(stored: Staff): void;
}

/**
 * Each write is one transaction with its audit log entry and its idempotency claim. A replay returns the current state.
 * Creates throw ALREADY_EXISTS, changes throw RESOURCE_NOT_FOUND and RESOURCE_ARCHIVED.
 */
export interface DirectoryAdminRepository {
  createCompany(company: CompanyRecord, write: WriteContext): Promise<Company>;
  getCompany(id: string, signal: AbortSignal): Promise<Company | undefined>;
  changeCompany(id: string, change: CompanyChange, write: WriteContext): Promise<Company>;
  /**
   * All companies of the deployment, ordered by name. Returns one row more than the page size if there is a next page.
   */
  listCompanies(page: Page, signal: AbortSignal): Promise<readonly Company[]>;
  createBusiness(business: BusinessRecord, write: WriteContext): Promise<Business>;
  /** `check` throws if the change must not be made to the stored location. */
  changeBusiness(
    target: CompanyResource,
    change: BusinessChange,
    write: WriteContext,
    check: (stored: Business) => void,
  ): Promise<Business>;
  /** Does nothing if the state is already as requested. */
  setBusinessArchived(target: CompanyResource, archived: boolean, write: WriteContext): Promise<Business>;
  createStaff(staff: StaffRecord, write: WriteContext, check: MissingBusinessesCheck): Promise<Staff>;
  /** Locations that the staff member already has may be sent back, even if they are archived. */
  changeStaff(target: CompanyResource, change: StaffChange, write: WriteContext, checks: StaffChecks): Promise<Staff>;
  /** Does nothing if the state is already as requested. */
  setStaffArchived(target: CompanyResource, archived: boolean, write: WriteContext): Promise<Staff>;
}

export interface DirectoryQuery {
  readonly accessFilter: AccessFilter;
  readonly page: Page;
  readonly showArchived: boolean;
}

export interface DirectoryRepository {
  getCompany(accessFilter: AccessFilter, id: string, signal: AbortSignal): Promise<Company | undefined>;
  listCompanies(accessFilter: AccessFilter, page: Page, signal: AbortSignal): Promise<readonly Company[]>;
  getBusiness(accessFilter: AccessFilter, id: string, signal: AbortSignal): Promise<Business | undefined>;
  listBusinesses(query: DirectoryQuery, signal: AbortSignal): Promise<readonly Business[]>;
  getStaff(accessFilter: AccessFilter, id: string, signal: AbortSignal): Promise<Staff | undefined>;
  listStaff(query: DirectoryQuery, signal: AbortSignal): Promise<readonly Staff[]>;
}

/** Violation text for a string that `isCountry` refuses. */
export const countryFormat =
  "Must be an ISO 3166-1 alpha-2 country code with a telephone numbering plan, for example US.";

/** Violation text for a string that `isTimeZone` refuses. */
export const timeZoneFormat =
  "Must be UTC or an IANA time zone in the form Area/Location, for example America/New_York.";

/** Whether a string is the ISO 3166-1 alpha-2 code of a country with a telephone numbering plan. */
export function isCountry(code: string): boolean {
  return isSupportedCountry(code);
}

const zoneShape = /^(UTC|[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)+)$/;

/**
 * Whether a string is UTC or an IANA time zone in the form Area/Location. Short names are excluded: IST, CST or CET
 * mean different zones, or a fixed offset, in PostgreSQL and other systems.
 */
export function isTimeZone(zone: string): boolean {
  return zoneShape.test(zone) && hasTimeZone(zone);
}
