/** The keys of the call-center response, with the names and order of the MoeGo API reference, "Return param". */
export const callerKeys = [
  ...["id", "tel", "email", "partner_id", "wx_unionid", "wx_external_userid", "wx_openid", "faceBookid"],
  ...["instagramid", "whatsappid", "lineid", "telegramid", "discordid", "visitorids", "nick", "uname", "sexName"],
  ...["countryName", "provice_name", "city_name", "remark", "userStatusName", "isVip", "vipLevel", "vipLeveName"],
  ...["isblack", "enterprise_name", "sourceName", "liableServiceName", "userLabel", "userLableName"],
] as const;

export type CallerKey = (typeof callerKeys)[number];

/**
 * Keys that response formats add. A custom field cannot have one of them as its id, and a flow variable of that name is
 * hidden.
 */
export const formatKeys = ["found", "match_count", "truncated", "exit"] as const;

export type FormatKey = (typeof formatKeys)[number];
