import pg from "pg";
import { CustomerService } from "../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { CallerService } from "../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { grpcClient, httpClient } from "./clients.js";
import { measureInTurns, measureOneByOne, quantile, type Send } from "./load.js";
import { companyId, customerId, secret, writeCustomers } from "./rows.js";
import type { Service } from "./service.js";

export const callers = 1_000_000;

/**
 * Adds customers to the company up to a total of one million, each with a profile, an account and a phone number of its
 * own.
 */
export async function writeCallers(ownerUrl: string, written: number): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await writeCustomers(client, written + 1, callers);
    for (const insert of callerInserts) await client.query(insert, [companyId]);
    await client.query("VACUUM ANALYZE");
  } finally {
    await client.end();
  }
}

const callerInserts: readonly string[] = [
  `INSERT INTO vip_level (company_id, id, name, last_updated_time) VALUES ($1, 'vip_bench', 'Gold', now())`,
  `INSERT INTO custom_field (company_id, id, association_type, code, label, type, created_time, last_updated_time)
   SELECT $1, 'cf_bench_' || n, 1, 'field_' || n, 'Field ' || n, 1, now(), now() FROM generate_series(1, 5) n`,
  `INSERT INTO customer_profile (company_id, customer_id, nickname, gender, vip_level_id)
   SELECT company_id, id, 'Nick', 1, 'vip_bench' FROM customer WHERE company_id = $1`,
  `INSERT INTO customer_account (company_id, customer_id, kind, account_id)
   SELECT company_id, id, 5, 'wa-' || id FROM customer WHERE company_id = $1`,
];

/** GetCustomer and QueryCustomer compared, over one transport. */
export interface CallerFigures {
  readonly name: string;
  readonly getMs: number;
  readonly queryMs: number;
  /** Requests per second with 32 in flight. */
  readonly getPerSecond: number;
  readonly queryPerSecond: number;
}

const calls = 1_000;

/** Alternates both rpcs, one at a time and with 32 in flight, so that other load on the machine affects both alike. */
export async function measureCallers({ httpUrl, grpcUrl }: Service): Promise<readonly CallerFigures[]> {
  const grpc = grpcClient(grpcUrl, secret);
  const http = httpClient(httpUrl, secret);
  const tel = (index: number) => `+1212${String(numberOf(index)).padStart(7, "0")}`;
  const id = (index: number) => customerId(numberOf(index));
  const pairs: readonly (readonly [name: string, get: Send, query: Send])[] = [
    [
      "gRPC",
      (index) => grpc.call(CustomerService.method.getCustomer, { id: id(index) }).answer,
      (index) => grpc.call(CallerService.method.queryCustomer, { tel: tel(index) }).answer,
    ],
    [
      "REST",
      (index) => http.call(`/v1/customers/${id(index)}`).answer,
      async (index) => {
        const answer = await http.call(`/v1/customers:query?tel=${encodeURIComponent(tel(index))}`).answer;
        if (answer === "null") throw new Error(`nobody has the phone ${tel(index)}`);
      },
    ],
  ];
  const figures: CallerFigures[] = [];
  for (const [name, get, query] of pairs) {
    const times: { readonly get: number[]; readonly query: number[] } = { get: [], query: [] };
    for (let call = 0; call < calls; call += 1) {
      times.get.push(...(await measureOneByOne(() => get(call), 1)));
      times.query.push(...(await measureOneByOne(() => query(call), 1)));
    }
    const [getPerSecond = Number.NaN, queryPerSecond = Number.NaN] = await measureInTurns([get, query]);
    const [getMs, queryMs] = [quantile(times.get, 0.5), quantile(times.query, 0.5)];
    figures.push({ name, getMs, queryMs, getPerSecond, queryPerSecond });
  }
  grpc.close();
  http.close();
  return figures;
}

/** Spreads the requests over all customers, so that no row is always requested. */
function numberOf(index: number): number {
  return ((index * 7_919) % callers) + 1;
}
