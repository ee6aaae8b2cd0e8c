import { z } from "zod";
import { optionalId } from "../../api/fields.js";
import { parse } from "../../api/parse.js";
import type { ServiceHandlers } from "../../api/rpc.js";
import { CallerService } from "../../gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { toProtoCustomer } from "../customers/customer.output.js";
import { account, profileMask, profileTarget, profileUpdate, toProfileUpdate } from "./caller.input.js";
import { answerFormat, toProtoProfile } from "./caller.output.js";
import type { CallerProfiles } from "./caller-profile.service.js";
import type { CallerQuery } from "./caller-query.service.js";
import { renderAnswer } from "./response-format.service.js";

export interface CallerHandlerDependencies {
  readonly callerQuery: CallerQuery;
  readonly callerProfiles: CallerProfiles;
}

const requests = CallerService.method;

/** moego.callcenter.v1.CallerService (document 004) */
export function createCallerHandlers({
  callerQuery,
  callerProfiles,
}: CallerHandlerDependencies): ServiceHandlers<typeof CallerService> {
  return {
    async queryCustomer(request, { principal, signal }) {
      const { format, ...question } = parse(requests.queryCustomer.input, request, callerQuestion);
      const found = await callerQuery.find(principal, question, signal);
      const matchCount = found?.matchCount ?? 0;
      const answer = renderAnswer(format, found?.values, {
        found: String(found !== undefined),
        match_count: String(matchCount),
      });
      return {
        ...(answer ? { answer } : {}),
        ...(found ? { customer: toProtoCustomer(found.customer) } : {}),
        matchCount,
      };
    },

    async getCallerProfile(request, { principal, signal }) {
      const target = parse(requests.getCallerProfile.input, request, profileTarget);
      return { profile: toProtoProfile(await callerProfiles.get(target, principal, signal)) };
    },

    async updateCallerProfile(request, { principal, write }) {
      const mask = profileMask(request);
      const input = parse(requests.updateCallerProfile.input, request, profileUpdate, mask.violations);
      return { profile: toProtoProfile(await callerProfiles.update(toProfileUpdate(input, mask), principal, write)) };
    },

    async linkAccount(request, { principal, write }) {
      const link = parse(requests.linkAccount.input, request, account);
      return { profile: toProtoProfile(await callerProfiles.link(link, principal, write)) };
    },

    async unlinkAccount(request, { principal, write }) {
      const link = parse(requests.unlinkAccount.input, request, account.omit({ accountId: true }));
      return { profile: toProtoProfile(await callerProfiles.unlink(link, principal, write)) };
    },
  };
}

/** A call centre hands on what it gets from the line, so only the company and the format can be wrong. */
const callerQuestion = z.object({
  companyId: optionalId,
  id: z.string(),
  tel: z.string(),
  email: z.string(),
  thirdAccountId: z.string(),
  format: answerFormat,
});
