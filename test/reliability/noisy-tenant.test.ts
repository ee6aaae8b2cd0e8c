import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { SettingService } from "../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { environmentOf, type Service, secrets, startService } from "../server/service.js";
import { compileChild, runChild } from "../support/child.js";
import { createDatabase, type TestDatabase } from "../support/database.js";
import { timed } from "../support/timed.js";
import { callSteadily, type Served } from "./honest-client.js";
import { record, times } from "./run.js";

const attacker = "cmp_001";
const inFlight = 64;
const largest = 500;
const quiet = { authorization: `Bearer ${secrets.DEMO_API_KEY_2}` };
/**
 * Measured on two cores, which the service shares with PostgreSQL and both clients: 7 to 10 ms alone, 12 to 20 ms beside
 * large customers, 33 to 68 ms beside lists, and 190 ms if the company is not limited. Twice the time alone is the aim,
 * and is not reached for lists.
 */
const maxP99Ms = 150;

/** The most expensive requests of a company that is at its limits. */
const attacks = {
  ListCustomFields: order(SettingService.method.listCustomFields, { companyId: attacker }),
  ListCustomers: order(CustomerService.method.listCustomers, {
    ...{ companyId: attacker, pagination: { pageSize: largest } },
  }),
  GetCustomer: order(CustomerService.method.getCustomer, { id: "cus_large" }),
} as const;

it("O5: a company at its limits leaves the others their time", { ...timed, timeout: 120_000 }, async (context) => {
  const seconds = times({ short: 3, long: 20 });
  const folder = await mkdtemp(join(tmpdir(), "moego-noisy-"));
  const program = await compileChild("support/open-load.ts", folder);
  await using database = await createDatabase();
  await using service = await startService({ ...environmentOf(database), SEED_DEMO: "1", LOG_LEVEL: "error" });
  await fillToTheLimits(database);
  const attackBy = (attack: Attack, forSeconds: number) => loadWith(service, program, { attack, seconds: forSeconds });
  // The first requests are slower, with or without an attack, because their code is not compiled yet.
  for (const attack of Object.values(attacks)) {
    await Promise.all([callSteadily(service, quiet, 1), attackBy(attack, 1)]);
  }
  const alone = await callSteadily(service, quiet, seconds);
  for (const [name, attack] of Object.entries(attacks)) {
    const [beside] = await Promise.all([callSteadily(service, quiet, seconds), attackBy(attack, seconds)]);
    record(context, {
      id: "O5",
      done: `a company with 1 MiB of custom fields and customers of 1 MiB: ${inFlight} x ${name} in flight for ${seconds} s; another company: 75 requests/s`,
      seen: `p99 of the other company ${ms(alone)} ms alone, ${ms(beside)} ms beside it, ${(beside.p99Ms / alone.p99Ms).toFixed(1)} times; ${beside.refusals.length} rejected`,
      must: `at most ${maxP99Ms} ms, none rejected`,
    });
    expect(beside.refusals).toEqual([]);
    expect(beside.p99Ms).toBeLessThanOrEqual(maxP99Ms);
  }
  await rm(folder, { recursive: true, force: true });
});

type Attack = ReturnType<typeof order>;

function ms({ p99Ms }: Served): string {
  return p99Ms.toFixed(1);
}

function order<I extends DescMessage>(
  method: { readonly name: string; readonly input: I; readonly parent: { readonly typeName: string } },
  request: MessageInitShape<I>,
) {
  const bytes = Buffer.from(toBinary(method.input, create(method.input, request)));
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(bytes.length, 1);
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    message: Buffer.concat([prefix, bytes]).toString("base64"),
  };
}

async function loadWith(
  service: Service,
  program: string,
  load: { readonly attack: Attack; readonly seconds: number },
) {
  const { attack, seconds } = load;
  const url = `http://127.0.0.1:${service.grpcPort}`;
  const authorization = `Bearer ${secrets.DEMO_API_KEY}`;
  await runChild(program, [
    JSON.stringify({ ...attack, inFlight, seconds, connections: 4, deadlineMs: 10_000, url, authorization }),
  ]);
}
/** What the limits allow: a mebibyte of definitions, and records of nearly a mebibyte. */
async function fillToTheLimits({ owner }: TestDatabase): Promise<void> {
  await owner.query(
    `INSERT INTO custom_field (company_id, id, association_type, code, label, type, options, display_order, help_text,
       created_time, last_updated_by, last_updated_time)
     SELECT $1, 'full_' || n, 1, 'full_' || n, 'Full', 6,
       (SELECT jsonb_agg(jsonb_build_object('value', jsonb_build_object('string', 'option ' || o), 'label', 'Option ' || o,
          'sortOrder', o)) FROM generate_series(1, 60) o), n, '', now(), '', now() FROM generate_series(1, 180) n`,
    [attacker],
  );
  const copy = (values: string, from: string, rows = "(VALUES (1)) AS v (n)") =>
    owner.query(`INSERT INTO customer OVERRIDING SYSTEM VALUE SELECT (jsonb_populate_record(c, ${values})).*
      FROM customer c, ${rows}
      WHERE (c.company_id, c.id) = ('${from}', (SELECT min(id) FROM customer WHERE company_id = '${from}'))`);
  // The customer whom the other company asks for (honest-client.ts).
  await copy("jsonb_build_object('id', 'cus_a1', 'raw_id', 9000000)", "cmp_002");
  await copy(
    `jsonb_build_object('id', 'cus_large' || CASE n WHEN 1 THEN '' ELSE n::text END, 'raw_id', 9000000 + n, 'created_time', now(),
       'custom_fields', (SELECT jsonb_object_agg('code_' || o, jsonb_build_object('string', repeat('x', 9900)))
         FROM generate_series(1, 100) o))`,
    attacker,
    "generate_series(1, 20) AS v (n)",
  );
}
