import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ErrorInfoSchema } from "../../src/gen/proto/google/rpc/error_details_pb.js";
import { BatchMode } from "../../src/gen/proto/moego/admin/v1/batch_pb.js";
import { ConsentService } from "../../src/gen/proto/moego/admin/v1/consent_service_pb.js";
import {
  type CustomerBatchResult,
  CustomerBatchService,
} from "../../src/gen/proto/moego/admin/v1/customer_batch_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { type FixtureKey, fixtureKey } from "../support/fixture-keys.js";
import { type NewCustomer, newCustomer } from "../support/new-customer.js";
import { freshId } from "../support/records.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { batchCreateCustomers } = CustomerBatchService.method;
const { createCustomer, getCustomer } = CustomerService.method;
const { owner } = server.database;
const companyId = "cmp_a";
const items = (...all: NewCustomer[]) => all.map((fields) => ({ customer: newCustomer(fields) }));

/** A key that the server does not know yet: what a company refuses is remembered for two seconds. */
const key: FixtureKey = fixtureKey("key_of_batches", [{ type: "COMPANY", id: companyId }]);

function reasonOf(result: CustomerBatchResult | undefined) {
  return result?.error?.details.flatMap((one) => anyUnpack(one, ErrorInfoSchema) ?? [])[0];
}

describe("a batch of a company that refuses duplicates", () => {
  beforeAll(async () => {
    await owner.query("UPDATE company SET duplicate_policy = 3 WHERE id = 'cmp_a'");
    await server.insertKeys([key]);
  });
  afterAll(() => owner.query("UPDATE company SET duplicate_policy = 2 WHERE id = 'cmp_a'"));

  it("refuses those of stored customers and of earlier items, and nothing else", async () => {
    const [one, two] = ["+12125580001", "+12125580002"];
    const stored = await server.ok(createCustomer, newCustomer({ phone: one }), { key });
    const { results } = await server.ok(
      batchCreateCustomers,
      {
        ...{ companyId, mode: BatchMode.EACH },
        items: [
          ...items({ phone: one }, { phone: one, allowDuplicate: true }),
          ...items({ phone: two, email: "Twice@example.com" }, { phone: "+12125580003", email: "twice@EXAMPLE.com" }),
          { ...items({ phone: two })[0], id: freshId() },
          ...items({ phone: "+12125580004" }),
        ],
      },
      { key },
    );
    expect(results.map((result) => reasonOf(result)?.reason)).toEqual([
      ...["DUPLICATE_RECORD", undefined, undefined, "DUPLICATE_RECORD", undefined, undefined],
    ]);
    expect(reasonOf(results[0])?.metadata).toMatchObject({ kind: "CUSTOMER", id: stored.id, matches: "PHONE" });
    expect(reasonOf(results[3])?.metadata).toMatchObject({ id: results[2]?.id, matches: "EMAIL" });
  });

  it("makes one customer of a number that several batches and creates send at the same time", async () => {
    const phone = "+12125580010";
    const other = (n: number) => ({ phone: `+1212558${2000 + n}` });
    await Promise.all([
      ...Array.from({ length: 3 }, (_, n) =>
        server.ok(
          batchCreateCustomers,
          { companyId, mode: BatchMode.EACH, items: items(other(n), { phone }) },
          { key },
        ),
      ),
      ...Array.from({ length: 3 }, () => server.call(createCustomer, newCustomer({ phone }), { key })),
    ]);
    const { rows } = await owner.query("SELECT count(*)::int AS count FROM customer WHERE phone = $1", [phone]);
    expect(rows).toEqual([{ count: 1 }]);
  });
});

describe("a batch of lines that are opted out", () => {
  const optOut = (phone: string) =>
    server.ok(ConsentService.method.recordOptOut, {
      ...{ companyId, contact: { case: "phone", value: phone } as const, channels: [1, 3] },
    });
  const consenting = (phone: string) => ({
    phone,
    preference: { receiveAutoMessage: true },
    complianceConfig: { serviceRelatedChannels: { channels: [1, 2] } },
  });

  it("permits what CreateCustomer permits", async () => {
    const [out, free] = ["+12125590001", "+12125590002"];
    await optOut(out);
    const single = await server.ok(createCustomer, newCustomer(consenting(out)));
    const { results } = await server.ok(batchCreateCustomers, {
      companyId,
      items: items(consenting(out), consenting(free)),
    });
    const [one, other] = await Promise.all(results.map(({ id }) => server.ok(getCustomer, { id })));
    expect(one?.complianceConfig).toEqual(single.complianceConfig);
    expect(one?.preference).toEqual(single.preference);
    expect(other?.complianceConfig?.serviceRelatedChannels).toEqual([1, 2]);
    const { rows } = await owner.query("SELECT withheld FROM consent_event WHERE subject_id = ANY($1)", [
      [single.id, one?.id],
    ]);
    expect(rows[0]).toEqual(rows[1]);
    expect(rows[0]?.withheld).not.toBeNull();
  });

  it("reaches nobody whose opt-out comes at the same time", async () => {
    const phones = Array.from({ length: 8 }, (_, n) => `+1212559${3000 + n}`);
    const [made] = await Promise.all([
      server.ok(batchCreateCustomers, { companyId, items: items(...phones.map(consenting)) }),
      ...phones.map(optOut),
    ]);
    const { rows } = await owner.query(
      "SELECT count(*)::int AS count FROM customer WHERE id = ANY($1) AND 1 = ANY(service_related_channels)",
      [made.results.map(({ id }) => id)],
    );
    expect(rows).toEqual([{ count: 0 }]);
  });
});
