import { parseArgs } from "node:util";
import { createDirectoryAdmin } from "../domain/directory-admin.js";
import { createDirectoryAdminRepository } from "../persistence/directory-admin.js";
import { type Command, required, toColumns } from "./command.js";
import { type Session, withDatabase } from "./session.js";

const one = { type: "string" } as const;

/** `moego companies create` */
export const createCompany: Command = async (words, context) => {
  const options = { id: one, name: one, country: one, "time-zone": one };
  const { values } = parseArgs({ args: [...words], options });
  const input = {
    id: values.id,
    name: required(values.name, "--name"),
    country: required(values.country, "--country"),
    timeZone: required(values["time-zone"], "--time-zone"),
  };
  const company = await withDatabase(context, "moego companies create", (session) =>
    adminOf(session).createCompany(input, session.write),
  );
  context.terminal.out(company.id);
};

/** `moego companies list` */
export const listCompanies: Command = async (words, context) => {
  parseArgs({ args: [...words], options: {} });
  const companies = await withDatabase(context, "moego companies list", (session) =>
    adminOf(session).listCompanies(session.write.signal),
  );
  const rows = companies.map(({ id, name, country, timeZone }) => [id, name, country, timeZone]);
  for (const line of toColumns([["ID", "NAME", "COUNTRY", "TIME ZONE"], ...rows])) context.terminal.out(line);
};

/** `moego businesses create` */
export const createBusiness: Command = async (words, context) => {
  const { values } = parseArgs({ args: [...words], options: { company: one, id: one, name: one } });
  const companyId = required(values.company, "--company");
  const input = { companyId, id: values.id, name: required(values.name, "--name") };
  const business = await withDatabase(context, "moego businesses create", (session) =>
    adminOf(session).createBusiness(input, session.write),
  );
  context.terminal.out(business.id);
};

/** `moego businesses list` */
export const listBusinesses: Command = async (words, context) => {
  const { values } = parseArgs({ args: [...words], options: { company: one } });
  const companyId = required(values.company, "--company");
  const businesses = await withDatabase(context, "moego businesses list", (session) =>
    adminOf(session).listBusinesses(companyId, session.write.signal),
  );
  const rows = businesses.map(({ id, name }) => [id, name]);
  for (const line of toColumns([["ID", "NAME"], ...rows])) context.terminal.out(line);
};

function adminOf({ database }: Session) {
  return createDirectoryAdmin(createDirectoryAdminRepository(database));
}
