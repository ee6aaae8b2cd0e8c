import { afterAll, describe, expect, it } from "vitest";
import { BranchNode_Operator } from "../../src/gen/proto/moego/callcenter/v1/ivr_flow_pb.js";
import { IvrFlowService } from "../../src/gen/proto/moego/callcenter/v1/ivr_flow_service_pb.js";
import { startFlowServer } from "../support/flow-server.js";
import { apiNode, branchNode, definitionOf, endNode, queryNode, setNode } from "../support/new-flow.js";

const { server, api, flow, stop } = await startFlowServer();
afterAll(stop);

const rpc = IvrFlowService.method;
const companyId = "cmp_a";
const phoneOfA2 = "+12125550102";

describe("the answer of a run", () => {
  const greeting = definitionOf([
    queryNode("caller", { next: "exit", onNotFound: "exit", onTimeout: "exit" }),
    setNode("exit", "text", "Hi {{caller.matchCount}}", "done"),
    endNode("done", ["text", "caller.matchCount"]),
  ]);
  const answerOf = async (format: string) => {
    const request = { companyId, id: await flow(greeting), inputs: { tel: phoneOfA2 }, format };
    const answer = await server.callJson(rpc.runFlow, request);
    return answer.ok ? answer.message : answer;
  };

  it("is over REST the plain object, with the path and its times", async () => {
    expect(await answerOf("ANSWER_FORMAT_PLAIN")).toEqual({
      ...{ exit: "exit of done", outcome: "ENDED" },
      variables: { text: "Hi 2", "caller.matchCount": "2", caller_matchCount: "2" },
      path: [
        { node: "caller", kind: "customer_query", branch: "SUCCESS", reason: "", durationMs: expect.any(Number) },
        { node: "exit", kind: "set", branch: "SUCCESS", reason: "", durationMs: expect.any(Number) },
        { node: "done", kind: "end", branch: "SUCCESS", reason: "", durationMs: expect.any(Number) },
      ],
    });
  });

  it("has a flat name for each variable, also beside a variable that has that name", async () => {
    const definition = definitionOf([
      queryNode("a", { next: "b", onNotFound: "b", onTimeout: "b" }),
      setNode("b", "a_matchCount", "mine", "c"),
      setNode("c", "a_matchCount_2", "mine too", "done"),
      endNode("done", ["a.matchCount", "a_matchCount", "a_matchCount_2"]),
    ]);
    const request = { companyId, id: await flow(definition), inputs: { tel: phoneOfA2 } };
    const flat = { a_matchCount: "mine", a_matchCount_2: "mine too", a_matchCount_3: "2" };
    expect(await server.callJson(rpc.runFlow, request)).toMatchObject({
      ...{ ok: true, message: { variables: { "a.matchCount": "2", ...flat } } },
    });
    for (const format of ["ANSWER_FORMAT_AMAZON_CONNECT", "ANSWER_FORMAT_TWILIO"]) {
      expect(await server.callJson(rpc.runFlow, { ...request, format })).toMatchObject({ ok: true, message: flat });
    }
  });

  it.each(["ANSWER_FORMAT_AMAZON_CONNECT", "ANSWER_FORMAT_TWILIO"])(
    "is one flat map of texts as %s",
    async (format) => {
      expect(await answerOf(format)).toEqual({
        ...{ exit: "exit of done", outcome: "ENDED", truncated: "false" },
        ...{ text: "Hi 2", caller_matchCount: "2" },
      });
    },
  );
});

describe("the keys of an answer", () => {
  const flat = ["AMAZON_CONNECT", "TWILIO"] as const;
  const formats = [...flat, "KEY_VALUE"] as const;

  async function answersOf(definition: Parameters<typeof flow>[0], tel: string, format: (typeof formats)[number]) {
    const request = { companyId, id: await flow(definition), inputs: { tel }, format };
    const answer = await server.callJson(rpc.runFlow, request, { transport: "connect-json" });
    if (!answer.ok) throw new Error(JSON.stringify(answer));
    const { answer: map, text } = answer.message;
    return format === "KEY_VALUE" ? Object.fromEntries(new URLSearchParams(String(text))) : { ...Object(map) };
  }

  const deciding = (more: object = {}) =>
    definitionOf(
      [
        branchNode("ask", {
          cases: [{ variable: "tel", operator: BranchNode_Operator.IS_EMPTY, next: "empty" }],
          otherwise: "caller",
        }),
        queryNode("caller", { next: "greet", onNotFound: "none", onTimeout: "none" }),
        setNode("greet", "greeting", "Hi {{caller.uname}}", "found"),
        endNode("found", ["greeting", "caller.uname"]),
        setNode("none", "queue", "new", "nobody"),
        endNode("nobody", ["queue"]),
        setNode("empty", "reason", "no number", "ended"),
        endNode("ended", ["reason"]),
      ],
      { timeoutOutputs: ["caller.status"], ...more },
    );

  it.each(formats)(
    'are those of all end nodes and of the timeout as %s, with "" where none was set',
    async (format) => {
      const nothing = { greeting: "", caller_uname: "", queue: "", reason: "", caller_status: "" };
      expect(await answersOf(deciding(), phoneOfA2, format)).toEqual({
        ...{ ...nothing, greeting: "Hi Anna Archer", caller_uname: "Anna Archer" },
        ...{ exit: "exit of found", outcome: "ENDED", truncated: "false" },
      });
      expect(await answersOf(deciding(), "+12125559999", format)).toEqual({
        ...{ ...nothing, queue: "new", exit: "exit of nobody", outcome: "ENDED", truncated: "false" },
      });
      expect(await answersOf(deciding(), "", format)).toEqual({
        ...{ ...nothing, reason: "no number", exit: "exit of ended", outcome: "ENDED", truncated: "false" },
      });
    },
  );

  it.each(formats)("are there after a run without an end node as %s", async (format) => {
    const endless = definitionOf(
      [
        setNode("a", "x", "1", "b"),
        branchNode("b", {
          cases: [{ variable: "x", operator: BranchNode_Operator.IS_EMPTY, next: "done" }],
          otherwise: "a",
        }),
        endNode("done", ["tel"]),
      ],
      { timeoutOutputs: ["x"] },
    );
    expect(await answersOf(endless, phoneOfA2, format)).toEqual({
      ...{ tel: "", x: "1", exit: "", outcome: "STEP_LIMIT", truncated: "false" },
    });
  });

  it.each(flat)("are all variables that an end node without a list can have as %s", async (format) => {
    const external = await api("normal", {
      output_params: [{ name: "level", path: "$.customer.level", type: "NUMBER" }],
    });
    const open = definitionOf([
      branchNode("ask", {
        cases: [{ variable: "tel", operator: BranchNode_Operator.IS_EMPTY, next: "listed" }],
        otherwise: "caller",
      }),
      queryNode("caller", { next: "call", onNotFound: "all", onTimeout: "all" }),
      apiNode("call", { externalApiId: external, onSuccess: "all", onFailure: "all", onTimeout: "all" }),
      endNode("all"),
      setNode("listed", "reason", "no number", "ended"),
      endNode("ended", ["reason"]),
    ]);
    const keys = async (tel: string) => Object.keys(await answersOf(open, tel, format)).toSorted();
    const found = await keys(phoneOfA2);
    expect(found).toEqual(expect.arrayContaining(["caller_uname", "call_level", "call_reason", "reason", "tel"]));
    expect(await keys("+12125559999")).toEqual(found);
    expect(await keys("")).toEqual(found);
  });

  it("are unchanged in the plain format", async () => {
    const request = { companyId, id: await flow(deciding()), inputs: { tel: "" } };
    const answer = await server.callJson(rpc.runFlow, request);
    expect(answer.ok && answer.message).toMatchObject({ variables: { reason: "no number" } });
    expect(JSON.stringify(answer)).not.toContain("greeting");
  });
});
