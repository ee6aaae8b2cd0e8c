import { parseArgs } from "node:util";
import { nameCursor, type Page } from "../core/page.js";
import { createDirectoryRepository } from "../resources/directory/directory.repository.js";
import { createDirectoryAdminRepository } from "../resources/directory/directory-admin.repository.js";
import { readBusiness, readCompany } from "../resources/directory/directory-arguments.service.js";
import { assertRequiredOptions, type Command, toColumns, withOptionNames } from "./command.js";
import { withDatabase } from "./session.js";

const one = { type: "string" } as const;
const companyOptions = { id: "--id", name: "--name", country: "--country", time_zone: "--time-zone" };
const businessOptions = { company_id: "--company", id: "--id", name: "--name" };

export const createCompany: Command = async (words, context) => {
  const options = { id: one, name: one, country: one, "time-zone": one };
  const { values } = parseArgs({ args: [...words], options });
  assertRequiredOptions(values, ["name", "country", "time-zone"]);
  const { id, name, country, "time-zone": timeZone } = values;
  const company = await withOptionNames(companyOptions, async () => {
    const input = readCompany({ id, name, country, timeZone });
    return await withDatabase(context, "moego companies create", ({ write, ...limited }) =>
      createDirectoryAdminRepository(limited).createCompany(input, write),
    );
  });
  context.terminal.out(company.id);
};

export const listCompanies: Command = async (words, context) => {
  parseArgs({ args: [...words], options: {} });
  const companies = await withDatabase(context, "moego companies list", ({ write, ...limited }) =>
    readAll((page) => createDirectoryAdminRepository(limited).listCompanies(page, write.signal)),
  );
  const rows = companies.map(({ id, name, country, timeZone }) => [id, name, country, timeZone]);
  for (const line of toColumns([["ID", "NAME", "COUNTRY", "TIME ZONE"], ...rows])) context.terminal.out(line);
};

export const createBusiness: Command = async (words, context) => {
  const { values } = parseArgs({ args: [...words], options: { company: one, id: one, name: one } });
  assertRequiredOptions(values, ["company", "name"]);
  const business = await withOptionNames(businessOptions, async () => {
    const input = readBusiness({ companyId: values.company, id: values.id, name: values.name });
    return await withDatabase(context, "moego businesses create", ({ write, ...limited }) =>
      createDirectoryAdminRepository(limited).createBusiness(input, write),
    );
  });
  context.terminal.out(business.id);
};

export const listBusinesses: Command = async (words, context) => {
  const { values } = parseArgs({ args: [...words], options: { company: one } });
  assertRequiredOptions(values, ["company"]);
  const companyId = values.company;
  const accessFilter = { companyIds: [companyId], grants: [companyId] };
  const businesses = await withDatabase(context, "moego businesses list", ({ database, write }) => {
    const repository = createDirectoryRepository(database);
    const list = (page: Page) => repository.listBusinesses({ accessFilter, page, showArchived: false }, write.signal);
    return readAll(list);
  });
  const rows = businesses.map(({ id, name }) => [id, name]);
  for (const line of toColumns([["ID", "NAME"], ...rows])) context.terminal.out(line);
};

const pageSize = 500;

async function readAll<Row extends { readonly id: string; readonly name: string }>(
  list: (page: Page) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  const all: Row[] = [];
  for (;;) {
    const last = all.at(-1);
    const rows = await list({ size: pageSize, offset: 0, ...(last ? { after: nameCursor(last.id, last.name) } : {}) });
    all.push(...rows.slice(0, pageSize));
    if (rows.length <= pageSize) return all;
  }
}
