import { companyAccessFilter, requireCompanyAccess } from "../../core/access.js";
import { invalidRequest } from "../../core/errors.js";
import { isId } from "../../core/ids.js";
import { parsePhone } from "../../core/phone.js";
import type { CompanyAccess, Principal } from "../../core/principal.js";
import { foldCase, lineRule, normalise, textFault } from "../../core/text.js";
import type { Customer } from "../customers/customer.model.js";
import type { CallerRepository } from "./caller.model.js";
import { callerValues } from "./caller-response.service.js";

/** What a call centre knows of somebody; "" = nothing. All that is given must match one customer. */
export interface CallerQuestion {
  /** Absent or "" = the key's company, if it covers exactly one. */
  readonly companyId?: string;
  readonly id: string;
  /** In any spelling, a national one read in the company's country. */
  readonly tel: string;
  readonly email: string;
  /** The account id of any kind. */
  readonly thirdAccountId: string;
}

export interface CallerAnswer {
  /** The documented keys in their own spelling and the custom fields by id; every key always there, "" = unknown. */
  readonly values: Readonly<Record<string, string>>;
  readonly customer: Customer;
  /** How many customers match; the answer is the most recently updated one of them. */
  readonly matchCount: number;
}

export interface CallerQuery {
  /**
   * The customer that the question describes; undefined when nothing was asked or nobody is found. A call centre hands on
   * what it gets from the line, so what can be no id, phone or email (such as `anonymous`) finds nobody and is no error.
   *
   * @throws DomainError COMPANY_NOT_ALLOWED; INVALID_REQUEST at company_id when the key does not tell the company
   */
  find(principal: Principal, question: CallerQuestion, signal: AbortSignal): Promise<CallerAnswer | undefined>;
}

/** Document 004, "Instructions for using internal APIs". */
export function createCallerQuery(callers: Pick<CallerRepository, "find">): CallerQuery {
  return {
    async find(principal, question, signal) {
      const access = companyOf(principal, question.companyId ?? "");
      const asked = readQuestion(question, access);
      if (!asked) return undefined;
      const found = await callers.find({ accessFilter: companyAccessFilter(access), ...asked }, signal);
      if (!found) return undefined;
      return { values: callerValues(found), customer: found.customer, matchCount: found.matchCount };
    },
  };
}

function companyOf(principal: Principal, companyId: string): CompanyAccess {
  if (companyId !== "") return requireCompanyAccess(principal, companyId);
  const [only, ...others] = principal.companies.values();
  if (only && others.length === 0) return only;
  const description = "Required unless this API key has access to exactly one company.";
  throw invalidRequest([{ field: "company_id", reason: "REQUIRED", description }]);
}

/** What the database is asked for; undefined when nothing is asked, or what nobody can have. */
function readQuestion({ id, tel, email, thirdAccountId }: CallerQuestion, { country }: CompanyAccess) {
  const given = {
    id: id.trim(),
    tel: tel.trim().replace(/^tel:/i, ""),
    email: email.trim(),
    thirdAccountId: thirdAccountId.trim(),
  };
  if (Object.values(given).every((text) => text === "")) return undefined;
  const phone = given.tel === "" ? "" : readTel(given.tel, country);
  const emailKey = asLine(given.email);
  const accountId = asLine(given.thirdAccountId);
  if ((given.id !== "" && !isId(given.id)) || phone === undefined) return undefined;
  if (emailKey === undefined || accountId === undefined) return undefined;
  return {
    ...(given.id === "" ? {} : { id: given.id }),
    ...(phone === "" ? {} : { phone }),
    ...(emailKey === "" ? {} : { emailKey: foldCase(emailKey) }),
    ...(accountId === "" ? {} : { accountId }),
  };
}

/**
 * What cannot be a number of the country may be one of another without its plus, or with `00` before it: lines give it so,
 * and a plus in a query string means a blank.
 */
function readTel(tel: string, country: string): string | undefined {
  return parsePhone(tel, country) ?? (/^\d/.test(tel) ? parsePhone(`+${tel.replace(/^00/, "")}`, country) : undefined);
}

/** A line as it would have been stored; undefined when it could not have been. */
function asLine(raw: string): string | undefined {
  const line = normalise(raw, lineRule);
  return textFault(line, lineRule) ? undefined : line;
}
