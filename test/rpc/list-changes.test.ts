import { Buffer } from "node:buffer";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type AuditRecordSchema,
  AuditService,
  RecordKind,
} from "../../src/gen/proto/moego/admin/v1/audit_service_pb.js";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import type { Customer } from "../../src/gen/proto/moego/business/customer/v1/customer_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { type FixtureKey, fixtureKey, keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { createCustomer, updateCustomer } = CustomerService.method;
const { listChanges } = AuditService.method;
const companyId = "cmp_a";
const record = (id: string) => ({ kind: RecordKind.CUSTOMER, id });

const there = fixtureKey("key_biz_a2", [{ type: "BUSINESS", companyId, id: "biz_a2" }]);
const plain = fixtureKey("key_without_list", [{ type: "COMPANY", id: companyId }], { scopes: [] });

/** A customer that was created at one location and then moved to another one by another key. */
let moved: Customer;

beforeAll(async () => {
  await server.insertKeys([there, plain]);
  const { id } = await server.ok(createCustomer, newCustomer());
  const headers = { "x-request-id": "request-of-move" };
  moved = await server.ok(
    updateCustomer,
    { id, companyId, preferredBusinessId: "biz_a2" },
    { key: keys.aOther, headers },
  );
});

describe("ListChanges", () => {
  it("says who changed what, when, from where and by which request, newest first", async () => {
    const { changes } = await list({ record: record(moved.id) });
    expect(changes).toMatchObject([
      {
        ...{ record: record(moved.id), version: "2", changedTime: moved.lastUpdatedTime },
        ...{ rpc: "moego.business.customer.v1.CustomerService/UpdateCustomer", keyId: keys.aOther.id, staffId: "" },
        ...{ requestId: "request-of-move", clientAddress: "127.0.0.0", changedFields: ["preferred_business_id"] },
        ...{ beforeBusinessId: "biz_a1", afterBusinessId: "biz_a2" },
      },
      { version: "1", keyId: keys.a.id, staffId: "staff_a1", changedFields: [], afterBusinessId: "biz_a1" },
    ]);
    expect(changes[1]?.beforeBusinessId).toBe("");
  });

  it("filters by record, key, staff member and time, and by all of them together", async () => {
    const [after, before] = (await list({ record: record(moved.id) })).changes;
    const versions = async (filter: Filter) => {
      const { changes } = await list({ ...filter, pagination: { pageSize: 500 } });
      return changes.filter((change) => change.record?.id === moved.id).map(({ version }) => version);
    };
    expect(await versions({})).toEqual(["2", "1"]);
    expect(await versions({ keyId: keys.aOther.id })).toEqual(["2"]);
    expect(await versions({ staffId: "staff_a1" })).toEqual(["1"]);
    expect(await versions({ changedTime: { startTime: after?.changedTime } })).toEqual(["2"]);
    expect(await versions({ changedTime: { endTime: after?.changedTime } })).toEqual(["1"]);
    const all = { record: record(moved.id), keyId: keys.a.id, staffId: "staff_a1" };
    const changedTime = { startTime: before?.changedTime, endTime: after?.changedTime };
    expect(await versions({ ...all, changedTime })).toEqual(["1"]);
    expect(await versions({ ...all, keyId: keys.aOther.id })).toEqual([]);
    expect(await versions({ record: { kind: RecordKind.LEAD, id: moved.id } })).toEqual([]);
  });

  it("lists for a key of one location what was there before or after, without other locations", async () => {
    const seen = async (key: FixtureKey) =>
      (await list({ record: record(moved.id) }, key)).changes.map(
        ({ version, beforeBusinessId, afterBusinessId }) => `${version}: ${beforeBusinessId} > ${afterBusinessId}`,
      );
    expect(await seen(keys.businessA1)).toEqual(["2: biz_a1 > ", "1:  > biz_a1"]);
    expect(await seen(there)).toEqual(["2:  > biz_a2"]);
    const { changes } = await list({ pagination: { pageSize: 500 } }, there);
    expect(changes.flatMap((change) => [change.beforeBusinessId, change.afterBusinessId])).not.toContain("biz_a1");
    expect(changes.every((change) => change.afterBusinessId === "biz_a2" || change.beforeBusinessId === "biz_a2")).toBe(
      true,
    );
  });

  it("lists an erasure under the pseudonym, without the id and the address of the person", async () => {
    const { id } = await server.ok(createCustomer, newCustomer());
    const headers = { "x-request-id": "request-of-erasure" };
    await server.ok(CustomerAdminService.method.eraseCustomer, { companyId, id }, { headers });
    expect((await list({ record: record(id) })).changes).toEqual([]);
    const { changes } = await list({ pagination: { pageSize: 500 } });
    const pseudonym = changes.find(({ requestId }) => requestId === "request-of-erasure")?.record?.id ?? "";
    expect(pseudonym).toMatch(/^erased_/);
    const erased = await list({ record: record(pseudonym) });
    expect(erased.changes.map(({ version, clientAddress }) => [version, clientAddress])).toEqual([
      ["2", ""],
      ["1", ""],
    ]);
  });

  it("shows no number that counts the changes of all companies, not even in its page token", async () => {
    const { nextPageToken } = await list({ pagination: { pageSize: 1 } });
    const { rows } = await server.database.owner.query<{ id: string }>(
      "SELECT id FROM change WHERE company_id = $1 ORDER BY changed_time DESC, id DESC LIMIT 1",
      [companyId],
    );
    const number = BigInt(rows[0]?.id ?? 0);
    const binary = Buffer.alloc(8);
    binary.writeBigInt64BE(number);
    const bytes = Buffer.from(nextPageToken, "base64url");
    expect(number).toBeGreaterThan(0n);
    expect(bytes.toString("latin1")).not.toContain(String(number));
    expect(bytes.includes(binary)).toBe(false);
  });

  it("refuses a record without kind or id, and a time that ends before it starts, all at once", async () => {
    const request = {
      ...{ companyId, pagination: {}, record: {}, keyId: "no id" },
      changedTime: { startTime: { seconds: 2n }, endTime: { seconds: 1n } },
    };
    const { violations } = await server.refused(listChanges, request);
    expect(violations.map(({ field, reason }) => `${field} ${reason}`).toSorted()).toEqual([
      "changed_time CONFLICT",
      "key_id INVALID_FORMAT",
      "record.id REQUIRED",
      "record.kind REQUIRED",
    ]);
  });

  it("needs a scope that an empty list of scopes does not include", async () => {
    const refusal = await server.refused(listChanges, { companyId, pagination: {} }, { key: plain });
    expect(refusal).toMatchObject({ reason: "SCOPE_REQUIRED", metadata: { scope: "audit:read" } });
  });
});

interface Filter {
  readonly record?: MessageInitShape<typeof AuditRecordSchema>;
  readonly keyId?: string;
  readonly staffId?: string;
  readonly changedTime?: { readonly startTime?: Timestamp | undefined; readonly endTime?: Timestamp | undefined };
  readonly pagination?: { readonly pageSize: number };
}

function list(filter: Filter, key: FixtureKey = keys.a) {
  return server.ok(listChanges, { companyId, pagination: {}, ...filter }, { key });
}
