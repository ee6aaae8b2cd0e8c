import { z } from "zod";
import { id } from "../../api/fields.js";
import { type PageTokens, pagination } from "../../api/page-token.js";
import { createdCursorOf, paged } from "../../api/paged.js";
import { type Context, rpc, type ServiceHandlers } from "../../api/rpc.js";
import type { ApiKeyService } from "../../gen/proto/moego/admin/v1/api_key_service_pb.js";
import { newApiKey, rotation, toRequestPaths } from "./api-key.input.js";
import { toProtoIssuedKey, toProtoKey } from "./api-key.output.js";
import type { ApiKeys } from "./api-key.service.js";

/** Handlers of `moego.admin.v1.ApiKeyService`. */
export function createApiKeyHandlers(apiKeys: ApiKeys, pageTokens: PageTokens): ServiceHandlers<typeof ApiKeyService> {
  return {
    createApiKey: rpc(
      (_request, { principal }, parse) => parse(newApiKey(principal)),
      async (input, context) => {
        keepOutOfCaches(context);
        const made = await apiKeys.create(input, context.principal, context.write).catch((error: unknown) => {
          throw toRequestPaths(error);
        });
        return { key: toProtoIssuedKey(made) };
      },
    ),

    getApiKey: rpc(byId, async (input, { principal, signal }) => {
      return { key: toProtoKey(await apiKeys.get(input.id, principal, signal)) };
    }),

    listApiKeys: paged(pageTokens, keysQuery, {
      find: ({ showRevoked }, page, { principal, signal }) => apiKeys.list({ showRevoked, page }, principal, signal),
      order: createdCursorOf,
      respond: (rows, nextPageToken) => ({ keys: rows.map(toProtoKey), nextPageToken }),
    }),

    rotateApiKey: rpc(rotation, async (input, context) => {
      keepOutOfCaches(context);
      return { key: toProtoIssuedKey(await apiKeys.rotate(input, context.principal, context.write)) };
    }),

    revokeApiKey: rpc(byId, async (input, { principal, write }) => {
      return { key: toProtoKey(await apiKeys.revoke(input.id, principal, write)) };
    }),
  };
}

const byId = z.object({ id });
const keysQuery = z.object({ pagination, showRevoked: z.boolean() });

/** The response contains a secret. */
function keepOutOfCaches(context: Context): void {
  context.setHeader("cache-control", "no-store");
}
