import { enumeration, type WordOf } from "../../core/enumeration.js";
import type { NamedEntry } from "../setting-lists/setting.model.js";

/** Third-party systems in which a customer can have an account (MoeGo API reference, `thirdAccountId`). */
export const accountKinds = enumeration(
  "PARTNER",
  "WX_UNION",
  "WX_OPEN",
  "WX_EXTERNAL_USER",
  "WHATSAPP",
  "FACEBOOK",
  "INSTAGRAM",
  "LINE",
  "TELEGRAM",
  "DISCORD",
);

export type AccountKind = WordOf<typeof accountKinds>;

export const genders = enumeration("MALE", "FEMALE");

/** "" means unknown. */
export type Gender = "" | WordOf<typeof genders>;

/** An entry of the company's list of VIP levels. */
export type VipLevel = NamedEntry;

/** Call-center data of a customer. Empty strings mean unknown. */
export interface ProfileValues {
  readonly nickname: string;
  readonly gender: Gender;
  /** Absent means none. It may have been archived in the meantime. */
  readonly vipLevel?: VipLevel;
  readonly blacklisted: boolean;
  readonly enterpriseName: string;
  /** In the order given. */
  readonly visitorIds: readonly string[];
  /** At most one of each kind. */
  readonly accounts: Readonly<Partial<Record<AccountKind, string>>>;
}

export interface CallerProfile extends ProfileValues {
  readonly companyId: string;
  readonly customerId: string;
  readonly assignedStaffId?: string;
  /** Version of the customer. */
  readonly version: bigint;
}

/** Maximum number of visitor ids per customer. */
export const maxVisitorIds = 50;

/** The keys of the call-center response, with the names and order of the MoeGo API reference, "Return param". */
export const callerKeys = [
  ...["id", "tel", "email", "partner_id", "wx_unionid", "wx_external_userid", "wx_openid", "faceBookid"],
  ...["instagramid", "whatsappid", "lineid", "telegramid", "discordid", "visitorids", "nick", "uname", "sexName"],
  ...["countryName", "provice_name", "city_name", "remark", "userStatusName", "isVip", "vipLevel", "vipLeveName"],
  ...["isblack", "enterprise_name", "sourceName", "liableServiceName", "userLabel", "userLableName"],
] as const;

export type CallerKey = (typeof callerKeys)[number];

/** What the response tells beside the values of the caller, as the variables of a flow are named. */
export const answerFactKeys = [
  ...["status", "kind", "number", "matchCount", "stage", "actionStatus", "belongsTo", "personName", "phoneLabel"],
] as const;

export type AnswerFactKey = (typeof answerFactKeys)[number];

/**
 * Keys that response formats add. A custom field cannot have one of them as its id, and a flow variable of that name is
 * hidden.
 */
export const formatKeys = [
  "found",
  "status",
  "kind",
  "number",
  "match_count",
  "stage",
  "action_status",
  "belongs_to",
  "person_name",
  "phone_label",
  "truncated",
  "exit",
] as const;

export type FormatKey = (typeof formatKeys)[number];
