/** The keys of the call-centre answer in the spelling and order of document 004, "Return param". */

export const callerKeys = [
  ...["id", "tel", "email", "partner_id", "wx_unionid", "wx_external_userid", "wx_openid", "faceBookid"],
  ...["instagramid", "whatsappid", "lineid", "telegramid", "discordid", "visitorids", "nick", "uname", "sexName"],
  ...["countryName", "provice_name", "city_name", "remark", "userStatusName", "isVip", "vipLevel", "vipLeveName"],
  ...["isblack", "enterprise_name", "sourceName", "liableServiceName", "userLabel", "userLableName"],
] as const;
export type CallerKey = (typeof callerKeys)[number];
/** Keys that formats add. No custom field may have one of them as its id; of flow variables they hide one. */

export const formatKeys = ["found", "match_count", "truncated", "exit"] as const;
export type FormatKey = (typeof formatKeys)[number];
