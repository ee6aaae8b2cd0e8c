import { invalidRequest } from "../../core/errors.js";
import { isId } from "../../core/ids.js";
import { parsePhone } from "../../core/phone.js";
import { type CompanyAccess, companyAccessFilter, type Principal, requireCompanyAccess } from "../../core/principal.js";
import { foldCase, lineRule, normalise, textFault } from "../../core/text.js";
import type { Customer } from "../customers/customer.model.js";
import type { CallerRepository } from "./caller.model.js";
import { callerValues } from "./caller-response.service.js";

/** What the call center knows about the caller. "" means unknown. A customer must match all given values. */
export interface CallerQuestion {
  /** Absent or "" means the company of the API key, if it has access to exactly one. */
  readonly companyId?: string;
  readonly id: string;
  /** In any format. A national number is parsed for the country of the company. */
  readonly tel: string;
  readonly email: string;
  /** The id of an account of any kind. */
  readonly thirdAccountId: string;
}

export interface CallerAnswer {
  /** The documented keys with their own names, and custom fields by id. Every key is present; "" means unknown. */
  readonly values: Readonly<Record<string, string>>;
  readonly customer: Customer;
  /** Number of matching customers. The response is the most recently updated one. */
  readonly matchCount: number;
}

export interface CallerQuery {
  /**
   * The customer that matches the question. Undefined if the question is empty or nobody matches. Call centers forward
   * what the phone line provides, so a value that cannot be an id, phone number or email address (such as `anonymous`)
   * matches nobody and is not an error.
   *
   * @throws DomainError COMPANY_NOT_ALLOWED; INVALID_REQUEST at company_id if the API key does not determine the
   * company
   */
  find(principal: Principal, question: CallerQuestion, signal: AbortSignal): Promise<CallerAnswer | undefined>;
}

/** MoeGo API reference, "Instructions for using internal APIs". */
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

/** The lookup to run. Undefined if the question is empty or cannot match anyone. */
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
 * A number that is not valid in the country may be an international one without its plus, or with `00` in front. Phone
 * lines send such numbers, and a plus in a query string is decoded as a space.
 */
function readTel(tel: string, country: string): string | undefined {
  return parsePhone(tel, country) ?? (/^\d/.test(tel) ? parsePhone(`+${tel.replace(/^00/, "")}`, country) : undefined);
}

/** The string in its stored form. Undefined if it could not have been stored. */
function asLine(raw: string): string | undefined {
  const line = normalise(raw, lineRule);
  return textFault(line, lineRule) ? undefined : line;
}
