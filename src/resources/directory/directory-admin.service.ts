import { DomainError, invalidRequest, notFoundInCompany } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import type { Page } from "../../core/page.js";
import { type Principal, requireCompanyAccess, requireCompanyWideAccess } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type { Business, Company, Staff } from "./directory.model.js";
import type {
  BusinessChange,
  BusinessRecord,
  CompanyChange,
  CompanyRecord,
  DirectoryAdminRepository,
  DirectoryTarget,
  StaffChange,
  StaffOutcome,
  StaffRecord,
} from "./directory-admin.model.js";

/** If the id is absent, one is generated. */
export type WithoutId<T extends { readonly id: string }> = Omit<T, "id"> & { readonly id?: string };

/** Administration of companies, locations and staff. */
export interface DirectoryAdmin {
  createCompany(input: WithoutId<CompanyRecord>, write: WriteContext): Promise<Company>;
  updateCompany(id: string, change: CompanyChange, principal: Principal, write: WriteContext): Promise<Company>;
  /** All companies of the deployment. Returns one row more than the page size if there is a next page. */
  listCompanies(page: Page, signal: AbortSignal): Promise<readonly Company[]>;
  createBusiness(input: WithoutId<BusinessRecord>, principal: Principal, write: WriteContext): Promise<Business>;
  updateBusiness(
    target: DirectoryTarget,
    change: BusinessChange,
    principal: Principal,
    write: WriteContext,
  ): Promise<Business>;
  setBusinessArchived(
    target: DirectoryTarget,
    archived: boolean,
    principal: Principal,
    write: WriteContext,
  ): Promise<Business>;
  createStaff(input: WithoutId<StaffRecord>, principal: Principal, write: WriteContext): Promise<Staff>;
  updateStaff(target: DirectoryTarget, change: StaffChange, principal: Principal, write: WriteContext): Promise<Staff>;
  setStaffArchived(
    target: DirectoryTarget,
    archived: boolean,
    principal: Principal,
    write: WriteContext,
  ): Promise<Staff>;
}

export function createDirectoryAdmin(repository: DirectoryAdminRepository): DirectoryAdmin {
  return {
    async createCompany(input, write) {
      return repository.createCompany({ ...input, id: input.id ?? newId(idPrefixes.company) }, write);
    },

    async updateCompany(id, change, principal, write) {
      if (!isOperator(principal)) {
        assertMayWriteDirectory(principal, id);
        if (change.enterpriseId !== undefined || change.maxCustomers !== undefined) assertOperator(principal);
      }
      return repository.changeCompany(id, change, write);
    },

    listCompanies: (page, signal) => repository.listCompanies(page, signal),

    async createBusiness(input, principal, write) {
      assertMayWriteDirectory(principal, input.companyId);
      return repository.createBusiness({ ...input, id: input.id ?? newId(idPrefixes.business) }, write);
    },

    async updateBusiness(target, change, principal, write) {
      assertMayWriteDirectory(principal, target.companyId);
      return repository.changeBusiness(target, change, write);
    },

    async setBusinessArchived(target, archived, principal, write) {
      assertMayWriteDirectory(principal, target.companyId);
      return repository.setBusinessArchived(target, archived, write);
    },

    async createStaff(input, principal, write) {
      assertMayWriteDirectory(principal, input.companyId);
      const record = { ...input, id: input.id ?? newId(idPrefixes.staff) };
      return storedStaff(await repository.createStaff(record, write), "working_business_ids");
    },

    async updateStaff(target, change, principal, write) {
      assertMayWriteDirectory(principal, target.companyId);
      return storedStaff(await repository.changeStaff(target, change, write), "working_businesses.business_ids");
    },

    async setStaffArchived(target, archived, principal, write) {
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
  const scope = "platform:admin";
  throw new DomainError(
    "SCOPE_REQUIRED",
    "Only an API key with scope platform:admin can change the customer limit or the enterprise of a company.",
    {
      metadata: { scope },
    },
  );
}

/** The directory is company-wide data. An API key limited to locations can only read it, whatever its scopes. */
function assertMayWriteDirectory(principal: Principal, companyId: string): void {
  requireCompanyWideAccess(requireCompanyAccess(principal, companyId), "directory:write");
}

function storedStaff(outcome: StaffOutcome, list: string): Staff {
  if (outcome.kind === "stored") return outcome.staff;
  throw invalidRequest(
    outcome.positions.map((position) => ({
      field: `${list}[${position}]`,
      reason: "NOT_FOUND",
      description: notFoundInCompany,
    })),
  );
}
