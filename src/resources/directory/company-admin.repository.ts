import { alreadyExistsError, notFoundError } from "../../core/errors.js";
import type { Database } from "../../db/database.js";
import { violatedConstraint } from "../../db/database-errors.js";
import { resolveNameCursor } from "../../db/name-list.js";
import { statement } from "../../db/statement.js";
import type { Prisma } from "../../gen/prisma/client.js";
import { applyCustomerLimit, lockCompanyAgainstCreates } from "../customers/customer-limit.repository.js";
import { type CompanyRow, toCompany } from "./directory.columns.js";
import type { Company } from "./directory.model.js";
import type { CompanyChange, DirectoryAdminRepository } from "./directory-admin.model.js";
import { changeDirectory } from "./directory-admin-change.repository.js";

type CompanyAdmin = Pick<DirectoryAdminRepository, "createCompany" | "changeCompany" | "listCompanies">;

export function createCompanyAdmin(database: Database): CompanyAdmin {
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
            await tx.company.create({ data: { ...company, maxCustomers: null } });
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

    changeCompany: (id, change, write) =>
      changeDirectory(
        database,
        {
          key: { kind: "company", companyId: id, id },
          ...(change.maxCustomers === undefined
            ? {}
            : { lock: (tx: Prisma.TransactionClient) => lockCompanyAgainstCreates(tx, id) }),
          async work(tx) {
            const { maxCustomers, ...columns }: CompanyChange = change;
            if (maxCustomers !== undefined) await applyCustomerLimit(tx, id, maxCustomers);
            await tx.company.update({ where: { id }, data: { ...columns, version: { increment: 1 } } });
            return true;
          },
          read: readCompany,
        },
        write,
      ),

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

async function readCompany(tx: Prisma.TransactionClient, id: string): Promise<Company> {
  const rows = await tx.$queryRaw<CompanyRow[]>`SELECT * FROM company WHERE id = ${id}`;
  const [row] = rows;
  if (!row) throw notFoundError("Company", id);
  return toCompany(row);
}

/** For the operator, who can access every company. */
const companyName = statement("directory_admin.company_name", "SELECT ARRAY[name] AS name FROM company WHERE id = $1");
