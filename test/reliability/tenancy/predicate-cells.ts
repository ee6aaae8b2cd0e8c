import { create, type Message } from "@bufbuild/protobuf";
import type pg from "pg";
import { ApiKeyService } from "../../../src/gen/proto/moego/admin/v1/api_key_service_pb.js";
import { Organization_Type } from "../../../src/gen/proto/moego/auth/apikey/v1/apikey_pb.js";
import { newKey } from "../../suites/api-key-fixtures.js";
import { withTexts } from "../../suites/rpc-fixture.js";
import type { Cell } from "./cells.js";
import { idFieldsOf, idsOfTenant } from "./id-fields.js";
import { foreignId, neighbour, tenant } from "./neighbour.js";
import { withText } from "./requests.js";
import type { Rpc } from "./world.js";

/** Erased with all that hangs on it, which no other call of the matrix does; T3 undoes it. */
const erased: Readonly<Record<string, string>> = { EraseCustomer: "cus_a1", EraseLead: "lcus_a1" };

const { createApiKey } = ApiKeyService.method;

/** Calls that make a tenant predicate decide; what they answer is compared with what they answer when it is there. */
export function predicateCells({ method, request, key }: Rpc): readonly Cell[] {
  const cell = (name: string, sent: Message): Cell => ({ name, key, request: sent, expected: { code: "*" } });
  const whole = erased[method.name];
  const chosen = idFieldsOf(method).filter(({ expectation }) => expectation === "free");
  const taken = chosen.reduce(
    (sent, { fields, kind }) =>
      withText(method.input, sent, fields, () => foreignId(idsOfTenant[kind ?? ""] ?? "any", 2)),
    request,
  );
  return [
    ...(whole ? [cell("own with all that hangs on it", withTexts(method.input, request, { id: whole }))] : []),
    ...(chosen.length > 0 ? [cell("ids that the neighbour has", taken)] : []),
    ...(method === createApiKey ? [cell("a location of the neighbour as the tenant's", keyOfForeignLocation())] : []),
  ];
}

function keyOfForeignLocation(): Message {
  const plain = newKey();
  const organizations = [{ type: Organization_Type.BUSINESS, id: foreignId("biz_a1"), companyId: tenant }];
  const clientRestrictions = { case: "organizationRestrictions" as const, value: { organizations } };
  return create(createApiKey.input, { ...plain, restrictions: { ...plain.restrictions, clientRestrictions } });
}

/** More of the neighbour that collides with what the tenant's calls write or remove. */
export async function plantForPredicates(owner: pg.Pool): Promise<void> {
  const relation = (entity: string, refId: string) => ({ relation: { entity, refId } });
  const values = JSON.stringify({ x: relation("CUSTOMER", "cus_a1"), y: relation("LEAD", "lcus_a1") });
  const client = await owner.connect();
  try {
    await client.query("SET tenancy.open = 'on'");
    for (const table of ["customer", "lead"]) {
      await client.query(
        `UPDATE ${table} SET custom_fields = $2 WHERE (company_id, id) =
           (SELECT company_id, id FROM ${table} WHERE company_id = $1 AND starts_with(id, 'zq.1') ORDER BY id LIMIT 1)`,
        [neighbour, values],
      );
    }
    for (const [id, value] of [
      [1, relation("CUSTOMER", "cus_a1")],
      [2, relation("LEAD", "lcus_a1")],
    ] as const) {
      await client.query(
        `UPDATE custom_field SET default_value = $2 WHERE (company_id, id) =
           (SELECT company_id, id FROM custom_field WHERE company_id = $1 AND starts_with(id, $3) ORDER BY id LIMIT 1)`,
        [neighbour, JSON.stringify(value), `zq.${id}`],
      );
    }
    await client.query(
      `INSERT INTO customer_account (company_id, customer_id, kind, account_id)
       SELECT $1, 'cus_a1', kind, 'zq.account.' || kind FROM generate_series(1, 10) kind ON CONFLICT DO NOTHING`,
      [neighbour],
    );
    await client.query(
      `INSERT INTO external_api_secret (company_id, external_api_id, name, sealed)
       SELECT company_id, id, 'zq.secret', '\\x01020304' FROM external_api WHERE company_id = $1 ON CONFLICT DO NOTHING`,
      [neighbour],
    );
    // Reaches both: the tenant may not see it.
    await client.query(
      "INSERT INTO api_key (id, name, created_time, updated_time) VALUES ('zq.both', 'zq.both', now(), now())",
    );
    await client.query(
      `INSERT INTO api_key_organization (key_id, type, organization_id, company_id)
       VALUES ('zq.both', 2, $1, ''), ('zq.both', 1, 'biz_a1', $2)`,
      [tenant, neighbour],
    );
  } finally {
    await client.query("RESET tenancy.open");
    client.release();
  }
}
