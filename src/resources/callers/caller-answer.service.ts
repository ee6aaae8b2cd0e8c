import { ownValue } from "../custom-fields/custom-field-check.service.js";
import { customFieldText } from "../custom-fields/custom-field-text.service.js";
import type { Tag } from "../setting-lists/tag.model.js";
import type { Caller, CallerAnswer, CallerSearch } from "./caller.model.js";
import { type AnswerFactKey, type CallerKey, callerKeys } from "./caller-profile.model.js";

type Values = Readonly<Record<string, string>>;

/** The values of a caller: every documented key, then every active custom field of customers by id. */
export function callerValues(caller: Caller, fields: CallerSearch["fields"]): Values {
  const values: Record<string, string> = documentedValues(caller);
  const own = caller.kind === "CUSTOMER" ? caller.customer.customFields : {};
  for (const field of fields) values[field.id] = customFieldText(field, ownValue(own, field.code));
  return values;
}

/** The same keys with "", for a caller who is not found. */
export function emptyValues(fieldIds: readonly string[]): Values {
  return Object.fromEntries([...callerKeys, ...fieldIds].map((key) => [key, ""]));
}

/** What is known of the answer beside its values, as text. A lead has a stage and an action status; "" if there is none. */
export function answerFacts({
  caller,
  status,
  number,
  matchCount,
}: Omit<CallerAnswer, "facts" | "values">): Record<AnswerFactKey, string> {
  const lead = caller?.kind === "LEAD" ? caller.lead : undefined;
  return {
    status: status.toLowerCase(),
    kind: caller?.kind.toLowerCase() ?? "",
    number,
    matchCount: String(matchCount),
    stage: lead?.lifeCycle?.name ?? "",
    actionStatus: lead?.actionStatus?.name ?? "",
  };
}

function documentedValues(caller: Caller): Record<CallerKey, string> {
  return caller.kind === "CUSTOMER" ? customerValues(caller) : leadValues(caller);
}

/** In the order of `callerKeys`. */
function customerValues({
  customer,
  profile,
  staffName,
}: Extract<Caller, { kind: "CUSTOMER" }>): Record<CallerKey, string> {
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
    uname: fullName(customer),
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

/** A lead has no profile, accounts, notes and tags. It is neither a VIP nor on the blacklist. */
function leadValues({ lead, staffName }: Extract<Caller, { kind: "LEAD" }>): Record<CallerKey, string> {
  const { address } = lead;
  return {
    ...noValues,
    ...{ id: lead.id, tel: lead.phone, email: lead.email, nick: lead.firstName, uname: fullName(lead) },
    ...{ countryName: address?.country ?? "", provice_name: address?.state ?? "", city_name: address?.city ?? "" },
    ...{ userStatusName: "normal", isVip: "2", isblack: "0" },
    ...{ sourceName: lead.referralSource?.name ?? "", liableServiceName: staffName },
  };
}

const noValues: Record<CallerKey, string> = {
  ...{ id: "", tel: "", email: "", partner_id: "", wx_unionid: "", wx_external_userid: "", wx_openid: "" },
  ...{ faceBookid: "", instagramid: "", whatsappid: "", lineid: "", telegramid: "", discordid: "", visitorids: "" },
  ...{ nick: "", uname: "", sexName: "", countryName: "", provice_name: "", city_name: "", remark: "" },
  ...{ userStatusName: "", isVip: "", vipLevel: "", vipLeveName: "", isblack: "", enterprise_name: "" },
  ...{ sourceName: "", liableServiceName: "", userLabel: "", userLableName: "" },
};

const genderNames = { MALE: "Male", FEMALE: "Female" } as const;

/** First and last name. */
export function fullName({ firstName, lastName }: { readonly firstName: string; readonly lastName: string }): string {
  return [firstName, lastName].filter((part) => part !== "").join(" ");
}

/** `"group": "tag 1","tag 2"` for each group, in the order of the tags. Quotes in names are escaped. */
function tagNames(tags: readonly Tag[]): string {
  const groups = new Map<string, string[]>();
  for (const { group, name } of tags) groups.set(group, [...(groups.get(group) ?? []), JSON.stringify(name)]);
  return [...groups].map(([group, names]) => `${JSON.stringify(group)}: ${names.join(",")}`).join(",");
}
