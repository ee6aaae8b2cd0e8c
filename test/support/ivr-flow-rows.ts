import type { Row, Tables } from "../../src/demo/demo-directory.js";
import type { FlowDefinition } from "../../src/resources/ivr-flows/ivr-flow.model.js";
import { end, flow, set } from "./flows.js";

const greeting: FlowDefinition = flow([set("greet", "done", { text: "Hello {{tel}}" }), end()], {
  inputs: [{ name: "tel", required: false, description: "" }],
});

export function ivrFlowRow(companyId: string, id: string, more: Row = {}): Row {
  return {
    ...{ company_id: companyId, id, name: `Flow ${id}`, description: "", definition: greeting },
    ...{ archived_time: null, version: 1, created_by: "", created_time: "2024-02-01T10:00:00Z" },
    ...{ last_updated_by: "", last_updated_time: "2024-02-01T10:00:00Z" },
    ...more,
  };
}

export const ivrFlowTables: Tables = [
  [
    "ivr_flow",
    [
      ivrFlowRow("cmp_a", "ivr_a1"),
      ivrFlowRow("cmp_a", "ivr_a9", { archived_time: "2024-03-01T10:00:00Z" }),
      ivrFlowRow("cmp_c", "ivr_c1"),
    ],
  ],
];
