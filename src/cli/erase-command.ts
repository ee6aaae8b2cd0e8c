import { companyAccessFilter } from "../core/access.js";
import { OperatorError } from "../core/operator-error.js";
import { createCustomerAdmin } from "../resources/customers/customer-admin.service.js";
import { createLeadAdmin } from "../resources/leads/lead-admin.service.js";
import { type Command, outJson, type Terminal } from "./command.js";
import { type CompanySession, withCompany } from "./company-session.js";
import type * as declared from "./declarations/people.js";
import { UsageError } from "./usage-error.js";

/** `moego erase`: EraseCustomer or EraseLead, with the same rules and the same entry in the audit log. */
export const erase: Command<typeof declared.erase> = async (values, context) => {
  const { company: companyId, person: id, yes, json } = values;
  const { terminal } = context;
  if (!yes && !terminal.ask) throw new UsageError("Without a terminal, `moego erase` requires --yes.");
  const kind = await withCompany(context, { companyId, rpc: "moego erase" }, async (session) => {
    const found = await kindOf(id, session);
    if (!yes) await confirm(`${found} ${id} of company ${companyId}`, id, terminal);
    const { principal, repositories, write } = session;
    const admin = { customer: createCustomerAdmin, lead: createLeadAdmin }[found](repositories);
    await admin.erase({ companyId, id }, principal, write);
    return found;
  });
  if (json) return outJson(terminal, { kind, companyId, id });
  terminal.out(`Erased ${kind} ${id}. Backups and exports that were made earlier still have the data.`);
};

/** An id does not reveal whether it is of a customer or of a lead. */
async function kindOf(id: string, { access, repositories, write }: CompanySession): Promise<"customer" | "lead"> {
  const target = { accessFilter: companyAccessFilter(access), id };
  if (await repositories.customers.get(target, write.signal)) return "customer";
  if (await repositories.leads.get(target, write.signal)) return "lead";
  throw new OperatorError("No customer or lead of the company has the ID of --person.");
}

async function confirm(what: string, id: string, { ask, err }: Terminal): Promise<void> {
  err(`This erases ${what} with all its data. It cannot be undone.`);
  if ((await ask?.(`Type ${id} to continue: `))?.trim() === id) return;
  throw new OperatorError("Nothing was erased.", { exit: "incomplete" });
}
