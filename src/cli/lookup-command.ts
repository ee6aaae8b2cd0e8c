import { phoneFilter } from "../api/phone-line.js";
import { nameWords } from "../api/search-fields.js";
import { recordsAmong } from "../core/departure.js";
import { OperatorError } from "../core/operator-error.js";
import { type Command, counted, outJson, toColumns } from "./command.js";
import { withCompany } from "./company-session.js";
import type * as declared from "./declarations/people.js";
import { UsageError } from "./usage-error.js";

/** `moego lookup PHONE|NAME`: as the filters `mainPhoneNumber` and `name` of ListCustomers and ListLeads. */
export const lookup: Command<typeof declared.lookup> = async (values, context) => {
  const { company: companyId, "PHONE|NAME": words, json } = values;
  const limit = readLimit(values.limit);
  const { terminal } = context;
  const found = await withCompany(context, { companyId, rpc: "moego lookup" }, async (session) => {
    const { access, repositories, write } = session;
    const query = { companyId, filter: filterOf(words, access.country), page: { size: limit, offset: 0 } };
    const [customers, leads, businesses] = await Promise.all([
      repositories.customers.list(query, write.signal),
      repositories.leads.list(query, write.signal),
      session.businesses(),
    ]);
    const names = new Map(businesses.map(({ id, name }) => [id, name]));
    const shown = (kind: "customer" | "lead", people: readonly Person[]) =>
      people.slice(0, limit).map((person) => toEntry(kind, person, names));
    return {
      people: [...shown("customer", recordsAmong(customers)), ...shown("lead", recordsAmong(leads))],
      hasMore: customers.length > limit || leads.length > limit,
    };
  });
  if (json) return outJson(terminal, found);
  const rows = found.people.map(({ kind, id, name, phone, location }) => [kind, id, name, phone, location]);
  for (const line of toColumns([["KIND", "ID", "NAME", "PHONE", "LOCATION"], ...rows])) terminal.out(line);
  if (rows.length === 0) terminal.err("No customer or lead was found.");
  if (found.hasMore)
    terminal.err(`There are more than ${counted(limit, "customer")} or leads. Add a word, or set --limit.`);
};

interface Person {
  readonly id: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly phone: string;
  readonly preferredBusinessId?: string;
}

function toEntry(kind: "customer" | "lead", person: Person, names: ReadonlyMap<string, string>) {
  const { id, firstName, lastName, phone, preferredBusinessId: locationId = "" } = person;
  const location = locationId === "" ? "" : `${locationId} ${names.get(locationId) ?? "(archived)"}`;
  return { kind, id, name: `${firstName} ${lastName}`.trim(), phone, locationId, location };
}

/** Text without a letter is a phone number. */
function filterOf(words: string, country: string) {
  if (/\p{L}/u.test(words.replace(/ext\.?|x/gi, ""))) return { name: read(nameWords.safeParse(words)) };
  return { phone: read(phoneFilter(country).safeParse(words)) };
}

type Parsed<T> =
  | { readonly success: true; readonly data: T }
  | { readonly success: false; readonly error: { readonly issues: readonly { readonly message: string }[] } };

function read<T>(parsed: Parsed<T>): T {
  if (parsed.success) return parsed.data;
  throw new OperatorError(`PHONE|NAME: ${parsed.error.issues.map(({ message }) => message).join(" ")}`);
}

const maxLimit = 100;

function readLimit(given = "20"): number {
  const limit = /^\d{1,3}$/.test(given) ? Number(given) : 0;
  if (limit >= 1 && limit <= maxLimit) return limit;
  throw new UsageError(`--limit must be a number from 1 to ${maxLimit}.`);
}
