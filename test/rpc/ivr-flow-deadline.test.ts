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

const { server, system, api, flow, run, stop } = await startFlowServer();
afterAll(stop);

const rpc = IvrFlowService.method;
const companyId = "cmp_a";

describe("the deadline of a run", () => {
  it("is the flow's timeout, though an external API would take longer", timed, async () => {
    const id = await flow(asking(await api("slow"), { timeoutMs: 1_000 }));
    const begun = performance.now();
    const answer = await server.ok(rpc.runFlow, { companyId, id, inputs: { tel: "1" } });
    expect(performance.now() - begun).toBeLessThan(3_000);
    expect(ended(answer)).toEqual({ exit: "exit of late", outcome: Outcome.ENDED });
    expect(performance.now() - begun).toBeGreaterThanOrEqual(800);
    expect(answer.durationMs).toBeLessThan(1_500);
    expect(pathOf(answer)).toEqual([
      ["call", Branch.TIMED_OUT, "TIMEOUT"],
      ["late", Branch.SUCCESS, ""],
    ]);
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
      { timeoutMs: 2_000, timeoutExit: "too late", timeoutOutputs: ["call.reason"] },
    );
    const sent = system.requests.length;
    const answer = await run(definition);
    expect(ended(answer)).toEqual({ exit: "too late", outcome: Outcome.TIMEOUT });
    expect(answer.variables).toEqual({ "call.reason": "TIMEOUT" });
    expect(answer.durationMs).toBeLessThan(3_000);
    expect(
      pathOf(answer)
        .slice(0, 5)
        .map(([node]) => node),
    ).toEqual(["call", "ask", "call", "ask", "call"]);
    expect(answer.path.slice(5).every(({ durationMs }) => durationMs < 100)).toBe(true);
    expect(system.requests.length - sent).toBe(3);
  });

  it.each(["slow", "drip"])("leaves time for the timeout branch after an API that is %s", timed, async (mood) => {
    const externalApiId = await api(mood, { timeout_ms: 10_000 });
    const exits = { onSuccess: "done", onFailure: "done" };
    const definition = definitionOf([
      apiNode("one", { externalApiId, ...exits, onTimeout: "two" }),
      apiNode("two", { externalApiId, ...exits, onTimeout: "late" }),
      endNode("done"),
      endNode("late", ["one.reason", "two.reason"]),
    ]);
    const id = await flow(definition);
    const sent = system.requests.length;
    const begun = performance.now();
    const answer = await server.ok(rpc.runFlow, { companyId, id, inputs: { tel: "1" } });
    expect(ended(answer)).toEqual({ exit: "exit of late", outcome: Outcome.ENDED });
    expect(answer.variables).toEqual({ "one.reason": "TIMEOUT", "two.reason": "TIMEOUT" });
    expect(performance.now() - begun).toBeGreaterThanOrEqual(2_300);
    expect(answer.durationMs).toBeLessThan(2_600);
    expect(system.requests.length - sent).toBe(1);
    await expect.poll(() => system.openConnections()).toBe(0);
  });

  it("opens the breaker of an API only by calls that had at least half of their own time", timed, async () => {
    const reasonsOf = async (timeoutMs: number) => {
      const id = await flow(asking(await api("slow", { timeout_ms: 2_000 }), { timeoutMs }));
      await Promise.all(Array.from({ length: 5 }, () => server.ok(rpc.runFlow, { companyId, id })));
      return pathOf(await server.ok(rpc.runFlow, { companyId, id }))[0]?.[2];
    };
    expect(await reasonsOf(500)).toBe("TIMEOUT");
    expect(await reasonsOf(1_900)).toBe("BREAKER_OPEN");
  });

  it("comes before that of the call, so that the run reaches its end node", async () => {
    const id = await flow(asking(await api("slow")));
    const headers = { "connect-timeout-ms": "900" };
    const answer = await server.callJson(rpc.runFlow, { companyId, id }, { transport: "connect-json", headers });
    expect(answer).toMatchObject({
      ok: true,
      message: { outcome: "OUTCOME_ENDED", exit: "exit of late", path: [{ reason: "TIMEOUT" }, { nodeId: "late" }] },
    });
  });
});
