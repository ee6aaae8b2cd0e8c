import type { DirectoryAdminRepository, NewBusiness, NewCompany } from "../domain/directory-admin.js";
import type { Database } from "./database.js";
import { statement } from "./statement.js";

export function createDirectoryAdminRepository(database: Database): DirectoryAdminRepository {
  return {
    async insertCompany({ id, name, country, timeZone }, write) {
      await database.write(insertCompany, [id, name, country, timeZone], write);
    },
    async insertBusiness({ companyId, id, name }, write) {
      const rows = await database.write(insertBusiness, [companyId, id, name], write);
      return rows.length > 0;
    },
    listCompanies: (signal) => database.read<CompanyRow>(listCompanies, [], signal),
    listBusinesses: (companyId, signal) => database.read<BusinessRow>(listBusinesses, [companyId], signal),
  };
}

type CompanyRow = NewCompany;
type BusinessRow = NewBusiness;

const insertCompany = statement(
  "directory_admin.insert_company",
  "INSERT INTO company (id, name, country, time_zone) VALUES ($1, $2, $3, $4)",
);

const insertBusiness = statement(
  "directory_admin.insert_business",
  "INSERT INTO business (company_id, id, name) SELECT c.id, $2, $3 FROM company c WHERE c.id = $1 RETURNING id",
);

/** For a person at a terminal: more than fit are not shown. */
const listLimit = 1_000;

const listCompanies = statement(
  "directory_admin.companies",
  `SELECT id, name, country, time_zone AS "timeZone" FROM company ORDER BY name, id LIMIT ${listLimit}`,
);

const listBusinesses = statement(
  "directory_admin.businesses",
  `SELECT company_id AS "companyId", id, name FROM business WHERE company_id = $1 ORDER BY name, id LIMIT ${listLimit}`,
);
