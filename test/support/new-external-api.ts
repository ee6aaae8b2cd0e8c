import type { MessageInitShape } from "@bufbuild/protobuf";
import { ExternalApi_Method } from "../../src/gen/proto/moego/callcenter/v1/external_api_pb.js";
import {
  type CreateExternalApiRequestSchema,
  ExternalApiService,
} from "../../src/gen/proto/moego/callcenter/v1/external_api_service_pb.js";
import type { TestServer } from "./server.js";

type NewExternalApi = MessageInitShape<typeof CreateExternalApiRequestSchema>;

/** A request that creates an external API of company A. */
export function newExternalApi(more: Omit<NewExternalApi, "$typeName"> = {}) {
  return {
    ...{ companyId: "cmp_a", name: "Orders", method: ExternalApi_Method.GET, url: "https://api.example.com/orders" },
    ...more,
  };
}

/** What names an external API that was made. */
export async function madeExternalApi(server: TestServer, more: Omit<NewExternalApi, "$typeName"> = {}) {
  const made = await server.ok(ExternalApiService.method.createExternalApi, newExternalApi(more));
  return { companyId: "cmp_a", id: made.externalApi?.id ?? "" };
}
