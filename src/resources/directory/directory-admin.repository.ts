import type { Database } from "../../db/database.js";
import { createBusinessAdmin } from "./business-admin.repository.js";
import { createCompanyAdmin } from "./company-admin.repository.js";
import type { DirectoryAdminRepository } from "./directory-admin.model.js";
import { createStaffAdmin } from "./staff-admin.repository.js";

/** Writes of companies, locations and staff. Uses Prisma, because none of them is on a hot path. */
export function createDirectoryAdminRepository(database: Database): DirectoryAdminRepository {
  return { ...createCompanyAdmin(database), ...createBusinessAdmin(database), ...createStaffAdmin(database) };
}
