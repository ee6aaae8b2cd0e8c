import type { Page } from "../../core/page.js";
import type { Visibility } from "../../core/principal.js";
import type { Business, Company, Staff } from "./directory.model.js";

export interface BusinessQuery {
  readonly visibility: Visibility;
  readonly page: Page;
  readonly showArchived: boolean;
}

export interface DirectoryRepository {
  getCompany(visibility: Visibility, id: string, signal: AbortSignal): Promise<Company | undefined>;
  listCompanies(visibility: Visibility, page: Page, signal: AbortSignal): Promise<readonly Company[]>;
  getBusiness(visibility: Visibility, id: string, signal: AbortSignal): Promise<Business | undefined>;
  listBusinesses(query: BusinessQuery, signal: AbortSignal): Promise<readonly Business[]>;
  getStaff(visibility: Visibility, id: string, signal: AbortSignal): Promise<Staff | undefined>;
  listStaff(visibility: Visibility, page: Page, signal: AbortSignal): Promise<readonly Staff[]>;
}
