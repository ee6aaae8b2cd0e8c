import type { Page } from "../../core/page.js";
import type { AccessFilter } from "../../core/principal.js";
import type { Business, Company, Staff } from "./directory.model.js";

export interface BusinessQuery {
  readonly accessFilter: AccessFilter;
  readonly page: Page;
  readonly showArchived: boolean;
}

export interface DirectoryRepository {
  getCompany(accessFilter: AccessFilter, id: string, signal: AbortSignal): Promise<Company | undefined>;
  listCompanies(accessFilter: AccessFilter, page: Page, signal: AbortSignal): Promise<readonly Company[]>;
  getBusiness(accessFilter: AccessFilter, id: string, signal: AbortSignal): Promise<Business | undefined>;
  listBusinesses(query: BusinessQuery, signal: AbortSignal): Promise<readonly Business[]>;
  getStaff(accessFilter: AccessFilter, id: string, signal: AbortSignal): Promise<Staff | undefined>;
  listStaff(accessFilter: AccessFilter, page: Page, signal: AbortSignal): Promise<readonly Staff[]>;
}
