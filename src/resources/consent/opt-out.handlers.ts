import { z } from "zod";
import { consentChannel, consentSource } from "../../api/consent-message.js";
import { id } from "../../api/fields.js";
import { toTimestamp } from "../../api/google-types.js";
import { type PageTokens, pagination } from "../../api/page-token.js";
import { paged } from "../../api/paged.js";
import { protoEnum } from "../../api/proto-enum.js";
import { rpc, type ServiceHandlers } from "../../api/rpc.js";
import { lineKinds } from "../../core/contact-line.js";
import { type ConsentService, OptOutContactSchema } from "../../gen/proto/moego/admin/v1/consent_service_pb.js";
import { optOutOf } from "./opt-out.input.js";
import type { OptOut } from "./opt-out.model.js";
import type { OptOuts } from "./opt-out.service.js";

type OptOutHandlers = Pick<ServiceHandlers<typeof ConsentService>, "recordOptOut" | "recordOptIn" | "listOptOuts">;

/** The handlers of opt-outs by number or email address. */
export function createOptOutHandlers(optOuts: OptOuts, pageTokens: PageTokens): OptOutHandlers {
  return {
    recordOptOut: rpc(optOutOf, async (input, { principal, write }) => ({
      optOut: toProtoOptOut(await optOuts.record(input, true, principal, write)),
    })),

    recordOptIn: rpc(optOutOf, async (input, { principal, write }) => ({
      optOut: toProtoOptOut(await optOuts.record(input, false, principal, write)),
    })),

    listOptOuts: paged(pageTokens, z.object({ companyId: id, pagination }), {
      find: ({ companyId }, page, { principal, signal }) => optOuts.list(companyId, page, principal, signal),
      order: ({ occurredTime: time, id: entryId }) => ({ time, id: entryId }),
      respond: (rows, nextPageToken) => ({ optOuts: rows.map(toProtoOptOut), nextPageToken }),
    }),
  };
}

const contactOf = protoEnum(OptOutContactSchema, lineKinds);

function toProtoOptOut({ kind, contact: contactHash, channels, source, occurredTime, ...same }: OptOut) {
  return {
    ...{ contact: contactOf.toProto(kind), contactHash, channels: channels.map(consentChannel.toProto) },
    ...{ source: consentSource.toProto(source), occurredTime: toTimestamp(occurredTime) },
    ...same,
  };
}
