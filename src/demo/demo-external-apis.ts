import { demoCompanyIds } from "./demo-directory.js";
import type { Row, Tables } from "./demo-rows.js";

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
