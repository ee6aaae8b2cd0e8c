import type { Row, Tables } from "../../src/demo/demo-directory.js";

/** An external API whose host may not be called, so that a call of it ends without a packet. */
export function externalApiRow(companyId: string, id: string, more: Row = {}): Row {
  return {
    ...{ company_id: companyId, id, name: `API ${id}`, description: "", method: "GET", url: "https://127.0.0.1/" },
    ...{ headers: [], request_params: [], output_params: [], timeout_ms: 3_000, archived_time: null, version: 1 },
    ...{ created_by: "", created_time: "2024-02-01T10:00:00Z" },
    ...{ last_updated_by: "", last_updated_time: "2024-02-01T10:00:00Z" },
    ...more,
  };
}

export const externalApiTables: Tables = [
  [
    "external_api",
    [
      externalApiRow("cmp_a", "xapi_a1"),
      externalApiRow("cmp_a", "xapi_a9", { archived_time: "2024-03-01T10:00:00Z" }),
      externalApiRow("cmp_c", "xapi_c1"),
    ],
  ],
];
