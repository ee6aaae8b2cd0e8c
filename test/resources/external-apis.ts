import type { Row } from "../../src/demo/demo-directory.js";
import { ExternalApiService } from "../../src/gen/proto/moego/callcenter/v1/external_api_service_pb.js";
import { done, newId } from "../reliability/changing-list.js";
import { post } from "../reliability/write-kind.js";
import { externalApiRow } from "../support/external-api-rows.js";
import { madeExternalApi, newExternalApi } from "../support/new-external-api.js";
import type { TestServer } from "../support/server.js";
import { entry, type RpcEntry } from "./entry.js";
import { onWhole } from "./repeat.js";
import { reading } from "./texts.js";
import { company, descending, minute, numbers, placeOf, rowId } from "./walk.js";

const rpc = ExternalApiService.method;
const companyId = "cmp_a";
const named = { companyId, id: "xapi_a1" };
const foreignIds = { id: "xapi_c1" };
const newApi = newExternalApi();

/** Places for texts. */
const requestParams = ["a", "b", "c"].map((name) => ({ name, location: 1, type: 1 }));
const outputParams = ["a", "b", "c"].map((name) => ({ name, path: `$.${name}`, type: 1 }));
const read = (id = "") => reading(rpc.getExternalApi, { companyId, id });

let count = 0;

/** Nothing is called at this address, and no name is asked for. */
async function made(server: TestServer) {
  count += 1;
  const id = `xapi_made_${count}`;
  await server.insert([["external_api", [externalApiRow(companyId, id)]]]);
  return { companyId, id };
}

async function archived(server: TestServer) {
  const target = await made(server);
  await server.ok(rpc.archiveExternalApi, target);
  return target;
}

const listed = (id: string, place: number): Row => externalApiRow(company, id, { created_time: minute(place) });

/** A test or a call changes nothing here (test/rpc/external-api-calls.test.ts): the key goes to the external system. */
export const externalApis: readonly RpcEntry[] = [
  entry(rpc.createExternalApi, {
    request: newApi,
    repeat: async () => ({
      good: { ...newApi, name: "A" },
      other: { ...newApi, name: "B" },
      bad: { ...newApi, id: "xapi_a1" },
    }),
    texts: {
      request: newExternalApi({ requestParams, outputParams }),
      reading: ({ externalApi }) => read(externalApi?.id),
    },
    once: {
      oneStatement: false,
      doubles: true,
      async plan({ companyId }, mark) {
        const path = `callcenter/companies/${companyId}/external_apis`;
        const api = {
          name: mark,
          url: "https://api.example.com/",
          headers: [{ name: "x-secret", secretValue: "hidden from all" }],
        };
        return {
          call: post(path, { ...api, method: "METHOD_GET" }),
          other: post(path, { ...api, method: "METHOD_POST" }),
          marks: [mark],
        };
      },
      idOf: (body) => body.externalApi.id,
      effects: `SELECT name AS mark, count(*)::int AS effects, min(id) AS id FROM external_api
        WHERE company_id = $1 AND name = ANY($2) GROUP BY 1`,
    },
  }),
  entry(rpc.getExternalApi, { request: named, foreignIds }),
  entry(rpc.listExternalApis, {
    request: { companyId, pagination: {} },
    rows: [["external_api", numbers.map((n) => listed(rowId(n), placeOf(n)))]],
    walks: [
      {
        order: "newest first",
        request: { companyId: company },
        otherRequest: { companyId: company, showArchived: true },
        ids: descending,
        table: "external_api",
        stranger: listed,
      },
    ],
    changing: {
      name: "external APIs",
      path: ({ companyId }) => `callcenter/companies/${companyId}/external_apis:list`,
      request: () => ({}),
      rows: "externalApis",
      async insert(place) {
        const api = { name: newId(), url: "https://api.example.com/", method: "METHOD_GET" };
        return (await done(place, `callcenter/companies/${place.companyId}/external_apis`, api)).externalApi.id;
      },
      async update(place, id) {
        await done(place, `callcenter/companies/${place.companyId}/external_apis/${id}`, { name: newId() }, "PUT");
      },
      async remove(place, id) {
        await done(place, `callcenter/companies/${place.companyId}/external_apis/${id}:archive`, {});
      },
    },
  }),
  entry(rpc.updateExternalApi, {
    request: { ...named, url: "https://api.example.com/v2" },
    foreignIds,
    async repeat(server) {
      const target = await made(server);
      const { url } = newApi;
      return {
        good: { ...target, url, name: "A" },
        other: { ...target, url, name: "B" },
        bad: { companyId, id: "xapi_a9", name: "x" },
      };
    },
    texts: {
      request: async (server) => ({
        ...(await madeExternalApi(server)),
        ...{ requestParams: { items: requestParams }, outputParams: { items: outputParams } },
      }),
      reading: (_, { id }) => read(id),
    },
  }),
  entry(rpc.archiveExternalApi, { request: made, foreignIds, repeat: onWhole(made) }),
  entry(rpc.restoreExternalApi, { request: named, foreignIds, repeat: onWhole(archived) }),
  entry(rpc.testExternalApi, { request: made, foreignIds }),
  entry(rpc.invokeExternalApi, { request: made, foreignIds }),
];
