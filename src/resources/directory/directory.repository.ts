import { accessFilterValues, requireSingleRow } from "../../db/access-filter.js";
import type { Database } from "../../db/database.js";
import { resolveNameCursor } from "../../db/record-list.js";
import { type Statement, statement } from "../../db/statement.js";
import {
  type BusinessRow,
  type CompanyRow,
  type StaffRow,
  toBusiness,
  toCompany,
  toStaff,
} from "./directory.columns.js";
import type { DirectoryRepository } from "./directory.model.js";

/** Companies, locations and staff, ordered by name. */
export function createDirectoryRepository(database: Database): DirectoryRepository {
  return {
    async getCompany({ companyIds }, id, signal) {
      const [row] = await database.read<CompanyRow>(companies.get, [companyIds, id], signal);
      return row && toCompany(row);
    },

    async listCompanies({ companyIds }, page, signal) {
      const after = await resolveNameCursor(database, { nameOf: companyName, scope: [companyIds], page }, signal);
      const values = [companyIds, page.size + 1, page.offset, ...after];
      const rows = await database.read<CompanyRow>(companies.list, values, signal);
      return rows.map(toCompany);
    },

    async getBusiness(accessFilter, id, signal) {
      const rows = await database.read<BusinessRow>(businesses.get, [...accessFilterValues(accessFilter), id], signal);
      const row = requireSingleRow(rows, "Business", id);
      return row && toBusiness(row);
    },

    async listBusinesses({ accessFilter, page, showArchived }, signal) {
      const after = await resolveNameCursor(
        database,
        { nameOf: businessName, scope: [accessFilter.companyIds], page },
        signal,
      );
      const values = [...accessFilterValues(accessFilter), page.size + 1, page.offset, ...after, showArchived];
      const rows = await database.read<BusinessRow>(businesses.list, values, signal);
      return rows.map(toBusiness);
    },

    async getStaff(accessFilter, id, signal) {
      const rows = await database.read<StaffRow>(staff.get, [...accessFilterValues(accessFilter), id], signal);
      const row = requireSingleRow(rows, "Staff", id);
      return row && toStaff(row);
    },

    async listStaff({ accessFilter, page, showArchived }, signal) {
      const after = await resolveNameCursor(
        database,
        { nameOf: staffName, scope: [accessFilter.companyIds], page },
        signal,
      );
      const values = [...accessFilterValues(accessFilter), page.size + 1, page.offset, ...after, showArchived];
      const rows = await database.read<StaffRow>(staff.list, values, signal);
      return rows.map(toStaff);
    },
  };
}

interface Statements {
  readonly get: Statement;
  readonly list: Statement;
}

const companies: Statements = {
  get: statement("company.get", "SELECT * FROM company c WHERE c.id = ANY($1::text[]) AND c.id = $2"),
  list: statement(
    "company.list",
    `SELECT * FROM company c WHERE c.id = ANY($1::text[])
       AND ($5::text IS NULL OR (c.name, c.id) > (($4::text[])[1], $5))
     ORDER BY c.name, c.id LIMIT $2 OFFSET $3`,
  ),
};

const companyName = statement(
  "company.name",
  "SELECT ARRAY[name] AS name FROM company WHERE id = $1 AND id = ANY($2::text[])",
);

/** An API key limited to locations can access only these. */
const businessVisible = `b.company_id = ANY($1::text[])
  AND (b.company_id = ANY($2::text[]) OR b.company_id || '/' || b.id = ANY($2::text[]))`;

const businesses: Statements = {
  get: statement("business.get", `SELECT * FROM business b WHERE ${businessVisible} AND b.id = $3`),
  list: statement(
    "business.list",
    `SELECT * FROM business b WHERE ${businessVisible} AND ($7::boolean OR b.archived_time IS NULL)
       AND ($6::text IS NULL OR (b.name, b.id) > (($5::text[])[1], $6))
     ORDER BY b.name, b.id LIMIT $3 OFFSET $4`,
  ),
};

const businessName = statement(
  "business.name",
  "SELECT ARRAY[name] AS name FROM business WHERE id = $1 AND company_id = ANY($2::text[])",
);

/** An API key limited to locations can access the staff that works there. */
const staffVisible = `s.company_id = ANY($1::text[]) AND (s.company_id = ANY($2::text[])
  OR EXISTS (SELECT 1 FROM unnest(s.working_business_ids) AS w (id) WHERE s.company_id || '/' || w.id = ANY($2::text[])))`;

/** Finds archived staff with their flag, because records refer to them. */
const staff: Statements = {
  get: statement("staff.get", `SELECT * FROM staff s WHERE ${staffVisible} AND s.id = $3`),
  list: statement(
    "staff.list",
    `SELECT * FROM staff s WHERE ${staffVisible} AND ($7::boolean OR s.archived_time IS NULL)
       AND ($6::text IS NULL OR (s.first_name, s.last_name, s.id) > (($5::text[])[1], ($5::text[])[2], $6))
     ORDER BY s.first_name, s.last_name, s.id LIMIT $3 OFFSET $4`,
  ),
};

const staffName = statement(
  "staff.name",
  "SELECT ARRAY[first_name, last_name] AS name FROM staff WHERE id = $1 AND company_id = ANY($2::text[])",
);
