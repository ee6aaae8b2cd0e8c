import pg from "pg";
import { CustomerService } from "../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { grpcClient, type HttpClient, httpClient, type Pending, rpcPath } from "./clients.js";
import { measureOneByOne, quantile, type Send } from "./load.js";
import { businessId, companyId, customerId, customers, secret } from "./rows.js";
import { demoKey, type Service } from "./service.js";

const rpcs = CustomerService.method;

const newCustomer = {
  companyId,
  preferredBusinessId: businessId,
  firstName: "Ada",
  lastName: "Lovelace",
  phone: "+12125550123",
  email: "ada@example.com",
  address: { address1: "1 Main Street", city: "New York", state: "NY", postalCode: "10001", country: "US" },
  tags: [{ id: "tag_bench" }],
  notes: [{ note: "A note of some length about the customer." }],
};
const firstPage = { companyId, pagination: { pageSize: 50 } };

/** Spreads the requests over all customers, so that no row is always requested. */
function someCustomer(index: number): string {
  return customerId(((index * 7_919) % customers) + 1);
}

export interface Load {
  readonly name: string;
  readonly send: Send;
  close(): void;
}

/** Every frequent rpc on every transport. */
export function loads({ httpUrl, grpcUrl }: Service): readonly Load[] {
  const grpc = grpcClient(grpcUrl, secret);
  const http = httpClient(httpUrl, secret);
  const create = JSON.stringify(newCustomer);
  const list = JSON.stringify(firstPage);
  const sends: readonly (readonly [name: string, send: Send])[] = [
    ["GetCustomer, gRPC", (index) => grpc.call(rpcs.getCustomer, { id: someCustomer(index) }).answer],
    ["GetCustomer, REST", (index) => http.call(`/v1/customers/${someCustomer(index)}`).answer],
    [
      "GetCustomer, Connect JSON",
      (index) => http.call(rpcPath(rpcs.getCustomer), JSON.stringify({ id: someCustomer(index) })).answer,
    ],
    ["CreateCustomer, gRPC", () => grpc.call(rpcs.createCustomer, newCustomer).answer],
    ["CreateCustomer, REST", () => http.call("/v1/customers", create).answer],
    ["CreateCustomer, Connect JSON", () => http.call(rpcPath(rpcs.createCustomer), create).answer],
    ["ListCustomers of 50, gRPC", () => grpc.call(rpcs.listCustomers, firstPage).answer],
    ["ListCustomers of 50, REST", () => http.call("/v1/customers:list", list).answer],
    ["ListCustomers of 50, Connect JSON", () => http.call(rpcPath(rpcs.listCustomers), list).answer],
  ];
  return sends.map(([name, send], index) => ({
    name,
    send,
    close() {
      if (index < sends.length - 1) return;
      grpc.close();
      http.close();
    },
  }));
}

/** Requests of every kind to the demo data, one after another. */
export async function sendMixed({ httpUrl, grpcUrl }: Service, count: number): Promise<void> {
  const grpc = grpcClient(grpcUrl, demoKey);
  const http = httpClient(httpUrl, demoKey);
  const demo = { companyId: "cmp_001", preferredBusinessId: "biz_001", tags: [], notes: [] };
  const kinds: readonly Send[] = [
    () => grpc.call(rpcs.getCustomer, { id: "cus_001" }).answer,
    () => http.call("/v1/customers/cus_001").answer,
    () => http.call("/v1/customers", JSON.stringify({ ...newCustomer, ...demo })).answer,
    () => grpc.call(rpcs.listCustomers, { companyId: "cmp_001", pagination: { pageSize: 50 } }).answer,
    () => http.call("/v1/customers/cus_001/notes", JSON.stringify({ notes: [{ note: "One more" }] })).answer,
  ];
  for (let index = 0; index < count; index += 1) await kinds[index % kinds.length]?.(index);
  grpc.close();
  http.close();
}

export interface Depth {
  readonly firstMs: number;
  readonly deepMs: number;
  readonly numberedMs: number;
}

const deepRows = 100_000;
const depthCalls = 100;

/** Medians of the first page and of the page after 100,000 customers, by token and by page number. */
export async function measureDepth({ httpUrl }: Service): Promise<Depth> {
  const http = httpClient(httpUrl, secret);
  const list = (pageSize: number, pageToken: string) =>
    http.call("/v1/customers:list", JSON.stringify({ companyId, pagination: { pageSize, pageToken } })).answer;
  let token = "";
  for (let rows = 0; rows < deepRows; rows += 500) token = JSON.parse(await list(500, token)).nextPageToken;
  const pages = ["", token, String(deepRows / 50)];
  const times: number[][] = pages.map(() => []);
  // Alternating, so that other load on the machine affects all alike.
  for (let call = 0; call < depthCalls; call += 1) {
    for (const [index, page] of pages.entries())
      times[index]?.push(...(await measureOneByOne(() => list(50, page), 1)));
  }
  http.close();
  const [firstMs = Number.NaN, deepMs = Number.NaN, numberedMs = Number.NaN] = times.map((all) => quantile(all, 0.5));
  return { firstMs, deepMs, numberedMs };
}

export interface Cancelled {
  readonly inUse: number;
  readonly waiting: number;
  /** Connections that the database has and the pool does not. */
  readonly unknown: number;
  readonly settledAfterMs: number;
}

/** Aborted statements need some time to end. What remains after this has leaked. */
const settleMs = 10_000;
const lookEveryMs = 100;

/** Cancels 1,000 requests at different times, 50 at once, and counts what remains of them. */
export async function measureCancelled({ httpUrl, grpcUrl }: Service, ownerUrl: string): Promise<Cancelled> {
  const grpc = grpcClient(grpcUrl, secret);
  const http = httpClient(httpUrl, secret);
  const kinds: readonly ((index: number) => Pending<unknown>)[] = [
    (index) => grpc.call(rpcs.getCustomer, { id: someCustomer(index) }),
    () => grpc.call(rpcs.createCustomer, newCustomer),
    () => http.call("/v1/customers:list", JSON.stringify(firstPage)),
    () => http.call("/v1/customers", JSON.stringify(newCustomer)),
  ];
  for (let sent = 0; sent < 1_000; sent += 50) {
    await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const pending = kinds[index % kinds.length]?.(sent + index);
        const timer = setTimeout(() => pending?.cancel(), (index * 7) % 40);
        await pending?.answer.catch(() => {}); // canceled, as intended
        clearTimeout(timer);
      }),
    );
  }
  const startedAt = performance.now();
  let pool = await poolOf(http);
  while (pool.inUse + pool.waiting > 0 && performance.now() - startedAt < settleMs) {
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    pool = await poolOf(http);
  }
  const settledAfterMs = performance.now() - startedAt;
  grpc.close();
  http.close();
  const { inUse, waiting, idle } = pool;
  return { inUse, waiting, unknown: (await backends(ownerUrl)) - inUse - idle, settledAfterMs };
}

async function poolOf(http: HttpClient): Promise<Record<"inUse" | "idle" | "waiting", number>> {
  const metrics = await http.call("/metrics").answer;
  const gauge = (state: string) =>
    Number(new RegExp(`moego_database_connections\\{state="${state}"\\} (\\d+)`).exec(metrics)?.[1]);
  return { inUse: gauge("in_use"), idle: gauge("idle"), waiting: gauge("waiting") };
}

async function backends(ownerUrl: string): Promise<number> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  const { rows } = await client.query<{ count: number }>(
    "SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = 'moego'",
  );
  await client.end();
  return rows[0]?.count ?? Number.NaN;
}
