import { afterAll, expect, it } from "vitest";
import { demoData } from "../../src/demo/demo-data.js";
import { InvocationFailure, Outcome } from "../../src/gen/proto/moego/callcenter/v1/external_api_pb.js";
import { ExternalApiService } from "../../src/gen/proto/moego/callcenter/v1/external_api_service_pb.js";
import { IvrFlowService } from "../../src/gen/proto/moego/callcenter/v1/ivr_flow_service_pb.js";
import { startServer } from "../support/server.js";

const secrets = {
  first: "demo-key-of-the-first-company-0123456789",
  second: "demo-key-of-the-second-company-012345678",
};
const options = { key: { secret: secrets.first } };
const server = await startServer({ tables: demoData(secrets).tables });
afterAll(() => server.stop());

const rpc = IvrFlowService.method;
const flow = { companyId: "cmp_001", id: "ivr_001" };

it("has a flow without a problem", async () => {
  expect(await server.ok(rpc.validateFlow, flow, options)).toMatchObject({ valid: true, problems: [] });
});

// Nothing answers at the address of the demo's external API here: whoever is not known there is new.
it.each([
  ["(212) 555-0111", "vip_queue", ["caller", "ask", "greet_vip", "vip"]],
  ["anonymous", "new_caller", ["caller", "elsewhere", "new"]],
])("runs it for %s to %s", async (tel, exit, path) => {
  const run = await server.ok(rpc.runFlow, { ...flow, inputs: { tel } }, options);
  expect(run.exit).toBe(exit);
  expect(run.path.map(({ nodeId }) => nodeId)).toEqual(path);
});

it("knows the echo by the port of the service", () => {
  const urlOf = (echoUrl?: string) =>
    JSON.stringify(demoData(secrets, echoUrl).tables.find(([t]) => t === "external_api"));
  expect(urlOf()).toContain('"http://127.0.0.1:8080/demo/echo"');
  expect(urlOf("http://127.0.0.1:9090/demo/echo")).toContain('"http://127.0.0.1:9090/demo/echo"');
});

it("may call the echo of the service, and nothing else of it", async () => {
  const demo = await startServer({ hasDemo: true });
  try {
    const rpcs = ExternalApiService.method;
    const api = { companyId: "cmp_a", id: "xapi_self" };
    const urlOf = (path: string) => demo.app.httpUrl + path;
    await demo.ok(rpcs.createExternalApi, { ...api, name: "Self", method: 1, url: urlOf("/demo/echo") });
    expect(await demo.ok(rpcs.invokeExternalApi, api)).toMatchObject({ outcome: Outcome.SUCCESS, status: 200 });
    for (const path of ["/metrics", "/v1/customers:query", "/demo/echo/../../metrics"]) {
      const refusal = await demo.refused(rpcs.updateExternalApi, { ...api, url: urlOf(path) });
      expect(refusal.violations).toEqual([{ field: "url", reason: "NOT_ALLOWED" }]);
    }
    // And so at the time of a call, whatever is stored.
    await demo.database.owner.query("UPDATE external_api SET url = $1 WHERE id = $2", [urlOf("/metrics"), api.id]);
    const { reason } = await demo.ok(rpcs.invokeExternalApi, api);
    expect(reason).toBe(InvocationFailure.TARGET_FORBIDDEN);
  } finally {
    await demo.stop();
  }
});
