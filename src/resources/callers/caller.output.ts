import type { MessageInitShape } from "@bufbuild/protobuf";
import { z } from "zod";
import { customIssue } from "../../api/parse.js";
import { etagOf } from "../../core/etag.js";
import {
  type CallerProfileSchema,
  Gender as ProtoGender,
  ThirdAccountKind,
} from "../../gen/proto/moego/callcenter/v1/caller_profile_pb.js";
import { accountKinds, type CallerProfile } from "./caller-profile.model.js";
import type { AnswerFormat } from "./response-format.service.js";

/** An AnswerFormat. The default is PLAIN. */
export const answerFormat = z.number().transform((number, context): AnswerFormat => {
  const format = formats[number];
  if (format) return format;
  context.addIssue(
    customIssue("NOT_ALLOWED", "Must be ANSWER_FORMAT_PLAIN, ANSWER_FORMAT_AMAZON_CONNECT or ANSWER_FORMAT_TWILIO."),
  );
  return z.NEVER;
});

/** By number in `moego.callcenter.v1.AnswerFormat`. */
const formats: readonly AnswerFormat[] = ["PLAIN", "PLAIN", "AMAZON_CONNECT", "TWILIO"];

export function toProtoProfile(profile: CallerProfile): MessageInitShape<typeof CallerProfileSchema> {
  const { vipLevel, accounts, gender } = profile;
  return {
    companyId: profile.companyId,
    customerId: profile.customerId,
    nickname: profile.nickname,
    gender: ProtoGender[gender || "UNSPECIFIED"],
    ...(vipLevel ? { vipLevel } : {}),
    blacklisted: profile.blacklisted,
    enterpriseName: profile.enterpriseName,
    visitorIds: [...profile.visitorIds],
    assignedStaffId: profile.assignedStaffId ?? "",
    accounts: accountKinds.flatMap((kind) => {
      const accountId = accounts[kind];
      return accountId === undefined ? [] : [{ kind: ThirdAccountKind[kind], accountId }];
    }),
    etag: etagOf(profile),
  };
}
