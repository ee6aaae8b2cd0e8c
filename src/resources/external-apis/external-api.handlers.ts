import type { z } from "zod";
import { companyResourceSchema } from "../../api/fields.js";
import type { PageTokens } from "../../api/page-token.js";
import { createdCursorOf, paged } from "../../api/paged.js";
import { archiving, type Context, rpc, type ServiceHandlers } from "../../api/rpc.js";
import type { ExternalApiService } from "../../gen/proto/moego/callcenter/v1/external_api_service_pb.js";
import { externalApiQuery, externalApiUpdate, invocation, newExternalApi, toDraft } from "./external-api.input.js";
import { toProtoExternalApi, toProtoInvocation, toProtoTest } from "./external-api.output.js";
import type { ExternalApis } from "./external-api.service.js";
import { listPath, newSecretFaults } from "./external-api-change.service.js";

/** Handlers of `moego.callcenter.v1.ExternalApiService`. */
export function createExternalApiHandlers(
  externalApis: ExternalApis,
  pageTokens: PageTokens,
): ServiceHandlers<typeof ExternalApiService> {
  const { archive, restore } = archiving(externalApis, (api) => ({ externalApi: toProtoExternalApi(api) }));
  return {
    createExternalApi: rpc(
      (request, _context, parse) => {
        const draft = toDraft({ ...request, timeoutMs: request.timeoutMs || undefined });
        return parse(newExternalApi, [...externalApis.faults(draft), ...newSecretFaults(draft)]);
      },
      async (input, { principal, write }) => ({
        externalApi: toProtoExternalApi(await externalApis.create(input, principal, write)),
      }),
    ),

    getExternalApi: rpc(companyResourceSchema, async (target, { principal, signal }) => {
      return { externalApi: toProtoExternalApi(await externalApis.get(target, principal, signal)) };
    }),

    listExternalApis: paged(pageTokens, externalApiQuery, {
      find: (query, page, { principal, signal }) => externalApis.list({ ...query, page }, principal, signal),
      order: createdCursorOf,
      respond: (rows, nextPageToken) => ({ externalApis: rows.map(toProtoExternalApi), nextPageToken }),
    }),

    updateExternalApi: rpc(
      (request, _context, parse) => {
        const { headers, requestParams: params, outputParams: outputs } = request;
        const lists = { headers: headers?.items, requestParams: params?.items, outputParams: outputs?.items };
        return parse(externalApiUpdate, externalApis.faults(toDraft({ ...request, ...lists }), listPath));
      },
      async (update, { principal, write }) => ({
        externalApi: toProtoExternalApi(await externalApis.update(update, principal, write)),
      }),
    ),

    archiveExternalApi: archive,
    restoreExternalApi: restore,

    testExternalApi: rpc(invocation, async (call, context) =>
      toProtoTest(await externalApis.test(toInput(call, context), context.principal, context.signal)),
    ),

    invokeExternalApi: rpc(invocation, async (call, context) =>
      toProtoInvocation(await externalApis.invoke(toInput(call, context), context.principal, context.signal)),
    ),
  };
}

/** The idempotency key of the client is not used by this server. It is forwarded to the third-party system. */
function toInput(call: z.output<typeof invocation>, { write }: Context) {
  return { ...call, ...(write.claim ? { idempotencyKey: write.claim.key } : {}) };
}
