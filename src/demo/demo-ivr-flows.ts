import type { FlowDefinition } from "../resources/ivr-flows/ivr-flow.model.js";
import { demoCompanyIds } from "./demo-directory.js";
import type { Row, Tables } from "./demo-rows.js";

/**
 * Greets known callers, routes VIPs to their own queue, and hangs up on blacklisted callers. An unknown caller is
 * looked up in a third-party system.
 */
const supportLine: FlowDefinition = {
  inputs: [{ name: "tel", required: true, description: "Caller's phone number, in any format" }],
  startNodeId: "caller",
  nodes: [
    {
      ...{ kind: "customer_query", id: "caller", next: "ask", onNotFound: "elsewhere", onTimeout: "new" },
      query: { id: "", tel: "{{tel}}", email: "", thirdAccountId: "" },
    },
    {
      ...{ kind: "branch", id: "ask", otherwise: "greet" },
      cases: [
        { variable: "caller.isblack", operator: "EQUALS", value: "1", next: "blocked" },
        { variable: "caller.isVip", operator: "EQUALS", value: "1", next: "greet_vip" },
      ],
    },
    {
      ...{ kind: "set", id: "greet_vip", next: "vip" },
      assignments: [
        { variable: "greeting", value: "Welcome back, {{caller.nick}}! Your {{caller.vipLeveName}} line." },
      ],
    },
    {
      ...{ kind: "set", id: "greet", next: "agent" },
      assignments: [{ variable: "greeting", value: "Hello {{caller.nick}}." }],
    },
    {
      ...{ kind: "external_api", id: "elsewhere", externalApiId: "xapi_001", params: { tel: "{{tel}}" } },
      ...{ onSuccess: "known", onFailure: "new", onTimeout: "new" },
    },
    { kind: "end", id: "vip", exit: "vip_queue", outputs: ["greeting", "caller.id"] },
    { kind: "end", id: "agent", exit: "queue", outputs: ["greeting", "caller.id"] },
    { kind: "end", id: "known", exit: "known_elsewhere", outputs: ["elsewhere.tel"] },
    { kind: "end", id: "new", exit: "new_caller", outputs: ["tel"] },
    { kind: "end", id: "blocked", exit: "hang_up", outputs: ["caller.id"] },
  ],
  timeoutMs: 8_000,
};

const flow: Row = {
  ...{ company_id: demoCompanyIds.first, id: "ivr_001", name: "Support line" },
  ...{ description: "Identifies the caller and selects the queue.", definition: supportLine },
  ...{ created_by: "staff_001", created_time: "2023-01-01T09:00:00Z" },
  ...{ last_updated_by: "staff_001", last_updated_time: "2023-01-01T09:00:00Z" },
};

export const ivrFlowTables: Tables = [["ivr_flow", [flow]]];
