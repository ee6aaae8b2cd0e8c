import type { Row, Tables } from "../../src/demo/demo-rows.js";
import { ExternalApi_Method } from "../../src/gen/proto/moego/callcenter/v1/external_api_pb.js";
import { ExternalApiService } from "../../src/gen/proto/moego/callcenter/v1/external_api_service_pb.js";
import { externalApiRow } from "../support/external-api-rows.js";
import type { TestServer } from "../support/server.js";
import { company, descending, type ListFixture, list, minute, numbers, placeOf, rowId } from "./list-fixture.js";
import { onWhole, type Repeatable, repeatable } from "./repeatable.js";
import { nameOf, type RpcFixture, rpcFixture } from "./rpc-fixture.js";

const rpc = ExternalApiService.method;
const companyId = "cmp_a";
const named = { companyId, id: "xapi_a1" };
const foreignIds = { id: "xapi_c1" };
const newApi = { companyId, name: "Orders", method: ExternalApi_Method.GET, url: "https://api.example.com/orders" };

/** The rpcs of ExternalApiService. */
export const externalApiRpcFixtures: readonly RpcFixture[] = [
  rpcFixture(rpc.createExternalApi, { request: newApi }),
  rpcFixture(rpc.getExternalApi, { request: named, foreignIds }),
  rpcFixture(rpc.listExternalApis, { request: { companyId, pagination: {} } }),
  rpcFixture(rpc.updateExternalApi, { request: { ...named, url: "https://api.example.com/v2" }, foreignIds }),
  rpcFixture(rpc.archiveExternalApi, { request: madeApi, foreignIds }),
  rpcFixture(rpc.restoreExternalApi, { request: named, foreignIds }),
  rpcFixture(rpc.testExternalApi, { request: madeApi, foreignIds }),
  rpcFixture(rpc.invokeExternalApi, { request: madeApi, foreignIds }),
];

/** Nothing is called at this address, and no name is asked for. */
async function madeApi(server: TestServer) {
  const id = `xapi_made_${++made}`;
  await server.insert([["external_api", [externalApiRow(companyId, id)]]]);
  return { companyId, id };
}

let made = 0;

const listed = (id: string, place: number): Row => externalApiRow(company, id, { created_time: minute(place) });

export const externalApiListTables: Tables = [["external_api", numbers.map((n) => listed(rowId(n), placeOf(n)))]];

export const externalApiListFixtures: readonly ListFixture[] = [
  list(rpc.listExternalApis, "newest first", {
    request: { companyId: company },
    otherRequest: { companyId: company, showArchived: true },
    ids: descending,
    table: "external_api",
    stranger: listed,
  }),
];

/** The rpcs that write; a test or a call changes nothing here (test/rpc/external-api-calls.test.ts). */
export const externalApiRepeatables: readonly Repeatable[] = [
  repeatable(rpc.createExternalApi, async () => ({
    good: { ...newApi, name: "A" },
    other: { ...newApi, name: "B" },
    bad: { ...newApi, id: "xapi_a1" },
  })),
  repeatable(rpc.updateExternalApi, async (server) => {
    const target = await madeApi(server);
    const url = newApi.url;
    return {
      good: { ...target, url, name: "A" },
      other: { ...target, url, name: "B" },
      bad: { companyId, id: "xapi_a9", name: "x" },
    };
  }),
  onWhole(rpc.archiveExternalApi, madeApi),
  onWhole(rpc.restoreExternalApi, async (server) => {
    const target = await madeApi(server);
    await server.ok(rpc.archiveExternalApi, target);
    return target;
  }),
];

/** External rpcs that store nothing, so that none of their calls is the replay of another. */
export const unrepeatedRpcs: readonly string[] = [nameOf(rpc.testExternalApi), nameOf(rpc.invokeExternalApi)];
