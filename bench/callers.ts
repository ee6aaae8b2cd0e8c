import pg from "pg";
import { CustomerService } from "../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { CallerLookupService } from "../src/gen/proto/moego/callcenter/v1/caller_lookup_service_pb.js";
import { CallerService } from "../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { callerRecordInserts } from "./caller-records.js";
import { grpcClient, httpClient } from "./clients.js";
import { type CpuMeter, type CpuTime, measureCpuInTurns } from "./cpu-time.js";
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
    for (const insert of [...callerInserts, ...callerRecordInserts]) await client.query(insert, [companyId]);
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

const rpcs = ["GetCustomer", "QueryCustomer", "LookupCaller"] as const;

export interface RpcFigures {
  readonly rpc: (typeof rpcs)[number];
  /** Median of requests one at a time. */
  readonly ms: number;
  /** Requests per second, and CPU time of one, with 32 in flight. */
  readonly perSecond: number;
  readonly cpu: CpuTime;
}

/** The RPCs compared, over one transport. */
export interface CallerFigures {
  readonly transport: string;
  readonly rpcs: readonly RpcFigures[];
}

const calls = 1_000;

/** Alternates the RPCs, one at a time and with 32 in flight, so that other load on the machine affects all alike. */
export async function measureCallers(
  { httpUrl, grpcUrl }: Service,
  meter: CpuMeter,
): Promise<readonly CallerFigures[]> {
  const grpc = grpcClient(grpcUrl, secret);
  const http = httpClient(httpUrl, secret);
  const tel = (index: number) => `+1212${String(numberOf(index)).padStart(7, "0")}`;
  const id = (index: number) => customerId(numberOf(index));
  const found = async (path: string, index: number) => {
    const answer = await http.call(`${path}?tel=${encodeURIComponent(tel(index))}`).answer;
    if (!answer.includes(id(index))) throw new Error(`${path} did not find ${tel(index)}`);
  };
  const transports: readonly (readonly [transport: string, sends: readonly Send[]])[] = [
    [
      "gRPC",
      [
        (index) => grpc.call(CustomerService.method.getCustomer, { id: id(index) }).answer,
        (index) => grpc.call(CallerService.method.queryCustomer, { tel: tel(index) }).answer,
        (index) => grpc.call(CallerLookupService.method.lookupCaller, { tel: tel(index) }).answer,
      ],
    ],
    [
      "REST",
      [
        (index) => http.call(`/v1/customers/${id(index)}`).answer,
        (index) => found("/v1/customers:query", index),
        (index) => found("/v1/callcenter/callers:lookup", index),
      ],
    ],
  ];
  const figures: CallerFigures[] = [];
  for (const [transport, sends] of transports) figures.push({ transport, rpcs: await measureRpcs(sends, meter) });
  grpc.close();
  http.close();
  return figures;
}

async function measureRpcs(sends: readonly Send[], meter: CpuMeter): Promise<readonly RpcFigures[]> {
  const times: readonly number[][] = sends.map(() => []);
  for (let call = 0; call < calls; call += 1) {
    for (const [index, send] of sends.entries()) times[index]?.push(...(await measureOneByOne(() => send(call), 1)));
  }
  const rates = await measureInTurns(sends);
  const cpu = await measureCpuInTurns(sends, meter);
  return rpcs.map((rpc, index) => ({
    rpc,
    ms: quantile(times[index] ?? [], 0.5),
    perSecond: rates[index] ?? Number.NaN,
    cpu: cpu[index] ?? { server: Number.NaN, database: Number.NaN },
  }));
}

/** Spreads the requests over all customers, so that no row is always requested. */
function numberOf(index: number): number {
  return ((index * 7_919) % callers) + 1;
}
