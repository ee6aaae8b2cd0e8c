import { z } from "zod";
import { maskPaths, readMask, type UpdateMask } from "../../api/field-mask.js";
import { etag, id, list, omitUndefined, optionalId, singleLineText, text } from "../../api/fields.js";
import { customIssue } from "../../api/parse.js";
import { protoEnum } from "../../api/proto-enum.js";
import type { EmptyMembers } from "../../core/presence.js";
import { lineRule, nameRule } from "../../core/text.js";
import { AnswerFormatSchema } from "../../gen/proto/moego/callcenter/v1/answer_format_pb.js";
import { GenderSchema, ThirdAccountKindSchema } from "../../gen/proto/moego/callcenter/v1/caller_profile_pb.js";
import {
  type UpdateCallerProfileRequest,
  UpdateCallerProfileRequestSchema,
} from "../../gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { accountKinds, genders, maxVisitorIds } from "./caller-profile.model.js";
import type { ProfileUpdate } from "./caller-profile.service.js";
import { answerFormats } from "./response-format.service.js";

/** An AnswerFormat. The default is PLAIN. */
export const answerFormat = protoEnum(AnswerFormatSchema, answerFormats).withDefault("PLAIN");

/** Call centers forward what the phone line provides, so only company and format can be invalid. */
export const callerQuestion = z.object({
  ...{ companyId: optionalId, format: answerFormat },
  ...{ id: z.string(), tel: z.string(), email: z.string(), thirdAccountId: z.string() },
});

/** The customer whose profile a request names. */
export const profileTarget = z.object({ companyId: id, customerId: id });

export const accountKind = protoEnum(ThirdAccountKindSchema, accountKinds);
export const gender = protoEnum(GenderSchema, genders);

const presentLine = text({ ...lineRule, min: 1 });

export const account = profileTarget.extend({ kind: accountKind.required, accountId: presentLine });

/** Must not contain a comma, because the response joins visitor ids with commas. */
const visitorId = presentLine.superRefine((value, context) => {
  if (value.includes(",")) context.addIssue(customIssue("INVALID_FORMAT", "Must not contain a comma."));
});

const visitorIds = list(visitorId, maxVisitorIds).superRefine((ids, context) => {
  for (const [position, value] of ids.entries()) {
    if (ids.indexOf(value) < position)
      context.addIssue({ ...customIssue("DUPLICATE_FIELD", "Must be unique in the list."), path: [position] });
  }
});

/** Fields that identify the profile and cannot be in the mask. */
const notMaskable = ["company_id", "customer_id", "etag", "update_mask"];

export function profileMask(request: UpdateCallerProfileRequest, emptyMembers?: EmptyMembers): UpdateMask {
  const rules = { notMaskable, required: [], whole: [] };
  return readMask(UpdateCallerProfileRequestSchema, request, maskPaths(request.updateMask), rules, emptyMembers);
}

export const profileUpdate = profileTarget.extend({
  nickname: text({ ...nameRule, min: 0 }).optional(),
  gender: gender.withDefault(""),
  vipLevelId: optionalId.optional(),
  blacklisted: z.boolean().optional(),
  enterpriseName: singleLineText.optional(),
  visitorIds,
  assignedStaffId: optionalId.optional(),
  etag,
});

/** Converts the input of UpdateCallerProfile, applying the mask. */
export function toProfileUpdate(parsed: z.output<typeof profileUpdate>, mask: UpdateMask): ProfileUpdate {
  return {
    ...{ companyId: parsed.companyId, customerId: parsed.customerId, etag: parsed.etag },
    change: omitUndefined({
      nickname: mask.writes("nickname") ? (parsed.nickname ?? "") : undefined,
      gender: mask.writes("gender") ? parsed.gender : undefined,
      vipLevelId: mask.writes("vip_level_id") ? parsed.vipLevelId || null : undefined,
      blacklisted: mask.writes("blacklisted") ? (parsed.blacklisted ?? false) : undefined,
      enterpriseName: mask.writes("enterprise_name") ? (parsed.enterpriseName ?? "") : undefined,
      visitorIds: mask.writes("visitor_ids") ? parsed.visitorIds : undefined,
      assignedStaffId: mask.writes("assigned_staff_id") ? parsed.assignedStaffId || null : undefined,
    }),
  };
}
