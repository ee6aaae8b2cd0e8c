import { afterAll, describe, expect, it } from "vitest";
import { ExternalApi_Method as Method } from "../../src/gen/proto/moego/callcenter/v1/external_api_pb.js";
import { ExternalApiService } from "../../src/gen/proto/moego/callcenter/v1/external_api_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { madeExternalApi, newExternalApi, wholeExternalApi } from "../support/new-external-api.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = ExternalApiService.method;
const companyId = "cmp_a";

describe("UpdateExternalApi", () => {
  it("changes what is sent and nothing else, and moves the etag", async () => {
    const target = await madeExternalApi(server, wholeExternalApi);
    const before = (await server.ok(rpc.getExternalApi, target)).externalApi;
    const { externalApi } = await server.ok(rpc.updateExternalApi, { ...target, name: "Renamed", timeoutMs: 100 });
    expect(externalApi).toMatchObject({ name: "Renamed", timeoutMs: 100, etag: "2", createdTime: before?.createdTime });
    const { requestParams, outputParams, headers, url } = externalApi ?? {};
    expect({ requestParams, outputParams, headers, url }).toEqual({
      ...{ requestParams: before?.requestParams, outputParams: before?.outputParams },
      ...{ headers: before?.headers, url: before?.url },
    });
    const emptied = await server.ok(rpc.updateExternalApi, { ...target, outputParams: {}, description: "" });
    expect(emptied.externalApi).toMatchObject({ outputParams: [], description: "" });
  });

  it("refuses what would not be right as a whole", async () => {
    const target = await madeExternalApi(server, wholeExternalApi);
    const bad = { ...target, url: "https://api.example.com/orders", method: Method.GET };
    expect((await server.refused(rpc.updateExternalApi, bad)).violations).toEqual([
      { field: "request_params.items[0].location", reason: "NOT_FOUND" },
      { field: "request_params.items[2].location", reason: "NOT_ALLOWED" },
    ]);
    const lists = { headers: { items: [{ name: "Host" }] }, outputParams: { items: [{ name: "a", path: "b" }] } };
    expect((await server.refused(rpc.updateExternalApi, { ...target, ...lists, url: "" })).violations).toEqual(
      expect.arrayContaining([
        { field: "headers.items[0].name", reason: "NOT_ALLOWED" },
        { field: "output_params.items[0].path", reason: "INVALID_FORMAT" },
        { field: "url", reason: "REQUIRED" },
      ]),
    );
  });

  it("is refused for another version and for an archived one", async () => {
    const target = await madeExternalApi(server);
    expect(await server.refused(rpc.updateExternalApi, { ...target, name: "x", etag: "7" })).toMatchObject({
      code: "ABORTED",
      reason: "ETAG_MISMATCH",
      metadata: { etag: "1" },
    });
    await server.ok(rpc.archiveExternalApi, target);
    expect(await server.refused(rpc.updateExternalApi, { ...target, name: "x" })).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "RESOURCE_ARCHIVED",
    });
  });
});

describe("an archived external API", () => {
  it("is listed when asked for, cannot be called, and comes back", async () => {
    const target = await madeExternalApi(server);
    expect((await server.ok(rpc.archiveExternalApi, target)).externalApi?.archived).toBe(true);
    const ids = async (showArchived: boolean) => {
      const page = { companyId, pagination: { pageSize: 500 }, showArchived };
      return (await server.ok(rpc.listExternalApis, page)).externalApis.map(({ id }) => id);
    };
    expect(await ids(false)).not.toContain(target.id);
    expect(await ids(true)).toContain(target.id);
    const refusals = [server.refused(rpc.testExternalApi, target), server.refused(rpc.invokeExternalApi, target)];
    for (const refusal of await Promise.all(refusals)) expect(refusal.reason).toBe("RESOURCE_ARCHIVED");
    expect((await server.ok(rpc.restoreExternalApi, target)).externalApi?.archived).toBe(false);
    const { externalApi } = await server.ok(rpc.restoreExternalApi, target);
    expect(externalApi?.etag).toBe("3");
  });
});

describe("a key of one location", () => {
  it("reads and calls external APIs, and never writes them", async () => {
    const target = await madeExternalApi(server);
    const key = keys.businessA1;
    await server.ok(rpc.getExternalApi, target, { key });
    await server.ok(rpc.listExternalApis, { companyId, pagination: {} }, { key });
    const forbidden = { companyId, id: "xapi_a1" };
    await server.ok(rpc.invokeExternalApi, forbidden, { key });
    const writes = [
      server.refused(rpc.createExternalApi, newExternalApi(), { key }),
      server.refused(rpc.updateExternalApi, { ...target, name: "x" }, { key }),
      server.refused(rpc.archiveExternalApi, target, { key }),
      server.refused(rpc.restoreExternalApi, target, { key }),
    ];
    for (const refusal of await Promise.all(writes)) {
      expect(refusal).toMatchObject({ code: "PERMISSION_DENIED", reason: "SCOPE_REQUIRED" });
    }
  });
});

describe("the echo of the demo data", () => {
  it("is not there without them, and the service does not call itself", async () => {
    const url = `${server.app.httpUrl}/demo/echo`;
    expect((await fetch(url)).status).toBe(404);
    expect((await server.refused(rpc.createExternalApi, newExternalApi({ url }))).violations).toEqual([
      { field: "url", reason: "NOT_ALLOWED" },
    ]);
  });
});
