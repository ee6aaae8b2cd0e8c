import { isSupportedCountry } from "libphonenumber-js";
import { invalidRequest, type Violation } from "./errors.js";
import { idPrefixes, isId, newId } from "./ids.js";
import type { Write } from "./write.js";

export interface NewCompany {
  readonly id: string;
  readonly name: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** IANA zone id. */
  readonly timeZone: string;
}

export interface NewBusiness {
  readonly companyId: string;
  readonly id: string;
  readonly name: string;
}

export interface DirectoryAdminRepository {
  /** Throws ALREADY_EXISTS. */
  insertCompany(company: NewCompany, write: Write): Promise<void>;
  /** Throws ALREADY_EXISTS. False when there is no such company. */
  insertBusiness(business: NewBusiness, write: Write): Promise<boolean>;
  listCompanies(signal: AbortSignal): Promise<readonly NewCompany[]>;
  listBusinesses(companyId: string, signal: AbortSignal): Promise<readonly NewBusiness[]>;
}

/** An id that is not given is made. */
export type WithoutId<T extends { readonly id: string }> = Omit<T, "id"> & { readonly id: string | undefined };

/** The first company and its locations, on a database where no key can exist yet. */
export function createDirectoryAdmin(repository: DirectoryAdminRepository) {
  return {
    async createCompany(input: WithoutId<NewCompany>, write: Write): Promise<NewCompany> {
      const company = { ...input, id: input.id ?? newId(idPrefixes.company), name: input.name.trim() };
      refuse([
        ...idViolations(company.id),
        ...nameViolations(company.name),
        ...(isSupportedCountry(company.country)
          ? []
          : [invalid("country", "Must be a country of ISO 3166-1 with telephone numbers, such as US.")]),
        ...(isTimeZone(company.timeZone)
          ? []
          : [invalid("time_zone", "Must be an IANA zone, such as America/New_York.")]),
      ]);
      await repository.insertCompany(company, write);
      return company;
    },
    async createBusiness(input: WithoutId<NewBusiness>, write: Write): Promise<NewBusiness> {
      const business = { ...input, id: input.id ?? newId(idPrefixes.business), name: input.name.trim() };
      refuse([...idViolations(business.id), ...nameViolations(business.name)]);
      const hasCompany = isId(business.companyId) && (await repository.insertBusiness(business, write));
      if (!hasCompany) refuse([{ field: "company_id", reason: "NOT_FOUND", description: "No such company." }]);
      return business;
    },
    listCompanies: (signal: AbortSignal) => repository.listCompanies(signal),
    listBusinesses: (companyId: string, signal: AbortSignal) => repository.listBusinesses(companyId, signal),
  };
}

function refuse(violations: readonly Violation[]): void {
  if (violations.length > 0) throw invalidRequest(violations);
}

function invalid(field: string, description: string): Violation {
  return { field, reason: "INVALID_FORMAT", description };
}

function idViolations(id: string): Violation[] {
  return isId(id) ? [] : [invalid("id", "Must be 1 to 30 characters of A-Z, a-z, 0-9, _, . and -.")];
}

function nameViolations(name: string): Violation[] {
  const length = [...name].length;
  const isGood = length >= 1 && length <= 100 && !/\p{Cc}/u.test(name);
  return isGood ? [] : [invalid("name", "Must be 1 to 100 characters on one line.")];
}

function isTimeZone(zone: string): boolean {
  return zone === "UTC" || Intl.supportedValuesOf("timeZone").includes(zone);
}
