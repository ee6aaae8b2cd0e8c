import { z } from "zod";
import { id } from "../../api/fields.js";
import { createdCursorOf } from "../../api/page-order.js";
import { type PageTokens, pagination } from "../../api/page-token.js";
import { parse } from "../../api/parse.js";
import type { Context, ServiceHandlers } from "../../api/rpc.js";
import { ApiKeyService } from "../../gen/proto/moego/admin/v1/api_key_service_pb.js";
import { newApiKey, rotation, toRequestPaths } from "./api-key.input.js";
import { toProtoIssuedKey, toProtoKey } from "./api-key.output.js";
import type { ApiKeys } from "./api-key.service.js";

export interface ApiKeyHandlerDependencies {
  readonly apiKeys: ApiKeys;
  readonly pageTokens: PageTokens;
}

const requests = ApiKeyService.method;

/** moego.admin.v1.ApiKeyService */
export function createApiKeyHandlers({
  apiKeys,
  pageTokens,
}: ApiKeyHandlerDependencies): ServiceHandlers<typeof ApiKeyService> {
  return {
    async createApiKey(request, context) {
      const { principal, write } = context;
      const input = parse(requests.createApiKey.input, request, newApiKey(principal));
      keepOutOfCaches(context);
      const made = await apiKeys.create(input, principal, write).catch((error: unknown) => {
        throw toRequestPaths(error);
      });
      return { key: toProtoIssuedKey(made) };
    },

    async getApiKey(request, { principal, signal }) {
      const input = parse(requests.getApiKey.input, request, byId);
      return { key: toProtoKey(await apiKeys.get(input.id, principal, signal)) };
    },

    async listApiKeys(request, context) {
      const { showRevoked } = parse(requests.listApiKeys.input, request, keysQuery);
      const page = pageTokens.open(request, context);
      const found = await apiKeys.list({ showRevoked, page }, context.principal, context.signal);
      const { rows, nextPageToken } = page.close(found, createdCursorOf);
      return { keys: rows.map(toProtoKey), nextPageToken };
    },

    async rotateApiKey(request, context) {
      const input = parse(requests.rotateApiKey.input, request, rotation);
      keepOutOfCaches(context);
      return { key: toProtoIssuedKey(await apiKeys.rotate(input, context.principal, context.write)) };
    },

    async revokeApiKey(request, { principal, write }) {
      const input = parse(requests.revokeApiKey.input, request, byId);
      return { key: toProtoKey(await apiKeys.revoke(input.id, principal, write)) };
    },
  };
}

const byId = z.object({ id });
const keysQuery = z.object({ pagination, showRevoked: z.boolean() });

/** The answer holds a secret. */
function keepOutOfCaches(context: Context): void {
  context.setHeader("cache-control", "no-store");
}
