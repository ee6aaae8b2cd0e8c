import type { MessageInitShape } from "@bufbuild/protobuf";
import { toProtoPhone } from "../../api/phone-fields.js";
import { protoEnum } from "../../api/proto-enum.js";
import {
  QueryCustomerResponse_KindSchema,
  QueryCustomerResponse_StatusSchema,
  type QueryCustomerResponseSchema,
} from "../../gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { toProtoCustomer } from "../customers/customer.output.js";
import { toProtoLead } from "../leads/lead.output.js";
import { type CallerAnswer, callerKinds, queryStatuses } from "./caller.model.js";
import { displayLine, fullName } from "./caller-answer.service.js";
import { type AnswerFormat, renderAnswer } from "./response-format.service.js";

export const status = protoEnum(QueryCustomerResponse_StatusSchema, queryStatuses);
export const kind = protoEnum(QueryCustomerResponse_KindSchema, callerKinds);

export function toProtoAnswer(
  found: CallerAnswer,
  { format, isTyped }: { readonly format: AnswerFormat; readonly isTyped: boolean },
): MessageInitShape<typeof QueryCustomerResponseSchema> {
  const { caller, matches, matchCount, number } = found;
  const parts = { values: found.values, extras: extrasOf(found), line: displayLine(found) };
  const answer = format === "PLAIN" && !caller ? {} : renderAnswer(format, parts);
  // A response of which only the answer or the text is sent does not need the messages, which cost the most.
  if (!isTyped) return answer;
  return {
    ...answer,
    ...(caller?.kind === "CUSTOMER" && caller.record ? { customer: toProtoCustomer(caller.record) } : {}),
    ...(caller?.kind === "LEAD" ? { lead: toProtoLead(caller.lead) } : {}),
    ...{ status: status.toProto(found.status), number, matchCount },
    matches: matches.map((match) => ({
      ...{ kind: kind.toProto(match.kind), id: match.id, name: fullName(match), phone: match.phone },
      ...(match.matchedPhone ? { matchedPhone: toProtoPhone(match.matchedPhone) } : {}),
    })),
  };
}

/** What the formats add to the values, in the order of their use. */
function extrasOf({ caller, facts }: CallerAnswer) {
  return {
    ...{ found: String(caller !== undefined), status: facts.status, kind: facts.kind, number: facts.number },
    ...{ match_count: facts.matchCount, stage: facts.stage, action_status: facts.actionStatus },
    ...{ belongs_to: facts.belongsTo, person_name: facts.personName, phone_label: facts.phoneLabel },
  };
}
