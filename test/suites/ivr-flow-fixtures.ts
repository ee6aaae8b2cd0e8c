import type { Row, Tables } from "../../src/demo/demo-rows.js";
import { IvrFlowService } from "../../src/gen/proto/moego/callcenter/v1/ivr_flow_service_pb.js";
import { ivrFlowRow } from "../support/ivr-flow-rows.js";
import { greeting } from "../support/new-flow.js";
import type { TestServer } from "../support/server.js";
import { ascending, company, type ListFixture, list, numbers, placeOf, rowId, rowName } from "./list-fixture.js";
import { onWhole, type Repeatable, repeatable } from "./repeatable.js";
import { nameOf, type RpcFixture, rpcFixture } from "./rpc-fixture.js";

const rpc = IvrFlowService.method;
const companyId = "cmp_a";
const named = { companyId, id: "ivr_a1" };
const foreignIds = { id: "ivr_c1" };
const newFlow = { companyId, name: "Greeting", definition: greeting };

/** The rpcs of IvrFlowService. */
export const ivrFlowRpcFixtures: readonly RpcFixture[] = [
  rpcFixture(rpc.createIvrFlow, { request: newFlow }),
  rpcFixture(rpc.getIvrFlow, { request: named, foreignIds }),
  rpcFixture(rpc.listIvrFlows, { request: { companyId, pagination: {} } }),
  rpcFixture(rpc.updateIvrFlow, { request: { ...named, description: "Says hello" }, foreignIds }),
  rpcFixture(rpc.archiveIvrFlow, { request: madeFlow, foreignIds }),
  rpcFixture(rpc.restoreIvrFlow, { request: named, foreignIds }),
  rpcFixture(rpc.validateFlow, { request: named, foreignIds }),
  rpcFixture(rpc.runFlow, { request: { ...named, inputs: { tel: "+12125550101" } }, foreignIds }),
];

async function madeFlow(server: TestServer) {
  const id = `ivr_made_${++made}`;
  await server.insert([["ivr_flow", [ivrFlowRow(companyId, id)]]]);
  return { companyId, id };
}

let made = 0;

const listed = (id: string, place: number): Row => ivrFlowRow(company, id, { name: rowName(place) });

export const ivrFlowListTables: Tables = [["ivr_flow", numbers.map((n) => listed(rowId(n), placeOf(n)))]];

export const ivrFlowListFixtures: readonly ListFixture[] = [
  list(rpc.listIvrFlows, "by name", {
    request: { companyId: company },
    otherRequest: { companyId: company, showArchived: true },
    ids: ascending,
    table: "ivr_flow",
    stranger: listed,
  }),
];

/** The rpcs that write; a run stores nothing (test/rpc/ivr-flow-runs.test.ts). */
export const ivrFlowRepeatables: readonly Repeatable[] = [
  repeatable(rpc.createIvrFlow, async () => ({
    good: { ...newFlow, name: "A" },
    other: { ...newFlow, name: "B" },
    bad: { ...newFlow, id: "ivr_a1" },
  })),
  repeatable(rpc.updateIvrFlow, async (server) => {
    const target = await madeFlow(server);
    return {
      good: { ...target, name: "A" },
      other: { ...target, name: "B" },
      bad: { companyId, id: "ivr_a9", name: "x" },
    };
  }),
  onWhole(rpc.archiveIvrFlow, madeFlow),
  onWhole(rpc.restoreIvrFlow, async (server) => {
    const target = await madeFlow(server);
    await server.ok(rpc.archiveIvrFlow, target);
    return target;
  }),
];

/** It stores nothing, so that none of its calls is the replay of another. */
export const unrepeatedFlowRpcs: readonly string[] = [nameOf(rpc.runFlow)];
