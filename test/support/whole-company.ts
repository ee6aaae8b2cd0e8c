import { ConsentService } from "../../src/gen/proto/moego/admin/v1/consent_service_pb.js";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { CallerService } from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { until } from "../server/service.js";
import { knownPair, mergePair } from "./known-pair.js";
import { addRelationFields } from "./known-person.js";
import { madeCustomer } from "./records.js";
import type { TestServer } from "./server.js";

const companyId = "cmp_a";

/** Gives company A rows in every table of an export, with values that are hard to write and to read. */
export async function fillCompany(server: TestServer): Promise<void> {
  const { owner } = server.database;
  await addRelationFields(server);
  const pair = await knownPair(server);
  await mergePair(server, pair);
  await server.ok(ConsentService.method.recordOptOut, {
    companyId,
    contact: { case: "phone", value: "+14155550123" },
  });
  const { id } = await madeCustomer(server);
  await server.ok(CustomerAdminService.method.eraseCustomer, { companyId, id });
  await server.ok(CallerService.method.queryCustomer, { companyId, id: pair.id });
  await server.insert([
    [
      "import_job",
      [
        {
          ...{ company_id: companyId, id: "job_1", name: "default", kind: "customers", file_digest: "" },
          ...{ state: "DONE", author: "", started_time: "2026-01-01T00:00:00Z" },
        },
      ],
    ],
    [
      "import_record",
      [
        {
          ...{ company_id: companyId, job_id: "job_1", kind: "customer", key: "=key", record_id: "cus_a1" },
          ...{ content_hash: "", row_number: 2, state: "CREATED", recorded_time: "2026-01-01T00:00:00Z" },
        },
      ],
    ],
    [
      "lead_note",
      [
        {
          ...{ company_id: companyId, id: "lnote_1", lead_id: "lcus_a1", note: "@note" },
          ...{ created_time: "2026-01-01T00:00:00Z", last_updated_time: "2026-01-01T00:00:00Z" },
        },
      ],
    ],
    ["lead_tag", [{ company_id: companyId, lead_id: "lcus_a1", tag_id: "tag_a1" }]],
  ]);
  for (const [place, text] of oddTexts.entries()) {
    const { id: odd } = await madeCustomer(server);
    await owner.query(
      `UPDATE customer SET first_name = $3, last_name = $4, source = '', custom_fields = $5,
         created_time = '2026-02-03T04:05:06.789012Z'
       WHERE company_id = $1 AND id = $2`,
      [companyId, odd, text, `${place}${text}`, JSON.stringify({ field_short: { string: text } })],
    );
    await owner.query(
      `INSERT INTO customer_address (company_id, id, customer_id, address1, latitude, longitude, type)
       VALUES ($1, 'odd_' || $2::int, $3, $4, 0.1 + 0.2, -1e-300, 1)`,
      [companyId, place, odd, text],
    );
  }
  // Reads are recorded a moment later.
  const read = "SELECT FROM key_use WHERE company_id = $1 AND rpc LIKE '%QueryCustomer'";
  await until(async () => (await owner.query(read, [companyId])).rowCount === 1);
  // Absent and null are not the same.
  await owner.query("UPDATE custom_field SET default_value = NULL WHERE company_id = $1 AND id = 'cf_relation_too'", [
    companyId,
  ]);
}

/** What quoting, escaping and the guard against formulas could lose. */
const oddTexts = [
  ..."=+-@'\t".split("").flatMap((sign) => [sign, `${sign}${sign}1`]),
  ...['"', '""', ",", "a,b", "\\", "\\.", "\\N", "NULL", "null", " ", " a ", "a\nb", "\n", "a\r\nb", "\r", ";", "|"],
  ...[
    "{}",
    "[]",
    "ü",
    "\u{1f415}",
    "\u2028",
    "\ufeff",
    "\u0001",
    "\u0002",
    "\u007f",
    "a'b",
    "''",
    "{a,b}",
    "x".repeat(9_000),
  ],
];

/** Number of rows of the company by table. */
export async function rowsByTable(
  { owner }: TestServer["database"],
  tables: readonly { readonly name: string; readonly company: string }[],
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const { name, company } of tables) {
    const { rows } = await owner.query<{ rows: number }>(
      `SELECT count(*)::int AS rows FROM ${name} WHERE ${company} = $1`,
      [companyId],
    );
    counts.set(name, rows[0]?.rows ?? 0);
  }
  return counts;
}
