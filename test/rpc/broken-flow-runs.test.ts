import { afterAll, expect, it } from "vitest";
import { IvrFlowService } from "../../src/gen/proto/moego/callcenter/v1/ivr_flow_service_pb.js";
import { asAdmin } from "../support/database.js";
import { startFlowServer } from "../support/flow-server.js";
import { apiNode, definitionOf, endNode, queryNode } from "../support/new-flow.js";

const { server, api, flow, stop } = await startFlowServer();
afterAll(stop);

const { runFlow } = IvrFlowService.method;
const companyId = "cmp_a";
const looking = queryNode("caller", { next: "done", onNotFound: "done", onTimeout: "done" });

/** Runs the flow and ends the connection of its customer query; what the run is refused with. */
async function brokenRun(id: string) {
  const { owner, name } = server.database;
  const holder = await owner.connect();
  try {
    await holder.query("BEGIN; LOCK TABLE customer IN ACCESS EXCLUSIVE MODE");
    const run = server.refused(runFlow, { companyId, id, inputs: { tel: "+12125550101" } });
    const endWaiting = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = '${name}' AND wait_event_type = 'Lock'`;
    await expect.poll(async () => (await asAdmin(endWaiting)).rowCount).toBe(1);
    return await run;
  } finally {
    await holder.query("ROLLBACK");
    holder.release();
  }
}

it("a run whose database fails before it has called anybody may be sent again", async () => {
  const refusal = await brokenRun(await flow(definitionOf([looking, endNode("done")])));
  expect(refusal).toMatchObject({ code: "UNAVAILABLE", reason: "DATABASE_UNAVAILABLE", retryDelayMs: 1_000 });
});

it("a run whose database fails after it has called an external API is not told to be sent again", async () => {
  const externalApiId = await api("normal");
  const ask = apiNode("ask", { externalApiId, onSuccess: "caller", onFailure: "done", onTimeout: "done" });
  const refusal = await brokenRun(await flow(definitionOf([ask, looking, endNode("done")])));
  expect(refusal).toMatchObject({ code: "UNAVAILABLE", reason: "OUTCOME_UNKNOWN", retryDelayMs: undefined });
});
