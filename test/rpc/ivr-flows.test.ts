import { afterAll, describe, expect, it } from "vitest";
import {
  BranchNode_Operator,
  FlowProblem_Code,
  FlowProblem_Severity,
} from "../../src/gen/proto/moego/callcenter/v1/ivr_flow_pb.js";
import { IvrFlowService } from "../../src/gen/proto/moego/callcenter/v1/ivr_flow_service_pb.js";
import { fieldsOf } from "../support/answer.js";
import { externalApiRow } from "../support/external-api-rows.js";
import { keys } from "../support/fixture-keys.js";
import { end, flow } from "../support/flows.js";
import { ivrFlowRow } from "../support/ivr-flow-rows.js";
import { messageJson } from "../support/message-json.js";
import { apiNode, branchNode, definitionOf, endNode, greeting, queryNode, setNode } from "../support/new-flow.js";
import { invalidField, isArchived } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = IvrFlowService.method;
const companyId = "cmp_a";
const key = keys.businessA1;

const wants = [{ name: "phone", location: "QUERY", type: "STRING", required: true, description: "" }];
const gives = [{ name: "credit", path: "$.credit", type: "STRING" }];
await server.insert([
  ["external_api", [externalApiRow(companyId, "xapi_flow", { request_params: wants, output_params: gives })]],
]);

/** Every kind of node with everything that it can say. */
const everything = definitionOf(
  [
    queryNode("caller", { email: "{{mail}}", next: "credit", onNotFound: "none", onTimeout: "none" }),
    apiNode("credit", {
      ...{ externalApiId: "xapi_flow", params: { phone: "{{caller.tel}}" } },
      ...{ onSuccess: "greet", onFailure: "none", onTimeout: "none" },
    }),
    setNode("greet", "text", "Hello {{caller.uname}}, {{caller.cf_short}}, {{credit.credit}}", "ask"),
    branchNode("ask", {
      cases: [
        { variable: "credit.credit", operator: BranchNode_Operator.GREATER_THAN, value: "10", next: "rich" },
        { variable: "text", operator: BranchNode_Operator.IS_EMPTY, next: "none" },
      ],
      otherwise: "none",
    }),
    endNode("rich", ["text", "credit.status"]),
    endNode("none"),
  ],
  {
    inputs: [
      { name: "tel", required: true, description: "Caller" },
      { name: "mail", defaultValue: "" },
    ],
    ...{ timeoutMs: 4_500, timeoutExit: "late", timeoutOutputs: ["text", "caller.uname"] },
  },
);

const create = (more: object = {}) => ({ companyId, name: "Support line", definition: greeting, ...more });

describe("a flow", () => {
  it("is read as it was written, with times, authors and an etag", async () => {
    const request = create({ id: "ivr_all", description: "Two\nlines", definition: everything });
    const { ivrFlow: made } = await server.ok(rpc.createIvrFlow, request);
    const { ivrFlow: found } = await server.ok(rpc.getIvrFlow, { companyId, id: "ivr_all" }, { key });
    expect(found).toEqual(made);
    expect(found).toMatchObject({ id: "ivr_all", name: "Support line", description: "Two\nlines", archived: false });
    expect(found).toMatchObject({ etag: "1", createdBy: "staff_a1", lastUpdatedBy: "staff_a1" });
    expect(found?.definition).toMatchObject(everything);
    const json = messageJson(rpc.getIvrFlow.output, await server.ok(rpc.getIvrFlow, { companyId, id: "ivr_all" }));
    const overRest = await server.callJson(rpc.getIvrFlow, { companyId, id: "ivr_all" });
    expect(overRest).toMatchObject({ ok: true, message: json });
  });

  it("gets an id that begins with ivr_, unless one is given, which must be free", async () => {
    const { ivrFlow } = await server.ok(rpc.createIvrFlow, create());
    expect(ivrFlow?.id).toMatch(/^ivr_[0-9A-Za-z]{22}$/);
    expect(ivrFlow?.definition?.timeoutMs).toBe(2_500);
    const again = await server.refused(rpc.createIvrFlow, create({ id: "ivr_a9" }));
    expect(again).toMatchObject({ code: "ALREADY_EXISTS", metadata: { resource: "IvrFlow", field: "id" } });
  });

  it("keeps what an update does not name, and replaces a definition as a whole", async () => {
    const { ivrFlow } = await server.ok(rpc.createIvrFlow, create({ description: "Kept" }));
    const target = { companyId, id: ivrFlow?.id ?? "" };
    const renamed = await server.ok(rpc.updateIvrFlow, { ...target, name: "Night line", etag: "1" });
    expect(renamed.ivrFlow).toMatchObject({ name: "Night line", description: "Kept", etag: "2" });
    expect(renamed.ivrFlow?.definition).toEqual(ivrFlow?.definition);
    const definition = definitionOf([endNode("only")], { inputs: [] });
    const changed = await server.ok(rpc.updateIvrFlow, { ...target, description: "", definition });
    expect(changed.ivrFlow).toMatchObject({ name: "Night line", description: "", etag: "3" });
    expect(changed.ivrFlow?.definition?.nodes).toHaveLength(1);
    expect(changed.ivrFlow?.definition?.inputs).toEqual([]);
  });

  it("keeps its time limit when it is written back, and when an update has none", async () => {
    const limitOf = async (timeoutMs?: number) => {
      const definition = { ...greeting, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
      const { ivrFlow: made } = await server.ok(rpc.createIvrFlow, create({ definition }));
      const target = { companyId, id: made?.id ?? "" };
      const readBack = made?.definition ?? {};
      const { ivrFlow: same } = await server.ok(rpc.updateIvrFlow, { ...target, definition: readBack });
      const { ivrFlow: without } = await server.ok(rpc.updateIvrFlow, { ...target, definition: greeting });
      return [made, same, without].map((one) => one?.definition?.timeoutMs);
    };
    expect(await limitOf()).toEqual([2_500, 2_500, 2_500]);
    expect(await limitOf(0)).toEqual([8_000, 8_000, 8_000]);
    expect(await limitOf(700)).toEqual([700, 700, 700]);
    const zero = {
      companyId,
      name: "Zero",
      definition: { startNodeId: "end", nodes: [{ id: "end", end: { exit: "x" } }] },
    };
    for (const [more, expected] of [
      [{}, 2_500],
      [{ timeoutMs: 0 }, 8_000],
    ] as const) {
      const request = { ...zero, definition: { ...zero.definition, ...more } };
      expect(await server.callJson(rpc.createIvrFlow, request)).toMatchObject({
        ...{ ok: true, message: { ivrFlow: { definition: { timeoutMs: expected } } } },
      });
    }
  });

  it("stored by an earlier version keeps 8,000 ms, and has no exit and no outputs for a timeout", async () => {
    const { timeoutExit: _, timeoutOutputs: __, ...definition } = flow([end()]);
    await server.insert([["ivr_flow", [ivrFlowRow(companyId, "ivr_earlier", { definition })]]]);
    const { ivrFlow } = await server.ok(rpc.getIvrFlow, { companyId, id: "ivr_earlier" });
    expect(ivrFlow?.definition).toMatchObject({ timeoutMs: 8_000, timeoutExit: "", timeoutOutputs: [] });
    const renamed = await server.ok(rpc.updateIvrFlow, { companyId, id: "ivr_earlier", name: "Earlier" });
    expect(renamed.ivrFlow?.definition).toEqual(ivrFlow?.definition);
  });

  it("is not updated from another version, without a name, or while it is archived", async () => {
    const { ivrFlow } = await server.ok(rpc.createIvrFlow, create());
    const target = { companyId, id: ivrFlow?.id ?? "" };
    const stale = await server.refused(rpc.updateIvrFlow, { ...target, name: "x", etag: "7" });
    expect(stale).toMatchObject({ code: "ABORTED", reason: "ETAG_MISMATCH", metadata: { etag: "1" } });
    expect(await server.refused(rpc.updateIvrFlow, { ...target, name: " " })).toMatchObject(
      invalidField("name", "REQUIRED"),
    );
    expect(await server.refused(rpc.updateIvrFlow, { companyId, id: "ivr_a9", name: "x" })).toMatchObject(isArchived);
  });

  it("is archived and restored, twice without a further version, and listed meanwhile only on demand", async () => {
    const { ivrFlow } = await server.ok(rpc.createIvrFlow, create());
    const target = { companyId, id: ivrFlow?.id ?? "" };
    const isListed = async (showArchived: boolean) => {
      const { ivrFlows } = await server.ok(rpc.listIvrFlows, { companyId, pagination: {}, showArchived });
      return ivrFlows.some(({ id }) => id === target.id);
    };
    for (const _ of [1, 2]) {
      expect((await server.ok(rpc.archiveIvrFlow, target)).ivrFlow).toMatchObject({ archived: true, etag: "2" });
    }
    expect([await isListed(false), await isListed(true)]).toEqual([false, true]);
    expect(await server.refused(rpc.runFlow, target)).toMatchObject(isArchived);
    for (const _ of [1, 2]) {
      expect((await server.ok(rpc.restoreIvrFlow, target)).ivrFlow).toMatchObject({ archived: false, etag: "3" });
    }
    expect(await isListed(false)).toBe(true);
  });

  it("is read, checked and run by a key of one location, and never written", async () => {
    const target = { companyId, id: "ivr_a1" };
    await server.ok(rpc.listIvrFlows, { companyId, pagination: {} }, { key });
    await server.ok(rpc.validateFlow, target, { key });
    await server.ok(rpc.runFlow, target, { key });
    const denied = { code: "PERMISSION_DENIED", reason: "SCOPE_REQUIRED", metadata: { scope: "callcenter:write" } };
    expect(await server.refused(rpc.createIvrFlow, create(), { key })).toMatchObject(denied);
    expect(await server.refused(rpc.updateIvrFlow, { ...target, name: "x" }, { key })).toMatchObject(denied);
    expect(await server.refused(rpc.archiveIvrFlow, target, { key })).toMatchObject(denied);
    expect(await server.refused(rpc.restoreIvrFlow, target, { key })).toMatchObject(denied);
  });

  it("leaves a row in the ledger of changes for each version", async () => {
    const { ivrFlow } = await server.ok(rpc.createIvrFlow, create());
    const id = ivrFlow?.id ?? "";
    await server.ok(rpc.updateIvrFlow, { companyId, id, name: "Other" });
    await server.ok(rpc.archiveIvrFlow, { companyId, id });
    const { rows } = await server.database.owner.query(
      "SELECT version, rpc, staff_id FROM change WHERE kind = 'ivr_flow' AND resource_id = $1 ORDER BY version",
      [id],
    );
    expect(rows.map(({ version, rpc: name, staff_id }) => [Number(version), name.split("/")[1], staff_id])).toEqual([
      [1, "CreateIvrFlow", "staff_a1"],
      [2, "UpdateIvrFlow", "staff_a1"],
      [3, "ArchiveIvrFlow", "staff_a1"],
    ]);
  });
});

const broken = definitionOf([
  queryNode("caller", { tel: "{{nobody}}", next: "", onNotFound: "nowhere", onTimeout: "credit" }),
  apiNode("credit", { externalApiId: "xapi_no", onSuccess: "spin", onFailure: "spin", onTimeout: "spin" }),
  setNode("spin", "x", "{{", "spin"),
  endNode("alone"),
]);

describe("a flow with faults", () => {
  it("is refused by its fields, all of them at once", async () => {
    const fields = [
      "definition.nodes[0].customer_query.next",
      "definition.nodes[0].customer_query.on_not_found",
      "definition.nodes[0].customer_query.tel",
      "definition.nodes[1].external_api.external_api_id",
      "definition.nodes[2].id",
      "definition.nodes[2].set.assignments[0].value",
      "definition.nodes[3].id",
    ];
    const created = await server.refused(rpc.createIvrFlow, create({ definition: broken }));
    expect(created).toMatchObject({ code: "INVALID_ARGUMENT", reason: "INVALID_REQUEST" });
    expect(fieldsOf(created)).toEqual(fields);
    const updated = await server.refused(rpc.updateIvrFlow, { companyId, id: "ivr_a1", definition: broken });
    expect(fieldsOf(updated)).toEqual(fields);
  });

  it("is told its problems as a draft, and is not stored", async () => {
    const { valid, problems } = await server.ok(rpc.validateFlow, { companyId, draft: broken }, { transport: "rest" });
    expect(valid).toBe(false);
    expect(problems.map(({ code, nodeId }) => [FlowProblem_Code[code], nodeId])).toEqual([
      ["MISSING_EXIT", "caller"],
      ["UNKNOWN_NODE", "caller"],
      ["UNKNOWN_VARIABLE", "caller"],
      ["UNKNOWN_EXTERNAL_API", "credit"],
      ["LOOP_WITHOUT_EXIT", "spin"],
      ["INVALID_TEMPLATE", "spin"],
      ["UNREACHABLE_NODE", "alone"],
    ]);
    for (const { message, severity } of problems) {
      expect(severity).toBe(FlowProblem_Severity.ERROR);
      expect(message).not.toBe("");
    }
  });

  it("is stored when there are only warnings", async () => {
    const definition = definitionOf([
      branchNode("ask", {
        cases: [{ variable: "tel", operator: BranchNode_Operator.IS_EMPTY, next: "some" }],
        otherwise: "done",
      }),
      setNode("some", "x", "1", "done"),
      endNode("done", ["x"]),
    ]);
    const { ivrFlow } = await server.ok(rpc.createIvrFlow, create({ definition }));
    const { valid, problems } = await server.ok(rpc.validateFlow, { companyId, id: ivrFlow?.id ?? "" });
    expect(valid).toBe(true);
    expect(problems).toMatchObject([{ code: FlowProblem_Code.UNCERTAIN_VARIABLE, field: "nodes[2].end.outputs[0]" }]);
  });

  it("may go on using an external API that is archived later, and a new one may not begin to", async () => {
    await server.insert([["external_api", [externalApiRow(companyId, "xapi_later")]]]);
    const using = (text: string) =>
      definitionOf([
        apiNode("call", { externalApiId: "xapi_later", onSuccess: "note", onFailure: "note", onTimeout: "note" }),
        setNode("note", "x", text, "done"),
        endNode("done"),
      ]);
    const headers = { "idempotency-key": "flow-with-an-api" };
    const request = create({ definition: using("a") });
    const { ivrFlow } = await server.ok(rpc.createIvrFlow, request, { headers });
    const target = { companyId, id: ivrFlow?.id ?? "" };
    await server.database.owner.query("UPDATE external_api SET archived_time = now() WHERE id = 'xapi_later'");

    await server.ok(rpc.updateIvrFlow, { ...target, definition: using("b") });
    const { valid, problems } = await server.ok(rpc.validateFlow, target);
    expect(valid).toBe(true);
    expect(problems).toMatchObject([
      { code: FlowProblem_Code.ARCHIVED_EXTERNAL_API, severity: FlowProblem_Severity.WARNING },
    ]);
    expect(await server.refused(rpc.createIvrFlow, create({ definition: using("c") }))).toMatchObject(
      invalidField("definition.nodes[0].external_api.external_api_id", "ARCHIVED"),
    );
    expect((await server.ok(rpc.createIvrFlow, request, { headers })).ivrFlow?.id).toBe(target.id);
  });

  it("is refused by the shape of its parts, all at once", async () => {
    const definition = definitionOf(
      [
        { id: "1st" },
        setNode("s", "a.b", "x".repeat(1_001), "e"),
        branchNode("b", { cases: [{ variable: "", value: "1", operator: BranchNode_Operator.IS_EMPTY }] }),
        { id: "empty", kind: { case: "set", value: {} } },
        { id: "e", kind: { case: "end", value: { exit: "", outputs: ["{{x}}"] } } },
      ],
      {
        inputs: [{ name: "a b" }],
        ...{ timeoutMs: 50, timeoutExit: "x".repeat(101), timeoutOutputs: ["{{x}}"] },
      },
    );
    const refusal = await server.refused(rpc.createIvrFlow, create({ definition }));
    expect(Object.fromEntries(refusal.violations.map(({ field, reason }) => [field, reason]))).toEqual({
      "definition.inputs[0].name": "INVALID_FORMAT",
      "definition.nodes[0].id": "INVALID_FORMAT",
      "definition.nodes[1].set.assignments[0].variable": "INVALID_FORMAT",
      "definition.nodes[1].set.assignments[0].value": "TOO_LONG",
      "definition.nodes[2].branch.cases[0].variable": "REQUIRED",
      "definition.nodes[2].branch.cases[0].value": "NOT_ALLOWED",
      "definition.nodes[3].set.assignments": "REQUIRED",
      "definition.nodes[4].end.exit": "REQUIRED",
      "definition.nodes[4].end.outputs[0]": "INVALID_FORMAT",
      "definition.timeout_ms": "OUT_OF_RANGE",
      "definition.timeout_exit": "TOO_LONG",
      "definition.timeout_outputs[0]": "INVALID_FORMAT",
    });
    const nothing = await server.refused(rpc.createIvrFlow, create({ definition: definitionOf([{ id: "a" }]) }));
    expect(nothing).toMatchObject(invalidField("definition.nodes[0]", "REQUIRED"));
  });

  it("is named or sent as a draft, and not both", async () => {
    expect(await server.refused(rpc.validateFlow, { companyId })).toMatchObject(invalidField("id", "REQUIRED"));
    const both = { companyId, id: "ivr_a1", draft: greeting };
    expect(await server.refused(rpc.validateFlow, both)).toMatchObject(invalidField("draft", "CONFLICT"));
  });
});
