import { ConsentService } from "../../../src/gen/proto/moego/admin/v1/consent_service_pb.js";
import type { TestServer } from "../../support/server.js";
import { neighbour, tenant } from "./neighbour.js";
import { planted } from "./planted.js";

const { recordOptOut, recordOptIn } = ConsentService.method;
const kinds = ["customer", "lead"] as const;
type Kind = (typeof kinds)[number];

/** Opt-outs of the tenant, and of the neighbour under the same hashes, with records of both that have the lines. */
export async function plantOptOuts(server: TestServer): Promise<void> {
  const client = await server.database.owner.connect();
  try {
    await client.query("SET tenancy.open = 'on'");
    for (const statement of ofTenant) await client.query(statement);
    // Only the service makes the hashes.
    const companyId = tenant;
    const phone = (value: string) => ({ companyId, contact: { case: "phone" as const, value } });
    await server.ok(recordOptIn, phone(planted.line));
    await server.ok(recordOptIn, { companyId, contact: { case: "email", value: planted.lineEmail } });
    await server.ok(recordOptOut, phone(planted.withdrawnLine));
    await server.ok(recordOptOut, phone(planted.otherWithdrawnLine));
    for (const statement of ofNeighbour) await client.query(statement);
  } finally {
    await client.query("RESET tenancy.open");
    client.release();
  }
}

let rawId = 990_080;

function record(kind: Kind, company: string, more: object): string {
  rawId += 1;
  const row = {
    ...{ company_id: company, raw_id: rawId, phone: "", email: "", email_key: "", archived_time: null },
    ...{ service_related_channels: [1, 2, 3], marketing_campaigns_channels: [] },
    ...(kind === "customer" ? { source_lead_id: null } : { promoted_customer_id: null }),
    ...more,
  };
  return `INSERT INTO ${kind} SELECT (jsonb_populate_record(r, '${JSON.stringify(row)}')).* FROM ${kind} r
    WHERE company_id = '${tenant}' AND id = '${kind === "customer" ? "cus_a2" : "lcus_a2"}'`;
}

function consented(
  kind: Kind,
  company: string,
  { id, channels, time }: { id: string; channels: string; time: string },
) {
  return `INSERT INTO consent_event (company_id, subject_kind, subject_id, occurred_time, rpc, key_id, ip, request_id, after)
    VALUES ('${company}', '${kind}', '${id}', ${time}, 'zq.', 'zq.', 'zq.', 'zq.', '{"serviceRelatedChannels": ${channels},
      "marketingCampaignsChannels": [], "brandedAppEnabled": false, "isAgreedMarketingPolicy": false, "isConsented": true}')`;
}

const line = { phone: planted.line, email: planted.lineEmail, email_key: planted.lineEmail };
const { holder, promotedHolder, stranger, withdrawn } = planted;
const allowed = { channels: '["SMS", "EMAIL"]', time: "'2024-01-01T10:00:00Z'" };
const later = "now() + interval '1 day'";

const ofTenant: readonly string[] = [
  ...kinds.flatMap((kind) => [
    record(kind, tenant, { id: holder, ...line }),
    consented(kind, tenant, { id: holder, ...allowed }),
    record(kind, tenant, { id: withdrawn, phone: planted.withdrawnLine }),
    consented(kind, tenant, { id: withdrawn, ...allowed }),
    // Allows nothing, and has no line; the neighbour's namesake has the one above.
    record(kind, tenant, { id: stranger }),
  ]),
  // Its customer decides; the neighbour's namesake has none.
  record("lead", tenant, { id: promotedHolder, promoted_customer_id: planted.customer, ...line }),
];

const ofNeighbour: readonly string[] = [
  ...kinds.flatMap((kind) => [
    record(kind, neighbour, {
      ...{ id: holder, ...line },
      ...(kind === "customer" ? { receive_auto_message: false, receive_auto_email: false } : {}),
    }),
    consented(kind, neighbour, { id: holder, channels: "[]", time: later }),
    record(kind, neighbour, { id: withdrawn, phone: planted.withdrawnLine }),
    // As if nothing were left to give back.
    consented(kind, neighbour, { id: withdrawn, channels: '["SMS", "EMAIL", "AUTO_CALL"]', time: later }),
    record(kind, neighbour, { id: stranger, ...line }),
    ...[
      { id: stranger, number: planted.line },
      { id: withdrawn, number: planted.otherWithdrawnLine },
    ].map(
      ({ id, number }) => `INSERT INTO ${kind}_phone (company_id, ${kind}_id, position, number, person_name)
        VALUES ('${neighbour}', '${id}', 3, '${number}', 'zq.')`,
    ),
  ]),
  record("lead", neighbour, { id: promotedHolder, ...line }),
  // Newer than whatever the tenant says.
  `INSERT INTO opt_out SELECT (jsonb_populate_record(o, jsonb_build_object('company_id', '${neighbour}', 'opted_out', true,
     'occurred_time', '2100-01-01T10:00:00Z', 'id', 'zq.out.' || row_number() OVER ()))).*
   FROM opt_out o WHERE company_id = '${tenant}' AND NOT starts_with(id, 'planted.')`,
];
