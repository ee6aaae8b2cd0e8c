import { afterAll, describe, expect, it } from "vitest";
import { BranchNode_Operator } from "../../src/gen/proto/moego/callcenter/v1/ivr_flow_pb.js";
import {
  RunFlowResponse_Branch as Branch,
  IvrFlowService,
  RunFlowResponse_Outcome as Outcome,
} from "../../src/gen/proto/moego/callcenter/v1/ivr_flow_service_pb.js";
import { ended, pathOf, startFlowServer } from "../support/flow-server.js";
import { apiNode, asking, branchNode, definitionOf, endNode } from "../support/new-flow.js";
import { timed } from "../support/timed.js";

const { server, api, flow, run, stop } = await startFlowServer();
afterAll(stop);

const rpc = IvrFlowService.method;
const companyId = "cmp_a";

describe("the deadline of a run", () => {
  it("is the flow's timeout, though an external API would take longer", timed, async () => {
    const id = await flow(asking(await api("slow"), { timeoutMs: 400 }));
    const begun = performance.now();
    const answer = await server.ok(rpc.runFlow, { companyId, id, inputs: { tel: "1" } });
    expect(performance.now() - begun).toBeLessThan(2_000);
    expect(ended(answer)).toEqual({ exit: "", outcome: Outcome.TIMEOUT });
    expect(answer.durationMs).toBeGreaterThanOrEqual(350);
    expect(answer.durationMs).toBeLessThan(1_000);
    expect(pathOf(answer)).toEqual([["call", Branch.TIMED_OUT, "RUN_TIMEOUT"]]);
    expect(answer.variables).toEqual({ tel: "1" });
  });

  it("holds over several nodes, each of which is in time by itself", timed, async () => {
    const externalApiId = await api("slow", { timeout_ms: 700 });
    const again = { onSuccess: "call", onFailure: "call", onTimeout: "ask" };
    const definition = definitionOf(
      [
        apiNode("call", { externalApiId, ...again }),
        branchNode("ask", {
          cases: [{ variable: "call.reason", operator: BranchNode_Operator.IS_EMPTY, next: "done" }],
          otherwise: "call",
        }),
        endNode("done"),
      ],
      { timeoutMs: 2_000 },
    );
    const answer = await run(definition);
    expect(answer.outcome).toBe(Outcome.TIMEOUT);
    expect(answer.durationMs).toBeLessThan(3_000);
    expect(pathOf(answer).map(([node]) => node)).toEqual(["call", "ask", "call", "ask", "call"]);
    expect(pathOf(answer).at(-1)).toEqual(["call", Branch.TIMED_OUT, "RUN_TIMEOUT"]);
  });

  it("comes before that of the call, so that the path is answered", async () => {
    const id = await flow(asking(await api("slow")));
    const headers = { "connect-timeout-ms": "900" };
    const answer = await server.callJson(rpc.runFlow, { companyId, id }, { transport: "connect-json", headers });
    expect(answer).toMatchObject({
      ok: true,
      message: { outcome: "OUTCOME_TIMEOUT", path: [{ branch: "BRANCH_TIMED_OUT", reason: "RUN_TIMEOUT" }] },
    });
  });
});
