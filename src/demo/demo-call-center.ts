import { type AccountKind, accountKinds, genders } from "../resources/callers/caller-profile.model.js";
import type { FlowDefinition } from "../resources/ivr-flows/ivr-flow.model.js";
import { demoCompanyIds, type Row, type Tables } from "./demo-directory.js";

const { first, second } = demoCompanyIds;

/** Call center data of the demo customers. Accounts are fictitious. */
export const callerTables: Tables = [
  [
    "vip_level",
    [
      level(first, "vip_001", "Gold", 1),
      level(first, "vip_002", "Silver", 2),
      level(first, "vip_003", "Bronze", 3),
      level(second, "vip_001", "Regular", 1),
    ],
  ],
  [
    "customer_profile",
    [
      {
        ...{
          company_id: first,
          customer_id: "cus_001",
          nickname: "Johnny",
          gender: genders.numberOf("MALE"),
          vip_level_id: "vip_001",
        },
        ...{ blacklisted: false, enterprise_name: "Doe & Daughters", visitor_ids: ["visitor-7f3a", "visitor-91c2"] },
      },
      {
        ...{ company_id: first, customer_id: "cus_202", nickname: "", gender: 0, vip_level_id: null },
        ...{ blacklisted: true, enterprise_name: "", visitor_ids: [] },
      },
    ],
  ],
  [
    "customer_account",
    [
      account("cus_001", "PARTNER", "partner-1001"),
      account("cus_001", "WX_UNION", "wx-union-demo-1"),
      account("cus_001", "WHATSAPP", "12125550111"),
      account("cus_123", "TELEGRAM", "tg-jane-roe"),
    ],
  ],
];

function level(companyId: string, id: string, name: string, order: number): Row {
  return {
    ...{ company_id: companyId, id, name, display_order: order },
    ...{ last_updated_by: "staff_001", last_updated_time: "2023-01-01T09:00:00Z" },
  };
}

function account(customerId: string, kind: AccountKind, accountId: string): Row {
  return { company_id: first, customer_id: customerId, kind: accountKinds.numberOf(kind), account_id: accountId };
}

const author = "staff_001";
const time = "2024-01-01T09:00:00Z";

export const demoEcho = { companyId: demoCompanyIds.first, id: "xapi_001" } as const;

/** Calls the demo echo of this server at the given URL. */
const echo = (url: string): Row => ({
  ...{ company_id: demoEcho.companyId, id: demoEcho.id, name: "Echo", method: "GET" },
  description: "Echoes the request.",
  url,
  headers: [{ name: "X-Caller", value: "{{tel}}", isSecret: false }],
  request_params: [
    { name: "tel", location: "QUERY", type: "STRING", required: true, description: "Caller's phone number" },
  ],
  output_params: [{ name: "tel", path: "$.query.tel", type: "STRING" }],
  ...{ created_by: author, created_time: time, last_updated_by: author, last_updated_time: time },
});

export function externalApiTables(echoUrl: string): Tables {
  return [["external_api", [echo(echoUrl)]]];
}

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
  timeoutExit: "",
  timeoutOutputs: [],
};

const flow: Row = {
  ...{ company_id: demoCompanyIds.first, id: "ivr_001", name: "Support line" },
  ...{ description: "Identifies the caller and selects the queue.", definition: supportLine },
  ...{ created_by: "staff_001", created_time: "2023-01-01T09:00:00Z" },
  ...{ last_updated_by: "staff_001", last_updated_time: "2023-01-01T09:00:00Z" },
};

export const ivrFlowTables: Tables = [["ivr_flow", [flow]]];
