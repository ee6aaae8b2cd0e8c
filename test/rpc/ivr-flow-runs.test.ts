import { afterAll, describe, expect, it } from "vitest";
import { BranchNode_Operator } from "../../src/gen/proto/moego/callcenter/v1/ivr_flow_pb.js";
import {
  RunFlowResponse_Branch as Branch,
  IvrFlowService,
  RunFlowResponse_Outcome as Outcome,
} from "../../src/gen/proto/moego/callcenter/v1/ivr_flow_service_pb.js";
import { fieldsOf } from "../support/answer.js";
import { transports } from "../support/clients.js";
import { keys } from "../support/fixture-keys.js";
import { ended, pathOf, startFlowServer } from "../support/flow-server.js";
import { apiNode, asking, branchNode, definitionOf, endNode, queryNode, setNode } from "../support/new-flow.js";
import { invalidField } from "../support/refused-with.js";
import { timed } from "../support/timed.js";

const { server, system, api, flow, run, stop } = await startFlowServer();
afterAll(stop);

const rpc = IvrFlowService.method;
const companyId = "cmp_a";
const phoneOfA2 = "+12125550102";

/** Looks for whoever calls and ends by how that went. */
const looking = definitionOf([
  queryNode("caller", { next: "found", onNotFound: "none", onTimeout: "late" }),
  endNode("found"),
  endNode("none"),
  endNode("late"),
]);

describe("a run", () => {
  it.each(transports.filter((one) => one !== "rest"))(
    "answers exit, variables, and the path with its times on %s",
    async (transport) => {
      const definition = definitionOf([
        queryNode("caller", { next: "greet", onNotFound: "done", onTimeout: "done" }),
        setNode("greet", "text", "Hello {{caller.uname}}", "ask"),
        branchNode("ask", {
          cases: [{ variable: "caller.isblack", operator: BranchNode_Operator.EQUALS, value: "1", next: "done" }],
          otherwise: "done",
        }),
        endNode("done", ["text", "caller.id", "caller.matchCount"]),
      ]);
      const answer = await run(definition, { tel: phoneOfA2 }, { transport });
      const variables = { text: "Hello Anna Archer", "caller.id": "cus_a2", "caller.matchCount": "2" };
      expect(ended(answer)).toEqual({ exit: "exit of done", outcome: Outcome.ENDED });
      expect(answer.variables).toEqual(variables);
      expect(pathOf(answer)).toEqual([
        ["caller", Branch.SUCCESS, ""],
        ["greet", Branch.SUCCESS, ""],
        ["ask", Branch.OTHERWISE, ""],
        ["done", Branch.SUCCESS, ""],
      ]);
      expect(answer.path.map(({ kind }) => kind)).toEqual(["customer_query", "set", "branch", "end"]);
      const times = answer.path.reduce((sum, { durationMs }) => sum + durationMs, 0);
      expect(times).toBeLessThanOrEqual(answer.durationMs + answer.path.length);
    },
  );

  it("takes the failure branch of a customer query that finds nobody", async () => {
    for (const tel of ["+12125559999", "anonymous", ""]) {
      const answer = await run(looking, { tel });
      expect(pathOf(answer)[0]).toEqual(["caller", Branch.FAILURE, "NOT_FOUND"]);
      expect(answer).toMatchObject({ exit: "exit of none", variables: { "caller.matchCount": "0" } });
    }
  });

  it("takes the timeout branch of a customer query that the database keeps waiting", timed, async () => {
    const id = await flow(looking);
    const holder = await server.database.owner.connect();
    try {
      await holder.query("BEGIN; LOCK TABLE customer IN ACCESS EXCLUSIVE MODE");
      const answer = await server.ok(rpc.runFlow, { companyId, id, inputs: { tel: phoneOfA2 } });
      expect(answer.exit).toBe("exit of late");
      expect(pathOf(answer)[0]).toEqual(["caller", Branch.TIMED_OUT, "TIMEOUT"]);
      expect(answer.durationMs).toBeLessThanOrEqual(2_500);
    } finally {
      await holder.query("ROLLBACK");
      holder.release();
    }
  });

  it(
    "takes the timeout branch by its deadline, though the database keeps the configuration of an external API waiting",
    timed,
    async () => {
      const id = await flow(asking(await api("normal"), { timeoutMs: 500 }));
      const holder = await server.database.owner.connect();
      try {
        await holder.query("BEGIN; LOCK TABLE external_api IN ACCESS EXCLUSIVE MODE");
        const answer = await server.ok(rpc.runFlow, { companyId, id });
        expect(answer.exit).toBe("exit of late");
        expect(pathOf(answer)[0]).toEqual(["call", Branch.TIMED_OUT, "TIMEOUT"]);
        expect(answer.durationMs).toBeLessThan(1_500);
      } finally {
        await holder.query("ROLLBACK");
        holder.release();
      }
    },
  );

  it("never reaches an external API of another company, neither when it is written nor when it runs", async () => {
    const externalApiId = await api("normal");
    const id = await flow(asking(externalApiId));
    const { rowCount } = await server.database.owner.query(
      "UPDATE external_api SET company_id = 'cmp_b' WHERE company_id = $1 AND id = $2",
      [companyId, externalApiId],
    );
    expect(rowCount).toBe(1);
    const sent = system.requests.length;
    const run = await server.ok(rpc.runFlow, { companyId, id });
    expect(pathOf(run)[0]).toEqual(["call", Branch.FAILURE, "RESOURCE_NOT_FOUND"]);
    expect(system.requests.length).toBe(sent);
    const definition = asking(externalApiId);
    expect(await server.refused(rpc.createIvrFlow, { companyId, name: "Theirs", definition })).toMatchObject(
      invalidField("definition.nodes[0].external_api.external_api_id", "NOT_FOUND"),
    );
  });

  it("sees the customers that the key sees", async () => {
    expect((await run(looking, { tel: phoneOfA2 })).exit).toBe("exit of found");
    const id = await flow(looking);
    const atOtherLocation = { key: keys.businessA1 };
    const request = { companyId, id, inputs: { tel: phoneOfA2 } };
    expect((await server.ok(rpc.runFlow, request, atOtherLocation)).exit).toBe("exit of none");
  });

  it("takes the success branch of an external API and knows what it answered", async () => {
    const externalApiId = await api("normal", {
      output_params: [{ name: "level", path: "$.customer.level", type: "NUMBER" }],
      request_params: [{ name: "phone", location: "QUERY", type: "STRING", required: true, description: "" }],
    });
    const answer = await run(asking(externalApiId, { params: { phone: "{{tel}}" } }), { tel: "+1 2&x=y" });
    expect(ended(answer)).toEqual({ exit: "exit of good", outcome: Outcome.ENDED });
    expect(answer.variables).toEqual({
      ...{ tel: "+1 2&x=y", "call.level": "3", "call.status": "200", "call.reason": "" },
    });
    expect(new URL(system.requests.at(-1)?.url ?? "", system.origin).searchParams.get("phone")).toBe("+1 2&x=y");
  });

  it.each([
    ["status/500", "STATUS_NOT_2XX", "500"],
    ["redirect", "STATUS_NOT_2XX", "302"],
    ["reset", "CONNECTION_LOST", ""],
    ["huge", "ANSWER_TOO_LARGE", ""],
    ["bomb/gzip", "ANSWER_TOO_LARGE", ""],
  ])("takes the failure branch of an external API that answers with %s", async (mood, reason, status) => {
    const answer = await run(asking(await api(mood)));
    expect(answer.exit).toBe("exit of bad");
    expect(pathOf(answer)[0]).toEqual(["call", Branch.FAILURE, reason]);
    expect(answer.variables).toMatchObject({ "call.reason": reason, "call.status": status });
  });

  it("takes the failure branch of a target that may not be called", async () => {
    const answer = await run(asking(await api("normal", { url: "http://127.0.0.1:9/" })));
    expect(pathOf(answer)[0]).toEqual(["call", Branch.FAILURE, "TARGET_FORBIDDEN"]);
  });

  it("takes the timeout branch of an external API that does not answer in its own time", async () => {
    const answer = await run(asking(await api("slow", { timeout_ms: 300 })));
    expect(ended(answer)).toEqual({ exit: "exit of late", outcome: Outcome.ENDED });
    expect(pathOf(answer)[0]).toEqual(["call", Branch.TIMED_OUT, "TIMEOUT"]);
    expect(answer.path[0]?.durationMs).toBeGreaterThanOrEqual(290);
  });

  it("takes the failure branch of an external API that was archived, or has changed its params, since", async () => {
    const externalApiId = await api("normal");
    const id = await flow(asking(externalApiId));
    const change = (sql: string) =>
      server.database.owner.query(`UPDATE external_api SET ${sql} WHERE id = $1`, [externalApiId]);
    const reasonOf = async () => pathOf(await server.ok(rpc.runFlow, { companyId, id }))[0];
    await change("archived_time = now()");
    expect(await reasonOf()).toEqual(["call", Branch.FAILURE, "RESOURCE_ARCHIVED"]);
    await change(`archived_time = NULL, request_params =
      '[{"name":"new","location":"QUERY","type":"STRING","required":true,"description":""}]'`);
    expect(await reasonOf()).toEqual(["call", Branch.FAILURE, "INVALID_REQUEST"]);
  });

  it("hands an idempotency key on, a different one for each call", async () => {
    const externalApiId = await api("normal", { method: "POST" });
    const twice = definitionOf([
      apiNode("one", { externalApiId, onSuccess: "two", onFailure: "two", onTimeout: "two" }),
      apiNode("two", { externalApiId, onSuccess: "done", onFailure: "done", onTimeout: "done" }),
      endNode("done"),
    ]);
    const id = await flow(twice);
    const before = system.requests.length;
    await server.ok(rpc.runFlow, { companyId, id }, { headers: { "idempotency-key": "a-run" } });
    const sent = system.requests.slice(before).map((request) => request.headers["idempotency-key"]);
    expect(sent.map((key) => /^[0-9a-f]{64}$/.test(String(key)))).toEqual([true, true]);
    expect(new Set(sent).size).toBe(2);
    await server.ok(rpc.runFlow, { companyId, id });
    expect(system.requests.at(-1)?.headers["idempotency-key"]).toBeUndefined();
  });

  it("ends at 20 nodes", async () => {
    const loop = definitionOf([
      setNode("a", "x", "{{tel}}", "b"),
      branchNode("b", {
        cases: [{ variable: "x", operator: BranchNode_Operator.IS_EMPTY, next: "done" }],
        otherwise: "a",
      }),
      endNode("done"),
    ]);
    const answer = await run(loop);
    expect(ended(answer)).toEqual({ exit: "", outcome: Outcome.STEP_LIMIT });
    expect(answer.path).toHaveLength(20);
  });

  it("knows nothing of an input that is not given, whatever it is named", async () => {
    const definition = definitionOf([endNode("done")], { inputs: [{ name: "constructor" }, { name: "toString" }] });
    const { variables } = await run(definition, {});
    expect(variables).toEqual(
      Object.fromEntries([
        ["constructor", ""],
        ["toString", ""],
      ]),
    );
  });

  it("is refused for an input that the flow does not know, and for one that it requires", async () => {
    const definition = definitionOf([endNode("done")], {
      inputs: [
        { name: "tel", required: true },
        { name: "lang", required: true, defaultValue: "en" },
      ],
    });
    const id = await flow(definition);
    const refusal = await server.refused(rpc.runFlow, { companyId, id, inputs: { other: "x", constructor: "y" } });
    expect(fieldsOf(refusal)).toEqual(['inputs["constructor"]', 'inputs["other"]', 'inputs["tel"]']);
    expect(await server.refused(rpc.runFlow, { companyId, id, inputs: { tel: "\u0000" } })).toMatchObject(
      invalidField('inputs["tel"]', "INVALID_FORMAT"),
    );
    const { variables } = await server.ok(rpc.runFlow, { companyId, id, inputs: { tel: "" } });
    expect(variables).toEqual({ tel: "", lang: "en" });
    expect(await server.callJson(rpc.runFlow, { companyId, id, inputs: { tel: "" }, format: 9 })).toMatchObject(
      invalidField("format", "NOT_ALLOWED"),
    );
  });
});
