import type { MessageInitShape } from "@bufbuild/protobuf";
import { protoEnum } from "../../api/proto-enum.js";
import { etagOf } from "../../core/write.js";
import { AnswerFormatSchema } from "../../gen/proto/moego/callcenter/v1/answer_format_pb.js";
import type { CallerProfileSchema } from "../../gen/proto/moego/callcenter/v1/caller_profile_pb.js";
import { accountKind, gender } from "./caller.input.js";
import { accountKinds, type CallerProfile } from "./caller-profile.model.js";
import { answerFormats } from "./response-format.service.js";

/** An AnswerFormat. The default is PLAIN. */
export const answerFormat = protoEnum(AnswerFormatSchema, answerFormats).withDefault("PLAIN");

export function toProtoProfile(profile: CallerProfile): MessageInitShape<typeof CallerProfileSchema> {
  const { vipLevel, accounts } = profile;
  return {
    companyId: profile.companyId,
    customerId: profile.customerId,
    nickname: profile.nickname,
    gender: gender.toProto(profile.gender),
    ...(vipLevel ? { vipLevel } : {}),
    blacklisted: profile.blacklisted,
    enterpriseName: profile.enterpriseName,
    visitorIds: [...profile.visitorIds],
    assignedStaffId: profile.assignedStaffId ?? "",
    accounts: accountKinds.words.flatMap((kind) => {
      const accountId = accounts[kind];
      return accountId === undefined ? [] : [{ kind: accountKind.toProto(kind), accountId }];
    }),
    etag: etagOf(profile),
  };
}
