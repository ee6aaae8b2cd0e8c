import { nameCursor, type Page } from "../core/page.js";
import type { Company } from "../resources/directory/directory.model.js";
import { createDirectoryRepository } from "../resources/directory/directory.repository.js";
import { createDirectoryAdminRepository } from "../resources/directory/directory-admin.repository.js";
import { readBusiness, readCompany } from "../resources/directory/directory-arguments.service.js";
import { type Command, outJson, toColumns, withOptionNames } from "./command.js";
import type * as declared from "./declarations/directory.js";
import { readPages } from "./read-pages.js";
import { withDatabase } from "./session.js";

const companyOptions = { id: "--id", name: "--name", country: "--country", time_zone: "--time-zone" };
const businessOptions = { company_id: "--company", id: "--id", name: "--name" };

export const createCompany: Command<typeof declared.createCompany> = async (values, context) => {
  const { id, name, country, "time-zone": timeZone } = values;
  const company = await withOptionNames(companyOptions, async () => {
    const input = readCompany({ id, name, country, timeZone });
    return await withDatabase(context, "moego companies create", ({ write, ...limited }) =>
      createDirectoryAdminRepository(limited).createCompany(input, write),
    );
  });
  if (values.json) return outJson(context.terminal, companyFacts(company));
  context.terminal.out(company.id);
};

export const listCompanies: Command<typeof declared.listCompanies> = async ({ json }, context) => {
  const companies = await withDatabase(context, "moego companies list", ({ write, ...limited }) =>
    readPages(byName, (page) => createDirectoryAdminRepository(limited).listCompanies(page, write.signal)),
  );
  if (json) return outJson(context.terminal, companies.map(companyFacts));
  const rows = companies.map(({ id, name, country, timeZone }) => [id, name, country, timeZone]);
  for (const line of toColumns([["ID", "NAME", "COUNTRY", "TIME ZONE"], ...rows])) context.terminal.out(line);
};

export const createBusiness: Command<typeof declared.createBusiness> = async (values, context) => {
  const business = await withOptionNames(businessOptions, async () => {
    const input = readBusiness({ companyId: values.company, id: values.id, name: values.name });
    return await withDatabase(context, "moego businesses create", ({ write, ...limited }) =>
      createDirectoryAdminRepository(limited).createBusiness(input, write),
    );
  });
  const { id, companyId, name } = business;
  if (values.json) return outJson(context.terminal, { id, companyId, name });
  context.terminal.out(id);
};

export const listBusinesses: Command<typeof declared.listBusinesses> = async (values, context) => {
  const { company: companyId } = values;
  const accessFilter = { companyIds: [companyId], grants: [companyId] };
  const businesses = await withDatabase(context, "moego businesses list", ({ database, write }) => {
    const repository = createDirectoryRepository(database);
    const list = (page: Page) => repository.listBusinesses({ accessFilter, page, showArchived: false }, write.signal);
    return readPages(byName, list);
  });
  if (values.json)
    return outJson(
      context.terminal,
      businesses.map(({ id, name }) => ({ id, companyId, name })),
    );
  const rows = businesses.map(({ id, name }) => [id, name]);
  for (const line of toColumns([["ID", "NAME"], ...rows])) context.terminal.out(line);
};

function byName({ id, name }: { readonly id: string; readonly name: string }) {
  return nameCursor(id, name);
}

function companyFacts({ id, name, country, timeZone }: Company) {
  return { id, name, country, timeZone };
}
