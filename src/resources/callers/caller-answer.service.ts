import { ownValue } from "../custom-fields/custom-field-check.service.js";
import { customFieldText } from "../custom-fields/custom-field-text.service.js";
import type { Caller, CallerAnswer, CallerCustomer, CallerSearch } from "./caller.model.js";
import { type AnswerFactKey, type CallerKey, callerKeys } from "./caller-profile.model.js";

type Values = Readonly<Record<string, string>>;

/** The values of a caller: every documented key, then every active custom field of customers by id. */
export function callerValues(caller: Caller, fields: CallerSearch["fields"]): Values {
  const values: Record<string, string> =
    caller.kind === "CUSTOMER" ? customerValues(caller) : { ...noValues, ...leadValues(caller) };
  const own = caller.kind === "CUSTOMER" ? caller.customer.customFields : {};
  for (const field of fields) values[field.id] = customFieldText(field, ownValue(own, field.code));
  return values;
}

/** The same keys with "", for a caller who is not found. */
export function emptyValues(fieldIds: readonly string[]): Values {
  return { ...noValues, ...Object.fromEntries(fieldIds.map((key) => [key, ""])) };
}

/** What is known of the answer beside its values, as text. A lead has a stage and an action status; "" if there is none. */
export function answerFacts({
  caller,
  status,
  number,
  matches,
  matchCount,
}: Omit<CallerAnswer, "companyId" | "facts" | "values">): Record<AnswerFactKey, string> {
  const lead = caller?.kind === "LEAD" ? caller.lead : undefined;
  const phone = matches[0]?.matchedPhone;
  const other = phone && phone.belongsTo !== "OWNER" ? phone : undefined;
  return {
    status: status.toLowerCase(),
    kind: caller?.kind.toLowerCase() ?? "",
    number,
    matchCount: String(matchCount),
    stage: lead?.lifeCycle?.name ?? "",
    actionStatus: lead?.actionStatus?.name ?? "",
    belongsTo: other?.belongsTo.toLowerCase() ?? "",
    personName: other?.personName ?? "",
    phoneLabel: phone?.label?.toLowerCase() ?? "",
  };
}

/** In the order of `callerKeys`. */
function customerValues({
  customer,
  profile,
  staffName,
}: Extract<Caller, { kind: "CUSTOMER" }>): Record<CallerKey, string> {
  const { accounts, vipLevel } = profile;
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
    uname: fullName(customer),
    sexName: profile.gender === "" ? "" : genderNames[profile.gender],
    countryName: customer.place?.country ?? "",
    provice_name: customer.place?.state ?? "",
    city_name: customer.place?.city ?? "",
    remark: customer.remark,
    userStatusName: profile.blacklisted ? "blacklist" : "normal",
    isVip: vipLevel ? "1" : "2",
    vipLevel: vipLevel?.id ?? "",
    vipLeveName: vipLevel?.name ?? "",
    isblack: profile.blacklisted ? "1" : "0",
    enterprise_name: profile.enterpriseName,
    sourceName: customer.sourceName,
    liableServiceName: staffName,
    userLabel: customer.tags.map((tag) => tag.id).join(","),
    userLableName: tagNames(customer.tags),
  };
}

/** Without profile, accounts, notes and tags, which a lead does not have. It is neither a VIP nor on the blacklist. */
function leadValues({ lead, staffName }: Extract<Caller, { kind: "LEAD" }>): Partial<Record<CallerKey, string>> {
  const { address } = lead;
  return {
    ...{ id: lead.id, tel: lead.phone, email: lead.email, nick: lead.firstName, uname: fullName(lead) },
    ...{ countryName: address?.country ?? "", provice_name: address?.state ?? "", city_name: address?.city ?? "" },
    ...{ userStatusName: "normal", isVip: "2", isblack: "0" },
    ...{ sourceName: lead.referralSource?.name ?? "", liableServiceName: staffName },
  };
}

const noValues: Values = Object.fromEntries(callerKeys.map((key) => [key, ""]));

const genderNames = { MALE: "Male", FEMALE: "Female" } as const;

/** Who is calling, on one line: a name, or `Lea, emergency contact of Anna Archer`. "" if nobody was found. */
export function displayLine({ values, matches: [first] }: Pick<CallerAnswer, "values" | "matches">): string {
  const name = values["uname"] ?? "";
  const { belongsTo, personName } = first?.matchedPhone ?? {};
  if (belongsTo === undefined || belongsTo === "OWNER") return name;
  const { alone, named } = personTitles[belongsTo];
  return personName ? `${personName}, ${named} ${name}` : `${alone} ${name}`;
}

const personTitles = {
  EMERGENCY_CONTACT: { alone: "Emergency contact of", named: "emergency contact of" },
  PICKUP_PERSON: { alone: "Pick-up person of", named: "pick-up person of" },
} as const;

/** First and last name. */
export function fullName({ firstName, lastName }: { readonly firstName: string; readonly lastName: string }): string {
  return [firstName, lastName].filter((part) => part !== "").join(" ");
}

/** `"group": "tag 1","tag 2"` for each group, in the order of the tags. Quotes in names are escaped. */
function tagNames(tags: CallerCustomer["tags"]): string {
  const groups = new Map<string, string[]>();
  for (const { group, name } of tags) groups.set(group, [...(groups.get(group) ?? []), JSON.stringify(name)]);
  return [...groups].map(([group, names]) => `${JSON.stringify(group)}: ${names.join(",")}`).join(",");
}
