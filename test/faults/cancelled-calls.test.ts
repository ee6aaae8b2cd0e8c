import { create, toBinary } from "@bufbuild/protobuf";
import { type Client, credentials, Metadata, makeGenericClientConstructor } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  CreateCustomerRequestSchema,
  GetCustomerRequestSchema,
} from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { addTenant, atOnce, call, createCustomer, newCustomer, openWorld, type Tenant, type World } from "./world.js";

const poolSize = 10;
let world: World;
let tenant: Tenant;
let grpc: Client;
let customerId: string;

beforeAll(async () => {
  // Recording reads takes a connection of its own in the background, which waits for locks as well.
  world = await openWorld({ DATABASE_POOL_SIZE: String(poolSize), KEY_USE_RETENTION_DAYS: "0" });
  tenant = await addTenant(world);
  customerId = (await createCustomer(tenant)).body.id;
  const RawClient = makeGenericClientConstructor({}, "raw");
  grpc = new RawClient(world.app.grpcUrl.replace("http://", ""), credentials.createInsecure());
});
afterAll(async () => {
  grpc.close();
  await world[Symbol.asyncDispose]();
});

/** Starts a call over gRPC and cancels it so many milliseconds later. Resolves with the status code. */
function cancelledByGrpc(method: string, message: Uint8Array, afterMs: number): Promise<number> {
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${tenant.secret}`);
  return new Promise((resolve) => {
    const pending = grpc.makeUnaryRequest(
      `/moego.business.customer.v1.CustomerService/${method}`,
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      Buffer.from(message),
      metadata,
      (error) => resolve(error?.code ?? 0),
    );
    setTimeout(() => pending.cancel(), afterMs);
  });
}

/** Starts a call over REST and aborts it so many milliseconds later. */
async function abortedFetch(path: string, body: object | undefined, afterMs: number): Promise<void> {
  await call(tenant, path, body, { signal: AbortSignal.timeout(afterMs) }).catch(() => {});
}

function cancelled(index: number): Promise<unknown> {
  const afterMs = (index * 7) % 60;
  switch (index % 6) {
    case 0:
      return cancelledByGrpc("GetCustomer", getRequest(), afterMs);
    case 1:
      return cancelledByGrpc("CreateCustomer", createRequest(), afterMs);
    case 2:
      return abortedFetch("customers", newCustomer(tenant), afterMs);
    case 3:
      return abortedFetch(
        "customers:list",
        { companyId: tenant.companyId, pagination: {}, filter: { lastUpdatedTime: {} } },
        afterMs,
      );
    case 4:
      return abortedFetch(`customers/${customerId}/notes`, { notes: [{ note: "Cut off" }] }, afterMs);
    default:
      return abortedFetch(`customers/${customerId}`, undefined, afterMs);
  }
}

function getRequest(): Uint8Array {
  return toBinary(GetCustomerRequestSchema, create(GetCustomerRequestSchema, { id: customerId }));
}

function createRequest(): Uint8Array {
  const { companyId, businessId: preferredBusinessId } = tenant;
  const fields = { companyId, preferredBusinessId, firstName: "Ada", lastName: "Test", phone: "+12125550123" };
  return toBinary(CreateCustomerRequestSchema, create(CreateCustomerRequestSchema, fields));
}

interface Connections {
  readonly inUse: number;
  readonly idle: number;
  readonly waiting: number;
}

/** The pool as the metrics show it. */
async function pool(): Promise<Connections> {
  const text = await (await fetch(`${tenant.httpUrl}/metrics`)).text();
  const gauge = (state: string) =>
    Number(new RegExp(`moego_database_connections{state="${state}"} (\\d+)`).exec(text)?.[1]);
  return { inUse: gauge("in_use"), idle: gauge("idle"), waiting: gauge("waiting") };
}

/** Connections of the service as the database sees them, by state, and locks that nobody gave back. */
async function backends(): Promise<{ readonly connections: number; readonly busy: number; readonly locks: number }> {
  const { rows } = await world.database.owner.query(
    `SELECT count(*)::int AS connections, count(*) FILTER (WHERE state <> 'idle')::int AS busy,
       (SELECT count(*)::int FROM pg_locks WHERE pid = ANY (array_agg(a.pid))) AS locks
     FROM pg_stat_activity a WHERE datname = current_database() AND application_name = 'moego'`,
  );
  return rows[0];
}

describe("cancelled calls", () => {
  it("leave, after 1,000 of them, no connection in use, none waited for, and none that the database knows and the pool does not", async () => {
    for (let sent = 0; sent < 1_000; sent += 50) await atOnce(50, (index) => cancelled(sent + index));
    await expect.poll(pool, { timeout: 10_000 }).toMatchObject({ inUse: 0, waiting: 0 });
    const { idle } = await pool();
    expect(idle).toBeLessThanOrEqual(poolSize);
    await expect.poll(backends).toEqual({ connections: idle, busy: 0, locks: 0 });
    const answers = await atOnce(30, () => createCustomer(tenant));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  });

  it("that wait for a lock give their connections back before the lock is free", async () => {
    const blocker = await world.database.owner.connect();
    try {
      await blocker.query("BEGIN; LOCK TABLE customer IN ACCESS EXCLUSIVE MODE");
      const codes = await atOnce(10, () => cancelledByGrpc("GetCustomer", getRequest(), 100));
      expect(new Set(codes)).toEqual(new Set([1]));
      await expect.poll(pool).toMatchObject({ inUse: 0, waiting: 0 });
      await expect.poll(backends).toMatchObject({ busy: 0, locks: 0 });
    } finally {
      await blocker.query("ROLLBACK");
      blocker.release();
    }
  });
});
