import { companyAccessFilter, requireCompanyAccess } from "../../core/access.js";
import { invalidRequest, violation } from "../../core/errors.js";
import { isId } from "../../core/ids.js";
import { readCallerPhone } from "../../core/phone/phone.js";
import type { CompanyAccess, Principal } from "../../core/principal.js";
import { foldCase, lineRule, normalise, textFault } from "../../core/text.js";
import type { CallerAnswer, CallerLookup, CallerRepository, QueryStatus } from "./caller.model.js";
import { answerFacts, callerValues, emptyValues } from "./caller-answer.service.js";

/** What the call center knows about the caller. "" means unknown. A customer or lead must match all given values. */
interface CallerQuestion {
  /** Absent or "" means the company of the API key, if it has access to exactly one. */
  readonly companyId?: string;
  readonly id: string;
  /** In any format. A national number is parsed for the country of the company. */
  readonly tel: string;
  readonly email: string;
  /** The id of an account of any kind. */
  readonly thirdAccountId: string;
  /** Whether the client needs the keys of a caller who is not found. They take a statement if nothing was looked up. */
  readonly needsKeys: boolean;
  /** Whether the client needs a customer as a whole, beside the values. */
  readonly needsRecord: boolean;
}

export type CallerQuery = ReturnType<typeof createCallerQuery>;

/** MoeGo API reference, "Instructions for using internal APIs". */
export function createCallerQuery(callers: Pick<CallerRepository, "find" | "fieldIds">) {
  return {
    /**
     * The customer or lead that matches the question. Call centers forward what the phone line provides, so a value that
     * cannot be an id, phone number or email address matches nobody and is not an error. A withheld number (such as
     * `anonymous`) does not count as a value: the other values decide.
     *
     * @throws DomainError COMPANY_NOT_ALLOWED; INVALID_REQUEST at company_id if the API key does not determine the
     * company
     */
    async find(principal: Principal, question: CallerQuestion, signal: AbortSignal): Promise<CallerAnswer> {
      const access = companyOf(principal, question.companyId ?? "");
      const { companyId } = access;
      const { lookup, number, otherwise } = readQuestion(question, access);
      const { needsRecord } = question;
      const asked = lookup && { accessFilter: companyAccessFilter(access), needsRecord, ...lookup };
      const search = asked && (await callers.find(asked, signal));
      if (search?.caller) {
        const { caller, matches, matchCount, fields } = search;
        return answered(
          { companyId, status: "FOUND", number, caller, matches, matchCount },
          callerValues(caller, fields),
        );
      }
      const known = search?.fields.map(({ id }) => id);
      const fieldIds = known ?? (question.needsKeys ? await callers.fieldIds(access.companyId, signal) : []);
      return answered({ companyId, status: otherwise, number, matches: [], matchCount: 0 }, emptyValues(fieldIds));
    },
  };
}

function answered(answer: Omit<CallerAnswer, "values" | "facts">, values: CallerAnswer["values"]): CallerAnswer {
  return { ...answer, values, facts: answerFacts(answer) };
}

/** The company of a request that may name none. Throws COMPANY_NOT_ALLOWED and INVALID_REQUEST. */
export function companyOf(principal: Principal, companyId: string): CompanyAccess {
  if (companyId !== "") return requireCompanyAccess(principal, companyId);
  const [only, ...others] = principal.companies.values();
  if (only && others.length === 0) return only;
  throw invalidRequest([
    violation("company_id", "REQUIRED", "Required unless this API key has access to exactly one company."),
  ]);
}

interface ReadQuestion {
  /** Absent if nothing is asked, or a value cannot match anyone. */
  readonly lookup?: Omit<CallerLookup, "accessFilter" | "needsRecord">;
  readonly number: string;
  /** The status if nobody is found. */
  readonly otherwise: Exclude<QueryStatus, "FOUND">;
}

function readQuestion(question: CallerQuestion, { country }: CompanyAccess): ReadQuestion {
  const [id, tel] = [question.id.trim(), question.tel.trim()];
  const phone = tel === "" ? undefined : readCallerPhone(question.tel, country);
  const emailKey = asLine(question.email.trim());
  const accountId = asLine(question.thirdAccountId.trim());
  const number = phone?.kind === "number" ? phone.number : "";
  const isUnreadable =
    (id !== "" && !isId(id)) || phone?.kind === "unreadable" || emailKey === undefined || accountId === undefined;
  if (isUnreadable) return { number, otherwise: phone?.kind === "withheld" ? "WITHHELD" : "UNREADABLE" };
  const lookup = {
    ...(id === "" ? {} : { id }),
    ...(number === "" ? {} : { phone: number }),
    ...(emailKey === "" ? {} : { emailKey: foldCase(emailKey) }),
    ...(accountId === "" ? {} : { accountId }),
  };
  return {
    ...(Object.keys(lookup).length === 0 ? {} : { lookup }),
    number,
    otherwise: phone?.kind === "withheld" ? "WITHHELD" : "UNKNOWN",
  };
}

/** The string in its stored form. Undefined if it could not have been stored. */
function asLine(raw: string): string | undefined {
  const line = normalise(raw, lineRule);
  return textFault(line, lineRule) ? undefined : line;
}
