import { afterAll, beforeAll, expect, it } from "vitest";
import { publishedRpcs, publishedRpcsPage } from "../../src/published-rpcs.js";
import { isUnary, rpcNameOf } from "../../src/server/pipeline/contract.js";
import { routeTable } from "../../src/server/transport/rest-routes.js";
import { services } from "../../src/services.js";
import { callConnect, callGrpc, callGrpcWeb, callRest, type Outcome } from "./clients.js";
import { startWorld, type World } from "./world.js";

let world: World;
beforeAll(async () => {
  world = await startWorld({ services, handlers: new Map() });
});
afterAll(() => world[Symbol.asyncDispose]());

const pathOf = (template: string) => template.replaceAll(/\{[a-z_]+\}/g, "x1");

it("lists no rpc twice, none that is served, and no route of one", () => {
  const served = services.flatMap(({ methods }) => methods.filter(isUnary).map(rpcNameOf));
  const names = publishedRpcs.map(({ rpc }) => rpc);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((rpc) => served.includes(rpc))).toEqual([]);
  const table = routeTable(services);
  const routes = publishedRpcs.flatMap(({ routes }) => routes.map((route) => route.split(" ")));
  for (const [verb = "", path = ""] of routes)
    expect(table.match(pathOf(path)).filter(({ route }) => route.verb === verb)).toEqual([]);
});

it.each(publishedRpcs)(
  "answers $rpc as unimplemented, with its name and a page, on every transport",
  async (published) => {
    const { rpc, routes } = published;
    const [connect, web, grpc, ...rest] = await Promise.all([
      callConnect(world, "json", { rpc, body: "{}", authorization: null }),
      callGrpcWeb(world, { rpc, body: "" }),
      callGrpc(world, { rpc, body: "" }),
      ...routes.map((route) => {
        const [method = "", path = ""] = route.split(" ");
        return callRest(world, pathOf(path), { method, ...(method === "GET" ? {} : { body: "{}" }) });
      }),
    ]);
    for (const outcome of [connect, web, grpc, ...rest] satisfies Outcome[])
      expect(outcome.refusal).toMatchObject({
        code: "UNIMPLEMENTED",
        reason: "METHOD_NOT_IMPLEMENTED",
        message: expect.stringContaining(publishedRpcsPage),
        metadata: { rpc, documentation: publishedRpcsPage, requestId: outcome.headers["x-request-id"] },
      });
    expect([connect, ...rest].map(({ httpStatus }) => httpStatus)).toEqual([501, ...rest.map(() => 501)]);
    // Each of them is logged and counted.
    for (const { headers } of [connect, web, grpc, ...rest]) {
      const logged = world.logs.filter(({ requestId }) => requestId === headers["x-request-id"]);
      expect(logged).toMatchObject([{ rpc: "unknown", reason: "METHOD_NOT_IMPLEMENTED", clientAddress: "127.0.0.1" }]);
    }
    const transports = world.observed
      .splice(0)
      .map(({ code, transport }) => (code === "UNIMPLEMENTED" ? transport : code));
    expect(transports.toSorted()).toEqual(["connect", "grpc", "grpc-web", ...rest.map(() => "rest")]);
  },
);

it("tells the methods that a published path has", async () => {
  const outcome = await callRest(world, "/v1/webhooks/x1", { method: "PATCH", body: "{}" });
  expect([outcome.httpStatus, outcome.headers["allow"]]).toEqual([405, "GET, PUT, DELETE"]);
  expect((await callRest(world, "/v1/webhooks/x1/other")).httpStatus).toBe(404);
});
