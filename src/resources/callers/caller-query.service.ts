import { companyAccessFilter, requireCompanyAccess } from "../../core/access.js";
import { invalidRequest, violation } from "../../core/errors.js";
import { isId } from "../../core/ids.js";
import { readCallerPhone } from "../../core/phone.js";
import type { CompanyAccess, Principal } from "../../core/principal.js";
import { foldCase, lineRule, normalise, textFault } from "../../core/text.js";
import { ownValue } from "../custom-fields/custom-field-check.service.js";
import { customFieldText } from "../custom-fields/custom-field-text.service.js";
import type { Customer } from "../customers/customer.model.js";
import type { Tag } from "../setting-lists/tag.model.js";
import type { CallerRepository, FoundCaller } from "./caller.model.js";
import type { CallerKey } from "./caller-profile.model.js";

/** What the call center knows about the caller. "" means unknown. A customer must match all given values. */
interface CallerQuestion {
  /** Absent or "" means the company of the API key, if it has access to exactly one. */
  readonly companyId?: string;
  readonly id: string;
  /** In any format. A national number is parsed for the country of the company. */
  readonly tel: string;
  readonly email: string;
  /** The id of an account of any kind. */
  readonly thirdAccountId: string;
}

interface CallerAnswer {
  /** The documented keys with their own names, and custom fields by id. Every key is present; "" means unknown. */
  readonly values: Readonly<Record<string, string>>;
  readonly customer: Customer;
  /** Number of matching customers. The response is the most recently updated one. */
  readonly matchCount: number;
}

export type CallerQuery = ReturnType<typeof createCallerQuery>;

/** MoeGo API reference, "Instructions for using internal APIs". */
export function createCallerQuery(callers: Pick<CallerRepository, "find">) {
  return {
    /**
     * The customer that matches the question. Undefined if the question is empty or nobody matches. Call centers
     * forward what the phone line provides, so a value that cannot be an id, phone number or email address (such as
     * `anonymous`) matches nobody and is not an error.
     *
     * @throws DomainError COMPANY_NOT_ALLOWED; INVALID_REQUEST at company_id if the API key does not determine the
     * company
     */
    async find(principal: Principal, question: CallerQuestion, signal: AbortSignal): Promise<CallerAnswer | undefined> {
      const access = companyOf(principal, question.companyId ?? "");
      const asked = readQuestion(question, access);
      const found = asked && (await callers.find({ accessFilter: companyAccessFilter(access), ...asked }, signal));
      return found && { values: callerValues(found), customer: found.customer, matchCount: found.matchCount };
    },
  };
}

function companyOf(principal: Principal, companyId: string): CompanyAccess {
  if (companyId !== "") return requireCompanyAccess(principal, companyId);
  const [only, ...others] = principal.companies.values();
  if (only && others.length === 0) return only;
  throw invalidRequest([
    violation("company_id", "REQUIRED", "Required unless this API key has access to exactly one company."),
  ]);
}

/** The lookup to run. Undefined if the question is empty or cannot match anyone. */
function readQuestion({ id, tel, email, thirdAccountId }: CallerQuestion, { country }: CompanyAccess) {
  const given = {
    id: id.trim(),
    tel: tel.trim(),
    email: email.trim(),
    thirdAccountId: thirdAccountId.trim(),
  };
  if (Object.values(given).every((text) => text === "")) return undefined;
  const phone = given.tel === "" ? undefined : readCallerPhone(tel, country);
  const emailKey = asLine(given.email);
  const accountId = asLine(given.thirdAccountId);
  if ((given.id !== "" && !isId(given.id)) || (phone && phone.kind !== "number")) return undefined;
  if (emailKey === undefined || accountId === undefined) return undefined;
  return {
    ...(given.id === "" ? {} : { id: given.id }),
    ...(phone ? { phone: phone.number } : {}),
    ...(emailKey === "" ? {} : { emailKey: foldCase(emailKey) }),
    ...(accountId === "" ? {} : { accountId }),
  };
}

/** The string in its stored form. Undefined if it could not have been stored. */
function asLine(raw: string): string | undefined {
  const line = normalise(raw, lineRule);
  return textFault(line, lineRule) ? undefined : line;
}

/** The response for one customer: every documented key, then every active custom field of customers by id. */
function callerValues(found: FoundCaller): Readonly<Record<string, string>> {
  const { customFields } = found.customer;
  const ofFields = found.fields.map(
    (field) => [field.id, customFieldText(field, ownValue(customFields, field.code))] as const,
  );
  return { ...documentedValues(found), ...Object.fromEntries(ofFields) };
}

/** In the order of `callerKeys`. */
function documentedValues({ customer, profile, staffName }: FoundCaller): Record<CallerKey, string> {
  const { accounts, vipLevel } = profile;
  const address = customer.addresses.find(({ type }) => type === "PRIMARY");
  return {
    id: customer.id,
    tel: customer.phone,
    email: customer.email,
    partner_id: accounts.PARTNER ?? "",
    wx_unionid: accounts.WX_UNION ?? "",
    wx_external_userid: accounts.WX_EXTERNAL_USER ?? "",
    wx_openid: accounts.WX_OPEN ?? "",
    faceBookid: accounts.FACEBOOK ?? "",
    instagramid: accounts.INSTAGRAM ?? "",
    whatsappid: accounts.WHATSAPP ?? "",
    lineid: accounts.LINE ?? "",
    telegramid: accounts.TELEGRAM ?? "",
    discordid: accounts.DISCORD ?? "",
    visitorids: profile.visitorIds.join(","),
    nick: profile.nickname || customer.firstName,
    uname: nameOf(customer),
    sexName: profile.gender === "" ? "" : genderNames[profile.gender],
    countryName: address?.country ?? "",
    provice_name: address?.state ?? "",
    city_name: address?.city ?? "",
    remark: customer.notes[0]?.note ?? "",
    userStatusName: profile.blacklisted ? "blacklist" : "normal",
    isVip: vipLevel ? "1" : "2",
    vipLevel: vipLevel?.id ?? "",
    vipLeveName: vipLevel?.name ?? "",
    isblack: profile.blacklisted ? "1" : "0",
    enterprise_name: profile.enterpriseName,
    sourceName: customer.referralSource?.name ?? "",
    liableServiceName: staffName,
    userLabel: customer.tags.map((tag) => tag.id).join(","),
    userLableName: tagNames(customer.tags),
  };
}

const genderNames = { MALE: "Male", FEMALE: "Female" } as const;

function nameOf({ firstName, lastName }: Customer): string {
  return [firstName, lastName].filter((part) => part !== "").join(" ");
}

/** `"group": "tag 1","tag 2"` for each group, in the order of the tags. Quotes in names are escaped. */
function tagNames(tags: readonly Tag[]): string {
  const groups = new Map<string, string[]>();
  for (const { group, name } of tags) groups.set(group, [...(groups.get(group) ?? []), JSON.stringify(name)]);
  return [...groups].map(([group, names]) => `${JSON.stringify(group)}: ${names.join(",")}`).join(",");
}
