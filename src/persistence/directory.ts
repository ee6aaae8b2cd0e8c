import type { Address } from "../domain/customer.js";
import type { Business, Company, Staff } from "../domain/directory.js";
import type { DirectoryRepository } from "../domain/directory-repository.js";
import type { Database } from "./database.js";
import { type Statement, statement } from "./statement.js";
import { theOne, visibilityValues } from "./visibility.js";

/** Companies, locations and staff, by name. A cursor holds the id alone; its row's name is looked up. */
export function createDirectoryRepository(database: Database): DirectoryRepository {
  return {
    async getCompany({ companyIds }, id, signal) {
      const [row] = await database.read<CompanyRow>(companies.get, [companyIds, id], signal);
      return row && toCompany(row);
    },

    async listCompanies({ companyIds }, page, signal) {
      const values = [companyIds, page.size + 1, page.offset, page.after?.id ?? null];
      const rows = await database.read<CompanyRow>(companies.list, values, signal);
      return rows.map(toCompany);
    },

    async getBusiness(visibility, id, signal) {
      const rows = await database.read<BusinessRow>(businesses.get, [...visibilityValues(visibility), id], signal);
      const row = theOne(rows, "Business", id);
      return row && toBusiness(row);
    },

    async listBusinesses(visibility, page, signal) {
      const values = [...visibilityValues(visibility), page.size + 1, page.offset, page.after?.id ?? null];
      const rows = await database.read<BusinessRow>(businesses.list, values, signal);
      return rows.map(toBusiness);
    },

    async getStaff(visibility, id, signal) {
      const rows = await database.read<StaffRow>(staff.get, [...visibilityValues(visibility), id], signal);
      const row = theOne(rows, "Staff", id);
      return row && toStaff(row);
    },

    async listStaff(visibility, page, signal) {
      const values = [...visibilityValues(visibility), page.size + 1, page.offset, page.after?.id ?? null];
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
       AND ($4::text IS NULL OR (c.name, c.id) > (SELECT name, id FROM company WHERE id = $4))
     ORDER BY c.name, c.id LIMIT $2 OFFSET $3`,
  ),
};

/** A key that is limited to locations sees these alone. */
const businessVisible = `b.company_id = ANY($1::text[])
  AND (b.company_id = ANY($2::text[]) OR b.company_id || '/' || b.id = ANY($2::text[]))`;

const businesses: Statements = {
  get: statement("business.get", `SELECT * FROM business b WHERE ${businessVisible} AND b.id = $3`),
  list: statement(
    "business.list",
    `SELECT * FROM business b WHERE ${businessVisible} AND b.archived_time IS NULL
       AND ($5::text IS NULL OR (b.name, b.id) > (SELECT name, id FROM business WHERE company_id = ANY($1::text[]) AND id = $5))
     ORDER BY b.name, b.id LIMIT $3 OFFSET $4`,
  ),
};

/** A key that is limited to locations sees who works there. */
const staffVisible = `s.company_id = ANY($1::text[]) AND (s.company_id = ANY($2::text[])
  OR EXISTS (SELECT FROM unnest(s.working_business_ids) AS w (id) WHERE s.company_id || '/' || w.id = ANY($2::text[])))`;

/** Those who left are listed too, with their flag: records point to them. */
const staff: Statements = {
  get: statement("staff.get", `SELECT * FROM staff s WHERE ${staffVisible} AND s.id = $3`),
  list: statement(
    "staff.list",
    `SELECT * FROM staff s WHERE ${staffVisible}
       AND ($5::text IS NULL OR (s.first_name, s.last_name, s.id) >
         (SELECT first_name, last_name, id FROM staff WHERE company_id = ANY($1::text[]) AND id = $5))
     ORDER BY s.first_name, s.last_name, s.id LIMIT $3 OFFSET $4`,
  ),
};

interface CompanyRow {
  readonly id: string;
  readonly raw_id: string;
  readonly name: string;
  readonly country: string;
  readonly time_zone: string;
  readonly enterprise_id: string | null;
  readonly max_customers: number | null;
  readonly upcoming_appointments_url_template: string | null;
}

interface BusinessRow {
  readonly company_id: string;
  readonly id: string;
  readonly name: string;
  readonly avatar: string;
  readonly phone: string;
  readonly business_phone: string;
  readonly email: string;
  readonly address: Address | null;
  readonly website: string;
  readonly facebook: string;
  readonly instagram: string;
  readonly yelp: string;
  readonly google: string;
}

interface StaffRow {
  readonly company_id: string;
  readonly id: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly avatar: string;
  readonly phone: string;
  readonly email: string;
  readonly role_id: string | null;
  readonly role_name: string;
  readonly hired_time: Date | null;
  readonly working_business_ids: readonly string[];
  readonly mobile_van_id: string;
  readonly archived_time: Date | null;
}

function toCompany(row: CompanyRow): Company {
  return {
    id: row.id,
    rawId: BigInt(row.raw_id),
    name: row.name,
    country: row.country,
    timeZone: row.time_zone,
    ...(row.enterprise_id === null ? {} : { enterpriseId: row.enterprise_id }),
    ...(row.max_customers === null ? {} : { maxCustomers: row.max_customers }),
    ...(row.upcoming_appointments_url_template === null
      ? {}
      : { upcomingAppointmentsUrlTemplate: row.upcoming_appointments_url_template }),
  };
}

function toBusiness({ company_id: companyId, business_phone: businessPhone, address, ...same }: BusinessRow): Business {
  return { ...same, companyId, businessPhone, ...(address ? { address } : {}) };
}

function toStaff(row: StaffRow): Staff {
  return {
    companyId: row.company_id,
    id: row.id,
    firstName: row.first_name,
    lastName: row.last_name,
    avatar: row.avatar,
    phone: row.phone,
    email: row.email,
    ...(row.role_id === null ? {} : { role: { id: row.role_id, name: row.role_name } }),
    ...(row.hired_time ? { hiredTime: row.hired_time } : {}),
    workingBusinessIds: row.working_business_ids,
    mobileVanId: row.mobile_van_id,
    archived: row.archived_time !== null,
  };
}
