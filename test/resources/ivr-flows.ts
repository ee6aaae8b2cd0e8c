import type { Row } from "../../src/demo/demo-directory.js";
import { IvrFlowService } from "../../src/gen/proto/moego/callcenter/v1/ivr_flow_service_pb.js";
import { done, newId, type Place, put } from "../reliability/changing-list.js";
import { planted } from "../reliability/tenancy/planted.js";
import { ivrFlowRow } from "../support/ivr-flow-rows.js";
import { branchNode, definitionOf, endNode, greeting, queryNode, setNode } from "../support/new-flow.js";
import type { TestServer } from "../support/server.js";
import { entry, type RpcEntry } from "./entry.js";
import { onWhole } from "./repeat.js";
import { type IdFieldException, isNamed } from "./tenancy.js";
import { reading } from "./texts.js";
import { ascending, company, numbers, placeOf, rowId, rowName } from "./walk.js";

const rpc = IvrFlowService.method;
const companyId = "cmp_a";
const named = { companyId, id: "ivr_a1" };
const foreignIds = { id: "ivr_c1" };
const newFlow = { companyId, name: "Greeting", definition: greeting };

/** Places for texts. */
const definition = definitionOf([
  setNode("greet", "text", "x", "which"),
  branchNode("which", { cases: [{ variable: "text", value: "x", operator: 1, next: "done" }], otherwise: "done" }),
  endNode("done"),
]);
const read = (id = "") => reading(rpc.getIvrFlow, { companyId, id });

/** Ids in a flow name its nodes, or are templates. */
const idsInFlow = (path: string): Readonly<Record<string, IdFieldException>> => ({
  [`${path}.nodes.id`]: { expectation: "outside", why: "names a node of the same flow" },
  [`${path}.nodes.customer_query.id`]: {
    expectation: "outside",
    why: "a template that is filled in when the flow runs",
  },
});
const asksForForeignField = definitionOf([
  queryNode("ask", { next: "done", onNotFound: "done", onTimeout: "done" }),
  endNode("done", [`ask.${planted.field}`]),
]);

const flows = ({ companyId: id }: Place) => `callcenter/companies/${id}/ivr_flows`;
/** All that a flow needs. */
const end = { id: "end", end: { exit: "done" } };

let count = 0;

async function made(server: TestServer) {
  count += 1;
  const id = `ivr_made_${count}`;
  await server.insert([["ivr_flow", [ivrFlowRow(companyId, id)]]]);
  return { companyId, id };
}

async function archived(server: TestServer) {
  const target = await made(server);
  await server.ok(rpc.archiveIvrFlow, target);
  return target;
}

const listed = (id: string, place: number): Row => ivrFlowRow(company, id, { name: rowName(place) });

/** A run stores nothing (test/rpc/ivr-flow-runs.test.ts): its key goes to the external systems. */
export const ivrFlows: readonly RpcEntry[] = [
  entry(rpc.createIvrFlow, {
    request: newFlow,
    repeat: async () => ({
      good: { ...newFlow, name: "A" },
      other: { ...newFlow, name: "B" },
      bad: { ...newFlow, id: "ivr_a1" },
    }),
    texts: { request: { companyId, definition }, reading: ({ ivrFlow }) => read(ivrFlow?.id) },
    tenancy: { idFields: idsInFlow("definition") },
  }),
  entry(rpc.getIvrFlow, { request: named, foreignIds }),
  entry(rpc.listIvrFlows, {
    request: { companyId, pagination: {} },
    rows: [["ivr_flow", numbers.map((n) => listed(rowId(n), placeOf(n)))]],
    walks: [
      {
        order: "by name",
        request: { companyId: company },
        otherRequest: { companyId: company, showArchived: true },
        ids: ascending,
        table: "ivr_flow",
        nameColumns: ["name"],
        stranger: listed,
      },
    ],
    changing: {
      name: "IVR flows",
      path: (place) => `${flows(place)}:list`,
      request: () => ({}),
      rows: "ivrFlows",
      insert: async (place, name) =>
        (await done(place, flows(place), { name, definition: { startNodeId: "end", nodes: [end] } })).ivrFlow.id,
      update: (place, id) => put(place, `${flows(place)}/${id}`, { description: newId() }),
      async remove(place, id) {
        await done(place, `${flows(place)}/${id}:archive`, {});
      },
      byName: { nameOf: (row) => row.name, rename: (place, id, name) => put(place, `${flows(place)}/${id}`, { name }) },
    },
  }),
  entry(rpc.updateIvrFlow, {
    request: { ...named, description: "Says hello" },
    foreignIds,
    async repeat(server) {
      const target = await made(server);
      return {
        good: { ...target, name: "A" },
        other: { ...target, name: "B" },
        bad: { companyId, id: "ivr_a9", name: "x" },
      };
    },
    texts: {
      request: async (server) => ({ ...(await made(server)), definition }),
      reading: (_, { id }) => read(id),
    },
    tenancy: { request: { ...named, definition: greeting }, idFields: idsInFlow("definition") },
  }),
  entry(rpc.archiveIvrFlow, { request: made, foreignIds, repeat: onWhole(made) }),
  entry(rpc.restoreIvrFlow, { request: named, foreignIds, repeat: onWhole(archived) }),
  entry(rpc.validateFlow, {
    request: named,
    foreignIds,
    tenancy: {
      idFields: { ...idsInFlow("draft"), id: isNamed },
      calls: [{ name: "a field of the neighbour's customers", request: { companyId, draft: asksForForeignField } }],
      showsNoText: "answers what is wrong with a flow",
    },
  }),
  entry(rpc.runFlow, { request: { ...named, inputs: { tel: "+12125550101" } }, foreignIds }),
];
