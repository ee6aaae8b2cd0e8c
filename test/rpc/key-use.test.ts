import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKeyUseLog } from "../../src/db/key-use-log.js";
import { silentLog } from "../../src/db/log.js";
import {
  AuditService,
  type ListKeyUseRequestSchema,
  RecordKind,
} from "../../src/gen/proto/moego/admin/v1/audit_service_pb.js";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import type { Customer } from "../../src/gen/proto/moego/business/customer/v1/customer_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { CallerLookupService } from "../../src/gen/proto/moego/callcenter/v1/caller_lookup_service_pb.js";
import { CallerService } from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { type FixtureKey, fixtureKey, keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { listKeyUse } = AuditService.method;
const { queryCustomer } = CallerService.method;
const companyId = "cmp_a";
const phone = "+12125550163";
const reader = fixtureKey("key_reader", [{ type: "COMPANY", id: companyId }]);
const record = (id: string) => ({ kind: RecordKind.CUSTOMER, id });

let known: Customer;

beforeAll(async () => {
  await server.insertKeys([reader]);
  known = await server.ok(CustomerService.method.createCustomer, newCustomer({ phone }));
});

describe("ListKeyUse", () => {
  it("lists who read which people by which rpc and request, and when the key was last used", async () => {
    const asked = (id: string) => ({ key: reader, headers: { "x-request-id": id } });
    await server.ok(queryCustomer, { companyId, tel: phone }, asked("by-phone"));
    await server.ok(queryCustomer, { companyId, tel: "+12125550164" }, asked("nobody"));
    await server.ok(CallerLookupService.method.lookupCaller, { companyId, tel: phone }, asked("lookup"));
    const page = { companyId, pagination: { pageSize: 2 } };
    const { customers } = await server.ok(CustomerService.method.listCustomers, page, asked("page"));
    const { leads } = await server.ok(LeadService.method.listLeads, page, asked("leads"));
    await server.ok(CustomerService.method.getCustomer, { id: known.id }, asked("one"));
    const { uses, lastUsedTimes } = await listed({ keyId: reader.id }, 5);
    const service = "moego.business.customer.v1";
    const lead = (id: string) => ({ kind: RecordKind.LEAD, id });
    const common = { keyId: reader.id, clientAddress: "127.0.0.0" };
    expect(uses.toReversed()).toMatchObject([
      {
        ...common,
        requestId: "by-phone",
        rpc: "moego.callcenter.v1.CallerService/QueryCustomer",
        records: [record(known.id)],
      },
      { ...common, requestId: "nobody", records: [] },
      {
        ...common,
        requestId: "lookup",
        rpc: "moego.callcenter.v1.CallerLookupService/LookupCaller",
        records: [record(known.id)],
      },
      {
        ...common,
        requestId: "page",
        rpc: `${service}.CustomerService/ListCustomers`,
        records: customers.map(({ id }) => record(id)),
      },
      {
        ...common,
        requestId: "leads",
        rpc: `${service}.LeadService/ListLeads`,
        records: leads.map(({ id }) => lead(id)),
      },
    ]);
    expect(customers).toHaveLength(2);
    const lastUsed = lastUsedTimes[reader.id];
    expect(lastUsed && Math.abs(timestampDate(lastUsed).getTime() - Date.now())).toBeLessThan(120_000);
    const { rows } = await server.database.owner.query("SELECT u::text FROM key_use u");
    expect(JSON.stringify(rows)).not.toContain("2125550163");
  });

  it("filters by record and time", async () => {
    const { uses } = await listed({ keyId: reader.id }, 5);
    const of = async (filter: Filter) =>
      (await listed({ keyId: reader.id, ...filter })).uses.map((use) => use.requestId);
    const [from, to] = [uses[2]?.usedTime, uses[0]?.usedTime];
    expect(await of({ record: record(known.id) })).toEqual(expect.arrayContaining(["lookup", "by-phone"]));
    expect(await of({ record: { kind: RecordKind.LEAD, id: known.id } })).toEqual([]);
    if (!from || !to) throw new Error("there are uses");
    const within = uses.filter(({ usedTime }) => usedTime && timestampDate(usedTime) < timestampDate(to)).slice(0, 2);
    expect(await of({ usedTime: { startTime: from, endTime: to } })).toEqual(
      expect.arrayContaining(within.map((use) => use.requestId)),
    );
    expect(await of({ usedTime: { endTime: { seconds: 1n } } })).toEqual([]);
  });

  it("says nothing of the last use of a key that has access to other companies", async () => {
    await server.ok(queryCustomer, { companyId, tel: phone }, { key: keys.enterprise });
    const { uses, lastUsedTimes } = await listed({ keyId: keys.enterprise.id }, 1);
    expect(uses).toHaveLength(1);
    expect(lastUsedTimes).toEqual({});
  });

  it("is refused to a key that is limited to locations", async () => {
    const refusal = await server.refused(listKeyUse, { companyId, pagination: {} }, { key: keys.businessA1 });
    expect(refusal).toMatchObject({ reason: "SCOPE_REQUIRED", metadata: { scope: "audit:read" } });
  });
});

describe("the log of key use", () => {
  const use = { rpc: "a.B/C", keyId: "key_late", requestId: "late" };
  const nothing = { companyId, records: [] };

  it("does not name a record that was erased before its read is stored", async () => {
    const { id } = await server.ok(CustomerService.method.createCustomer, newCustomer({ phone: "+12125550165" }));
    await server.ok(queryCustomer, { companyId, id }, { key: reader, headers: { "x-request-id": "before-erasure" } });
    await server.ok(CustomerAdminService.method.eraseCustomer, { companyId, id });
    const { uses } = await listed({ keyId: reader.id }, 6);
    const last = uses.find(({ requestId }) => requestId === "before-erasure");
    expect(JSON.stringify(last?.records)).not.toContain(id);
  });

  it("keeps entries while the database fails, and drops and counts those above its limit", async () => {
    const batches: number[] = [];
    let isDown = true;
    const transact = async () => {
      if (isDown) throw new Error("down");
      batches.push(1);
      throw new Error("enough");
    };
    const log = createKeyUseLog({ database: { transact }, log: silentLog, delayMs: 1 });
    for (let n = 0; n < 100_003; n += 1) log.record(use, nothing);
    expect(log.dropped()).toBe(3);
    isDown = false;
    await log.stop();
    expect(batches.length).toBeGreaterThan(0);
    expect(log.dropped()).toBe(100_003);
  });
});

interface Filter {
  readonly keyId?: string;
  readonly record?: { readonly kind: RecordKind; readonly id: string };
  readonly usedTime?: NonNullable<MessageInitShape<typeof ListKeyUseRequestSchema>["usedTime"]>;
}

/** Entries appear soon after the response. */
async function listed(filter: Filter, count = 0, key: FixtureKey = keys.a) {
  const read = () => server.ok(listKeyUse, { companyId, pagination: { pageSize: 100 }, ...filter }, { key });
  await expect.poll(async () => (await read()).uses.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(count);
  return read();
}
