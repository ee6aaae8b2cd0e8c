import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  RequestParam_Location as Location,
  ExternalApi_Method as Method,
  ParamType as Type,
} from "../../src/gen/proto/moego/callcenter/v1/external_api_pb.js";
import {
  type CreateExternalApiRequestSchema,
  ExternalApiService,
} from "../../src/gen/proto/moego/callcenter/v1/external_api_service_pb.js";
import type { TestServer } from "./server.js";

type NewExternalApi = MessageInitShape<typeof CreateExternalApiRequestSchema>;

/** A request that creates an external API of company A. */
export function newExternalApi(more: Omit<NewExternalApi, "$typeName"> = {}) {
  return {
    ...{ companyId: "cmp_a", name: "Orders", method: Method.GET, url: "https://api.example.com/orders" },
    ...more,
  };
}

/** What names an external API that was made. */
export async function madeExternalApi(server: TestServer, more: Omit<NewExternalApi, "$typeName"> = {}) {
  const made = await server.ok(ExternalApiService.method.createExternalApi, newExternalApi(more));
  return { companyId: "cmp_a", id: made.externalApi?.id ?? "" };
}

/** One with something in every field. */
export const wholeExternalApi = newExternalApi({
  description: "Asks for the orders of a caller.",
  method: Method.POST,
  url: "https://api.example.com/{shop}/orders?v=2",
  headers: [
    { name: "X-Trace", value: "call {{caller}}" },
    { name: "Authorization", secretValue: "Bearer 0123456789" },
  ],
  requestParams: [
    { name: "shop", location: Location.PATH, type: Type.STRING, required: true },
    { name: "caller", location: Location.QUERY, type: Type.STRING, defaultValue: "unknown", description: "Who" },
    { name: "limit", location: Location.BODY, type: Type.NUMBER },
  ],
  outputParams: [
    { name: "orderId", path: "$.orders[0].id", type: Type.STRING },
    { name: "total", path: "$.total", type: Type.NUMBER, defaultValue: "0" },
  ],
  timeoutMs: 5_000,
});
