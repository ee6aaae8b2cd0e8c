import { type AddressRecord, mergedAddress } from "../../core/address.js";
import { type CompanyResource, requireFound } from "../../core/company-resource.js";
import { alreadyExistsError } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import type { LimitedDatabase } from "../../db/company-records.js";
import type { Database } from "../../db/database.js";
import { violatedConstraint } from "../../db/database-errors.js";
import { countedBy } from "../../db/growth.js";
import { resolveNameCursor } from "../../db/record-list.js";
import { statement } from "../../db/statement.js";
import { Prisma } from "../../gen/prisma/client.js";
import { applyCustomerLimit, lockCompanyAgainstCreates } from "../customers/customer-limit.repository.js";
import {
  type BusinessRow,
  type CompanyRow,
  companyColumns,
  type StaffRow,
  toBusiness,
  toCompany,
  toStaff,
} from "./directory.columns.js";
import type {
  Company,
  DirectoryAdminRepository,
  MissingBusinessesCheck,
  Staff,
  StaffChange,
} from "./directory.model.js";
import { archivableRecords, changeDirectory, nextVersion } from "./directory-change.repository.js";

type CompanyAdmin = Pick<DirectoryAdminRepository, "createCompany" | "changeCompany" | "getCompany" | "listCompanies">;
type BusinessAdmin = Pick<DirectoryAdminRepository, "createBusiness" | "changeBusiness" | "setBusinessArchived">;
type StaffAdmin = Pick<DirectoryAdminRepository, "createStaff" | "changeStaff" | "setStaffArchived">;

/** Writes of companies, locations and staff. Uses Prisma, because none of them is on a hot path. */
export function createDirectoryAdminRepository(limited: LimitedDatabase): DirectoryAdminRepository {
  return { ...companyAdmin(limited.database), ...businessAdmin(limited), ...staffAdmin(limited) };
}

function companyAdmin(database: Database): CompanyAdmin {
  return {
    async createCompany(company, write) {
      const { id, maxCustomers } = company;
      const made = changeDirectory(
        database,
        {
          key: { kind: "company", companyId: id, id },
          // There is no row yet to wait for. Concurrent duplicates wait at the claim.
          lock: async () => {},
          async work(tx) {
            await tx.company.create({ data: { ...companyColumns(company), maxCustomers: null } });
            if (maxCustomers !== undefined) await applyCustomerLimit(tx, id, maxCustomers);
            return true;
          },
          read: readCompany,
        },
        write,
      );
      return made.catch((error: unknown) => {
        throw violatedConstraint(error) === "company_pkey" ? alreadyExistsError("Company", "id") : error;
      });
    },

    changeCompany(id, { maxCustomers, ...columns }, write) {
      const lock = (tx: Prisma.TransactionClient) => lockCompanyAgainstCreates(tx, id);
      return changeDirectory(
        database,
        {
          key: { kind: "company", companyId: id, id },
          ...(maxCustomers === undefined ? {} : { lock }),
          async work(tx) {
            if (maxCustomers !== undefined) await applyCustomerLimit(tx, id, maxCustomers);
            await tx.company.update({ where: { id }, data: { ...companyColumns(columns), version: nextVersion } });
            return true;
          },
          read: readCompany,
        },
        write,
      );
    },

    async getCompany(id, signal) {
      const [row] = await database.read<CompanyRow>(companyStatement, [id], signal);
      return row && toCompany(row);
    },

    async listCompanies(page, signal) {
      const after = await resolveNameCursor(database, { nameOf: companyName, scope: [], page }, signal);
      const values = [page.size + 1, page.offset, ...after];
      const rows = await database.read<CompanyRow>(listStatement, values, signal);
      return rows.map(toCompany);
    },
  };
}

/** Across all tenants. Only for operator API keys and the command line. */
const listStatement = statement(
  "directory_admin.companies",
  `SELECT * FROM company c
   WHERE $4::text IS NULL OR (c.name, c.id) > (($3::text[])[1], $4)
   ORDER BY c.name, c.id LIMIT $1 OFFSET $2`,
);

const companyStatement = statement("directory_admin.company", "SELECT * FROM company WHERE id = $1");

/** For the operator, who can access every company. */
const companyName = statement("directory_admin.company_name", "SELECT ARRAY[name] AS name FROM company WHERE id = $1");

async function readCompany(tx: Prisma.TransactionClient, id: string): Promise<Company> {
  const [row] = await tx.$queryRaw<CompanyRow[]>`SELECT * FROM company WHERE id = ${id}`;
  return toCompany(requireFound(row, "Company", id));
}

function businessAdmin(limited: LimitedDatabase): BusinessAdmin {
  const businesses = archivableRecords(limited, {
    ...{ kind: "business", resource: "Business", measures: countedBy("MAX_BUSINESSES"), find: findBusiness },
    update: (tx, target, data) => tx.business.update({ where: where(target), data }),
  });
  return {
    createBusiness: ({ address, ...texts }, write) =>
      businesses.create(texts, write, (tx) =>
        tx.business.create({ data: { ...texts, ...(address ? { address: withId(address) } : {}) } }),
      ),

    changeBusiness: (target, { address, ...texts }, write, check) =>
      businesses.change(target, write, (tx, stored) => {
        check(stored);
        const next = address ? mergedAddress(stored.address, address.parts) : undefined;
        const json = address === undefined ? {} : { address: next ? withId(next) : Prisma.DbNull };
        return tx.business.update({ where: where(target), data: { ...texts, ...json, version: nextVersion } });
      }),

    setBusinessArchived: businesses.setArchived,
  };
}

async function findBusiness(tx: Prisma.TransactionClient, { companyId, id }: CompanyResource) {
  const [row] = await tx.$queryRaw<BusinessRow[]>`
    SELECT * FROM business WHERE company_id = ${companyId} AND id = ${id}`;
  return row && toBusiness(row);
}

/** The column contains a whole address, including the id that responses show. */
function withId({ coordinate, ...lines }: AddressRecord) {
  return { id: newId(idPrefixes.address), ...lines, ...(coordinate ? { coordinate: { ...coordinate } } : {}) };
}

function staffAdmin(limited: LimitedDatabase): StaffAdmin {
  const members = archivableRecords(limited, {
    ...{ kind: "staff", resource: "Staff", measures: countedBy("MAX_STAFF"), find: findStaff },
    update: (tx, target, data) => tx.staff.update({ where: where(target), data }),
  });
  return {
    createStaff: ({ companyId, id, role, hiredTime, workingBusinessIds, ...texts }, write, check) =>
      members.create({ companyId, id }, write, async (tx) => {
        await checkBusinesses(tx, { companyId, ids: workingBusinessIds, kept: [], check });
        const more = { workingBusinessIds: [...workingBusinessIds], ...roleColumns(role) };
        await tx.staff.create({ data: { companyId, id, ...texts, ...more, hiredTime: hiredTime ?? null } });
      }),

    changeStaff: (target, change, write, { businesses: check, ...checks }) =>
      members.change(target, write, async (tx, stored) => {
        const { companyId } = target;
        const { workingBusinessIds: kept } = stored;
        checks.change(stored);
        await checkBusinesses(tx, { companyId, ids: change.workingBusinessIds ?? [], kept, check });
        await tx.staff.update({ where: where(target), data: staffColumns(change) });
      }),

    setStaffArchived: members.setArchived,
  };
}

async function findStaff(tx: Prisma.TransactionClient, { companyId, id }: CompanyResource) {
  const [row] = await tx.$queryRaw<StaffRow[]>`SELECT * FROM staff WHERE company_id = ${companyId} AND id = ${id}`;
  return row && toStaff(row);
}

interface CheckedBusinesses {
  readonly companyId: string;
  readonly ids: readonly string[];
  /** Locations that may be archived, because the staff member already has them. */
  readonly kept: readonly string[];
  readonly check: MissingBusinessesCheck;
}

async function checkBusinesses(
  tx: Prisma.TransactionClient,
  { companyId, ids, kept, check }: CheckedBusinesses,
): Promise<void> {
  const asked = ids.filter((id) => !kept.includes(id));
  if (asked.length === 0) return;
  const found = await tx.business.findMany({
    where: { companyId, id: { in: asked }, archivedTime: null },
    select: { id: true },
  });
  const usable = new Set([...kept, ...found.map(({ id }) => id)]);
  check(ids.flatMap((id, position) => (usable.has(id) ? [] : [position])));
}

function staffColumns({
  role,
  hiredTime,
  workingBusinessIds,
  ...texts
}: StaffChange): Prisma.StaffUncheckedUpdateInput {
  return {
    ...texts,
    ...(role === null ? roleColumns(undefined) : {}),
    ...(role?.id === undefined ? {} : { roleId: role.id }),
    ...(role?.name === undefined ? {} : { roleName: role.name }),
    ...(hiredTime === undefined ? {} : { hiredTime }),
    ...(workingBusinessIds ? { workingBusinessIds: [...workingBusinessIds] } : {}),
    version: nextVersion,
  };
}

function roleColumns(role: Staff["role"]) {
  return { roleId: role?.id ?? null, roleName: role?.name ?? "" };
}

function where({ companyId, id }: CompanyResource) {
  return { companyId_id: { companyId, id } };
}
