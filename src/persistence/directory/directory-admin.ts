import type { Database } from "../../db/database.js";
import type { DirectoryAdminRepository } from "../../domain/directory/directory-admin-repository.js";
import { createBusinessAdmin } from "./directory-admin-businesses.js";
import { createCompanyAdmin } from "./directory-admin-companies.js";
import { createStaffAdmin } from "./directory-admin-staff.js";

/** The writes of companies, locations and staff. Prisma throughout: none of them is on a hot path. */
export function createDirectoryAdminRepository(database: Database): DirectoryAdminRepository {
  return { ...createCompanyAdmin(database), ...createBusinessAdmin(database), ...createStaffAdmin(database) };
}
