import { accessFilterOf, companyAccessFilter, requireCompanyAccess, requireCompanyWrite } from "../../core/access.js";
import { type CompanyResource, type CompanyResourceQuery, requireFound } from "../../core/company-resource.js";
import { DomainError, notFoundInCompany, throwIfInvalid, type Violation, violation } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import type { Page } from "../../core/page.js";
import { numberViolations } from "../../core/phone/judged-phone.js";
import type { CompanyAccess, Principal } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type {
  Business,
  BusinessChange,
  BusinessRecord,
  CompanyChange,
  CompanyRecord,
  DirectoryAdminRepository,
  DirectoryRepository,
  MissingBusinessesCheck,
  Staff,
  StaffChange,
  StaffRecord,
} from "./directory.model.js";

export type Directory = ReturnType<typeof createDirectory>;

/**
 * Companies, locations and staff that the principal can access. Lists return one row more than the page size if there
 * is a next page.
 */
export function createDirectory(repository: DirectoryRepository) {
  const within = (principal: Principal, companyId: string) =>
    companyAccessFilter(requireCompanyAccess(principal, companyId));
  return {
    async getCompany(id: string, principal: Principal, signal: AbortSignal) {
      return requireFound(await repository.getCompany(accessFilterOf(principal), id, signal), "Company", id);
    },

    listCompanies: (page: Page, principal: Principal, signal: AbortSignal) =>
      repository.listCompanies(accessFilterOf(principal), page, signal),

    async getBusiness(id: string, principal: Principal, signal: AbortSignal) {
      return requireFound(await repository.getBusiness(accessFilterOf(principal), id, signal), "Business", id);
    },

    async listBusinesses({ companyId, ...query }: CompanyResourceQuery, principal: Principal, signal: AbortSignal) {
      return repository.listBusinesses({ accessFilter: within(principal, companyId), ...query }, signal);
    },

    async getStaff(id: string, principal: Principal, signal: AbortSignal) {
      return requireFound(await repository.getStaff(accessFilterOf(principal), id, signal), "Staff", id);
    },

    async listStaff({ companyId, ...query }: CompanyResourceQuery, principal: Principal, signal: AbortSignal) {
      return repository.listStaff({ accessFilter: within(principal, companyId), ...query }, signal);
    },
  };
}

/** A record to create. If the id is absent, one is generated. */
type WithoutId<T extends { readonly id: string }> = Omit<T, "id"> & { readonly id?: string | undefined };

type CompanyTerms = Pick<CompanyChange, "enterpriseId" | "maxCustomers">;

export type DirectoryAdmin = ReturnType<typeof createDirectoryAdmin>;

/** Administration of companies, locations and staff. */
export function createDirectoryAdmin(repository: DirectoryAdminRepository) {
  /** Whether the terms are those of a company of the principal, which may send them back as it has read them. */
  async function hasTerms(id: string, terms: CompanyTerms, principal: Principal, signal: AbortSignal) {
    const { enterpriseId, maxCustomers } = terms;
    if (enterpriseId === undefined && maxCustomers === undefined) return true;
    if (!principal.companies.has(id)) return false;
    const stored = await repository.getCompany(id, signal);
    const isSameLimit = maxCustomers === undefined || maxCustomers === (stored?.maxCustomers ?? null);
    return isSameLimit && (enterpriseId === undefined || (enterpriseId ?? "") === (stored?.enterpriseId ?? ""));
  }

  return {
    async createCompany(input: WithoutId<CompanyRecord>, write: WriteContext) {
      return repository.createCompany({ ...input, id: input.id ?? newId(idPrefixes.company) }, write);
    },

    async updateCompany(id: string, change: CompanyChange, principal: Principal, write: WriteContext) {
      if (isOperator(principal)) return repository.changeCompany(id, change, write);
      assertMayWriteDirectory(principal, id);
      const { enterpriseId, maxCustomers, ...own } = change;
      if (!(await hasTerms(id, change, principal, write.signal))) assertOperator(principal);
      return repository.changeCompany(id, own, write);
    },

    hasTerms,

    /** All companies of the deployment. Returns one row more than the page size if there is a next page. */
    listCompanies: (page: Page, signal: AbortSignal) => repository.listCompanies(page, signal),

    async createBusiness(input: WithoutId<BusinessRecord>, principal: Principal, write: WriteContext) {
      const access = assertMayWriteDirectory(principal, input.companyId);
      throwIfInvalid(numberViolations(businessNumbers(input), access));
      return repository.createBusiness({ ...input, id: input.id ?? newId(idPrefixes.business) }, write);
    },

    async updateBusiness(target: CompanyResource, change: BusinessChange, principal: Principal, write: WriteContext) {
      const access = assertMayWriteDirectory(principal, target.companyId);
      const { id: addressId } = change.address ?? {};
      return repository.changeBusiness(target, change, write, (stored) => {
        const isAnother = addressId !== undefined && addressId !== stored.address?.id;
        throwIfInvalid([
          ...(isAnother
            ? [violation("address.id", "NOT_ALLOWED", "Must be empty or the id of the stored address.")]
            : []),
          ...numberViolations(businessNumbers(change, stored), access),
        ]);
      });
    },

    async setBusinessArchived(target: CompanyResource, archived: boolean, principal: Principal, write: WriteContext) {
      assertMayWriteDirectory(principal, target.companyId);
      return repository.setBusinessArchived(target, archived, write);
    },

    async createStaff(input: WithoutId<StaffRecord>, principal: Principal, write: WriteContext) {
      const access = assertMayWriteDirectory(principal, input.companyId);
      throwIfInvalid(numberViolations(staffNumbers(input), access));
      const record = { ...input, id: input.id ?? newId(idPrefixes.staff) };
      return repository.createStaff(record, write, refuseMissing("working_business_ids"));
    },

    async updateStaff(target: CompanyResource, change: StaffChange, principal: Principal, write: WriteContext) {
      const access = assertMayWriteDirectory(principal, target.companyId);
      return repository.changeStaff(target, change, write, {
        businesses: refuseMissing("working_businesses.business_ids"),
        change: (stored) =>
          throwIfInvalid([
            ...numberViolations(staffNumbers(change, stored), access),
            ...roleViolations(change.role, stored.role),
          ]),
      });
    },

    async setStaffArchived(target: CompanyResource, archived: boolean, principal: Principal, write: WriteContext) {
      assertMayWriteDirectory(principal, target.companyId);
      return repository.setStaffArchived(target, archived, write);
    },
  };
}

/** Whether this is an operator API key. It manages companies without access to their data. */
function isOperator({ scopes }: Principal): boolean {
  return scopes.has("platform:admin");
}

/**
 * Only an operator can set the customer limit and the enterprise of a company: the limit restricts the company itself,
 * and the enterprise gives other API keys access to it.
 */
export function assertOperator(principal: Principal): void {
  if (isOperator(principal)) return;
  throw new DomainError(
    "SCOPE_REQUIRED",
    "Only an API key with scope platform:admin can change the customer limit or the enterprise of a company.",
    { metadata: { scope: "platform:admin" } },
  );
}

/** The directory is company-wide data. An API key limited to locations can only read it, whatever its scopes. */
function assertMayWriteDirectory(principal: Principal, companyId: string): CompanyAccess {
  requireCompanyWrite(principal, companyId, "directory:write");
  return requireCompanyAccess(principal, companyId);
}

type BusinessPhones = Partial<Pick<Business, "phone" | "businessPhone">>;

/** The numbers of a location in a request. */
export function businessNumbers({ phone, businessPhone }: BusinessPhones, stored: BusinessPhones = {}) {
  return [
    { field: "phone", given: phone, stored: stored.phone },
    { field: "business_phone", given: businessPhone, stored: stored.businessPhone },
  ];
}

type StaffPhone = Partial<Pick<Staff, "phone">>;

/** A role has an id and a name. An update can change one of them. */
function roleViolations(role: StaffChange["role"], stored: Staff["role"]): Violation[] {
  if (!role) return [];
  const { id = "", name = "" } = { ...stored, ...role };
  const missing = (part: string, value: string) =>
    value === "" ? [violation(`role.${part}`, "REQUIRED", "Required.")] : [];
  return [...missing("id", id), ...missing("name", name)];
}

/** The number of a staff member in a request. */
export function staffNumbers({ phone }: StaffPhone, stored: StaffPhone = {}) {
  return [{ field: "phone", given: phone, stored: stored.phone }];
}

/** @param list path of the location ids within the request */
function refuseMissing(list: string): MissingBusinessesCheck {
  return (positions) =>
    throwIfInvalid(positions.map((position) => violation(`${list}[${position}]`, "NOT_FOUND", notFoundInCompany)));
}
