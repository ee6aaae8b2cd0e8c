import type { MessageInitShape } from "@bufbuild/protobuf";
import { rpc, type ServiceHandlers } from "../../api/rpc.js";
import { type KeyUseLog, recordQuery } from "../../core/key-use.js";
import { matchCountHeader } from "../../core/response-header.js";
import { etagOf } from "../../core/write.js";
import type { CallerProfileSchema } from "../../gen/proto/moego/callcenter/v1/caller_profile_pb.js";
import type { CallerService } from "../../gen/proto/moego/callcenter/v1/caller_service_pb.js";
import {
  account,
  accountKind,
  callerQuestion,
  gender,
  profileMask,
  profileTarget,
  profileUpdate,
  toProfileUpdate,
} from "./caller.input.js";
import { toProtoAnswer } from "./caller.output.js";
import { accountKinds, type CallerProfile } from "./caller-profile.model.js";
import type { CallerProfiles } from "./caller-profile.service.js";
import type { CallerQuery } from "./caller-query.service.js";

interface CallerParts {
  readonly callerQuery: CallerQuery;
  readonly callerProfiles: CallerProfiles;
  readonly keyUse: KeyUseLog;
}

/** Handlers of `moego.callcenter.v1.CallerService`. */
export function createCallerHandlers({
  callerQuery,
  callerProfiles,
  keyUse,
}: CallerParts): ServiceHandlers<typeof CallerService> {
  return {
    queryCustomer: rpc(
      callerQuestion,
      async ({ format, ...question }, { principal, signal, write, setHeader, responseBody }) => {
        // A response of which only the answer or the text is sent does not need the messages, which cost the most.
        const isTyped = responseBody === undefined;
        const needs = { needsKeys: format !== "PLAIN", needsRecord: isTyped };
        const found = await callerQuery.find(principal, { ...question, ...needs }, signal);
        recordQuery(keyUse, write, found);
        // The plain answer has the documented keys alone.
        if (format === "PLAIN") setHeader(matchCountHeader, String(found.matchCount));
        return toProtoAnswer(found, { format, isTyped });
      },
    ),

    getCallerProfile: rpc(profileTarget, async (target, { principal, signal }) => {
      return { profile: toProtoProfile(await callerProfiles.get(target, principal, signal)) };
    }),

    updateCallerProfile: rpc(
      (request, { emptyMembers }, parse) => {
        const mask = profileMask(request, emptyMembers);
        return toProfileUpdate(parse(profileUpdate, mask.violations), mask);
      },
      async (update, { principal, write }) => ({
        profile: toProtoProfile(await callerProfiles.update(update, principal, write)),
      }),
    ),

    linkAccount: rpc(account, async (link, { principal, write }) => {
      return { profile: toProtoProfile(await callerProfiles.link(link, principal, write)) };
    }),

    unlinkAccount: rpc(account.omit({ accountId: true }), async (link, { principal, write }) => {
      return { profile: toProtoProfile(await callerProfiles.unlink(link, principal, write)) };
    }),
  };
}

function toProtoProfile(profile: CallerProfile): MessageInitShape<typeof CallerProfileSchema> {
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
