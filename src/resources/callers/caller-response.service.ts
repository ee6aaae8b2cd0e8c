import { customFieldText } from "../custom-fields/custom-field-text.service.js";
import { ownValue } from "../custom-fields/custom-field-values.model.js";
import type { Customer } from "../customers/customer.model.js";
import type { Tag } from "../setting-lists/tag.model.js";
import type { FoundCaller } from "./caller.model.js";
import type { CallerKey } from "./caller-keys.model.js";

/** The response for one customer: every documented key, then every active custom field of customers by id. */
export function callerValues(found: FoundCaller): Readonly<Record<string, string>> {
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
