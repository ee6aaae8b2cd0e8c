import type { z } from "zod";
import { companyResourceSchema } from "../../api/company-resource.js";
import { createdCursorOf } from "../../api/page-order.js";
import type { PageTokens } from "../../api/page-token.js";
import { parse } from "../../api/parse.js";
import type { Context, ServiceHandlers } from "../../api/rpc.js";
import { ExternalApiService } from "../../gen/proto/moego/callcenter/v1/external_api_service_pb.js";
import { externalApiQuery, externalApiUpdate, invocation, newExternalApi, toDraft } from "./external-api.input.js";
import { toProtoExternalApi, toProtoInvocation, toProtoTest } from "./external-api.output.js";
import type { ExternalApis } from "./external-api.service.js";
import { listPath, newSecretFaults } from "./external-api-change.service.js";

export interface ExternalApiHandlerDependencies {
  readonly externalApis: ExternalApis;
  readonly pageTokens: PageTokens;
}

const requests = ExternalApiService.method;

/** moego.callcenter.v1.ExternalApiService (document 004). */
export function createExternalApiHandlers({
  externalApis,
  pageTokens,
}: ExternalApiHandlerDependencies): ServiceHandlers<typeof ExternalApiService> {
  return {
    async createExternalApi(request, { principal, write }) {
      const draft = toDraft({ ...request, timeoutMs: request.timeoutMs || undefined });
      const faults = [...externalApis.faults(draft), ...newSecretFaults(draft)];
      const input = parse(requests.createExternalApi.input, request, newExternalApi, faults);
      return { externalApi: toProtoExternalApi(await externalApis.create(input, principal, write)) };
    },

    async getExternalApi(request, { principal, signal }) {
      const target = parse(requests.getExternalApi.input, request, companyResourceSchema);
      return { externalApi: toProtoExternalApi(await externalApis.find(principal, target, signal)) };
    },

    async listExternalApis(request, context) {
      const query = parse(requests.listExternalApis.input, request, externalApiQuery);
      const page = pageTokens.open(request, context);
      const found = await externalApis.list({ ...query, page }, context.principal, context.signal);
      const { rows, nextPageToken } = page.close(found, createdCursorOf);
      return { externalApis: rows.map(toProtoExternalApi), nextPageToken };
    },

    async updateExternalApi(request, { principal, write }) {
      const { headers, requestParams, outputParams } = request;
      const lists = { headers: headers?.items, requestParams: requestParams?.items, outputParams: outputParams?.items };
      const faults = externalApis.faults(toDraft({ ...request, ...lists }), listPath);
      const update = parse(requests.updateExternalApi.input, request, externalApiUpdate, faults);
      return { externalApi: toProtoExternalApi(await externalApis.update(update, principal, write)) };
    },

    async archiveExternalApi(request, { principal, write }) {
      const target = parse(requests.archiveExternalApi.input, request, companyResourceSchema);
      return { externalApi: toProtoExternalApi(await externalApis.setArchived(target, true, principal, write)) };
    },

    async restoreExternalApi(request, { principal, write }) {
      const target = parse(requests.restoreExternalApi.input, request, companyResourceSchema);
      return { externalApi: toProtoExternalApi(await externalApis.setArchived(target, false, principal, write)) };
    },

    async testExternalApi(request, context) {
      const input = toInput(parse(requests.testExternalApi.input, request, invocation), context);
      return toProtoTest(await externalApis.test(context.principal, input, context.signal));
    },

    async invokeExternalApi(request, context) {
      const input = toInput(parse(requests.invokeExternalApi.input, request, invocation), context);
      return toProtoInvocation(await externalApis.invoke(context.principal, input, context.signal));
    },
  };
}

/** The caller's idempotency key claims nothing here: it goes on to the other system. */
function toInput(call: z.output<typeof invocation>, { write }: Context) {
  return { ...call, ...(write.claim ? { idempotencyKey: write.claim.key } : {}) };
}
