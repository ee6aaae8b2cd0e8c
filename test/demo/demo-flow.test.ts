import { afterAll, expect, it } from "vitest";
import { demoData } from "../../src/demo/demo-data.js";
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
