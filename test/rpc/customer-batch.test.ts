import { afterAll, describe, expect, it } from "vitest";
import { BatchMode, BatchOutcome } from "../../src/gen/proto/moego/admin/v1/batch_pb.js";
import { ConsentService } from "../../src/gen/proto/moego/admin/v1/consent_service_pb.js";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { CustomerBatchService } from "../../src/gen/proto/moego/admin/v1/customer_batch_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { refusalIn, shapeOf } from "../support/batch-results.js";
import { keys } from "../support/fixture-keys.js";
import { minimalCustomer, type NewCustomer, newCustomer } from "../support/new-customer.js";
import { freshId } from "../support/records.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { batchCreateCustomers, batchGetCustomers } = CustomerBatchService.method;
const { createCustomer, getCustomer } = CustomerService.method;
const { eraseCustomer } = CustomerAdminService.method;
const { owner } = server.database;
const companyId = "cmp_a";
const each = BatchMode.EACH;

const customers = (...all: NewCustomer[]) => all.map((fields) => ({ customer: newCustomer(fields) }));
const named = (...names: string[]) => customers(...names.map((lastName) => ({ lastName })));

async function countOf(...lastNames: string[]) {
  const { rows } = await owner.query<{ count: number }>(
    "SELECT count(*)::int AS count FROM customer WHERE last_name = ANY($1)",
    [lastNames],
  );
  return rows[0]?.count;
}

describe("a batch of customers", () => {
  it("stores what single creates store", async () => {
    const full = {
      email: "Batch@example.com",
      phones: [{ number: "+12125550111" }, { number: "+12125550177", extension: "12" }],
      address: { address1: "12 Main Street", city: "Boston" },
      tags: [{ id: "tag_a1" }, { name: "New in the batch" }],
      notes: [{ note: "Shy" }, { note: "Pays in cash" }],
      referralSource: { id: "ref_a1" },
      assignedStaffId: "staff_a1",
      preference: { receiveAutoMessage: true },
      source: "A friend",
    };
    const single = await server.ok(createCustomer, newCustomer(full));
    const { results } = await server.ok(batchCreateCustomers, {
      companyId,
      items: customers(full),
      returnRecords: true,
    });
    const [made] = results;
    expect(made).toMatchObject({ outcome: BatchOutcome.CREATED, etag: "1", replayed: false });
    expect(shapeOf(await server.ok(getCustomer, { id: made?.id ?? "" }))).toEqual(shapeOf(single));
    expect(shapeOf(made?.customer)).toEqual(shapeOf(single));
    const ledgerOf = async (id: string) => {
      const { rows } = await owner.query(
        `SELECT after, preference_after, source, staff_id, ip, given_time = occurred_time AS given_now, recorded_by
         FROM consent_event WHERE subject_id = $1`,
        [id],
      );
      return rows;
    };
    expect(await ledgerOf(made?.id ?? "")).toEqual(await ledgerOf(single.id));
    const changesOf = async (id: string) => {
      const { rows } = await owner.query(
        "SELECT kind, version, staff_id, changed_fields, location_before, location_after, client_address FROM change WHERE resource_id = $1",
        [id],
      );
      return rows;
    };
    expect(await changesOf(made?.id ?? "")).toEqual(await changesOf(single.id));
    const searched = await owner.query(
      "SELECT count(DISTINCT keys)::int AS kinds, count(*)::int AS rows FROM customer_search WHERE customer_id = ANY($1)",
      [[made?.id, single.id]],
    );
    expect(searched.rows).toEqual([{ kinds: 1, rows: 2 }]);
  });

  it("takes 500 items with everything that usual customers have, and no more", async () => {
    const one = {
      phones: [{ number: "+12125550111" }, { number: "+12125550177" }],
      email: "x@example.com",
      address: { address1: "1", address2: "2", city: "Boston", state: "MA", postalCode: "02110", country: "US" },
      tags: [{ name: "Many" }],
      notes: [{ note: "n".repeat(1_000) }, { note: "m" }],
      preference: { receiveAutoMessage: true },
    };
    const items = Array.from({ length: 500 }, () => ({ customer: newCustomer(one) }));
    const { results } = await server.ok(batchCreateCustomers, { companyId, items });
    expect(new Set(results.map(({ id }) => id)).size).toBe(500);
    const tags = await owner.query(
      "SELECT count(*)::int AS count FROM tag WHERE company_id = 'cmp_a' AND name = 'Many'",
    );
    expect(tags.rows).toEqual([{ count: 1 }]);
    // The checks of foreign keys need statistics of a table that has grown.
    await server.ok(batchCreateCustomers, { companyId, items: items.slice(0, 1) });
    const known = await owner.query("SELECT reltuples >= 500 AS known FROM pg_class WHERE oid = 'customer'::regclass");
    expect(known.rows).toEqual([{ known: true }]);
    const more = [...items, { customer: newCustomer(one) }];
    expect(await server.refused(batchCreateCustomers, { companyId, items: more })).toMatchObject({
      violations: [{ field: "items", reason: "TOO_MANY" }],
    });
  });
});

describe("a batch that is stored as a whole", () => {
  it("stores nothing if an item is refused, and lists all violations", async () => {
    const items = customers(
      { lastName: "Whole" },
      { lastName: "Whole", phone: "12" },
      { lastName: "Whole", preferredBusinessId: "biz_none" },
      { lastName: "" },
    );
    const refused = await server.refused(batchCreateCustomers, { companyId, items });
    expect(refused).toMatchObject({
      code: "INVALID_ARGUMENT",
      reason: "INVALID_REQUEST",
      violations: [
        { field: "items[1].customer.phone", reason: "INVALID_FORMAT" },
        { field: "items[3].customer.last_name", reason: "REQUIRED" },
      ],
    });
    const second = await server.refused(batchCreateCustomers, {
      companyId,
      items: customers({ lastName: "Whole" }, { preferredBusinessId: "biz_none", tags: [{ id: "tag_none" }] }),
    });
    expect(second.violations).toEqual([
      expect.objectContaining({ field: "items[1].customer.preferred_business_id", reason: "NOT_FOUND" }),
      expect.objectContaining({ field: "items[1].customer.tags[0].id", reason: "NOT_FOUND" }),
    ]);
    expect(await countOf("Whole")).toBe(0);
  });

  it("creates no tag if an item is refused", async () => {
    const items = customers({ tags: [{ name: "Never made" }] }, { tags: [{ id: "tag_none" }] });
    await server.refused(batchCreateCustomers, { companyId, items });
    const { rows } = await owner.query("SELECT 1 FROM tag WHERE name = 'Never made'");
    expect(rows).toEqual([]);
  });
});

describe("a batch item by item", () => {
  it("stores the others, and gives each refused item the error of a single request", async () => {
    const items = customers(
      { lastName: "Each" },
      { lastName: "Each", phone: "12" },
      { lastName: "Each", preferredBusinessId: "biz_none" },
      { lastName: "Each", companyId: "cmp_b" },
      { lastName: "Each", companyId: "" },
    );
    const { results } = await server.ok(batchCreateCustomers, { companyId, items, mode: each });
    expect(results.map(({ outcome }) => outcome)).toEqual([1, 4, 4, 4, 1]);
    expect(refusalIn(results[1])).toMatchObject({
      ...{ code: 3, reason: "INVALID_REQUEST" },
      fields: ["customer.phone INVALID_FORMAT"],
    });
    expect(refusalIn(results[2]).fields).toEqual(["customer.preferred_business_id NOT_FOUND"]);
    expect(refusalIn(results[3]).fields).toEqual(["customer.company_id CONFLICT"]);
    expect(await countOf("Each")).toBe(2);
  });

  it("writes the details of errors as JSON too", async () => {
    const items = [{ customer: { ...minimalCustomer, phone: "12" } }];
    const sent = { companyId, items, mode: "BATCH_MODE_EACH" };
    for (const transport of ["rest", "connect-json"] as const) {
      const answer = await server.callJson(batchCreateCustomers, sent, { transport });
      expect(answer).toMatchObject({
        ok: true,
        message: {
          results: [
            {
              outcome: "BATCH_OUTCOME_REFUSED",
              error: {
                code: 3,
                details: [
                  { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "INVALID_REQUEST" },
                  { "@type": "type.googleapis.com/google.rpc.BadRequest" },
                ],
              },
            },
          ],
        },
      });
    }
  });

  it("gives a key limited to locations only what it may create", async () => {
    const items = customers(
      { lastName: "Limited" },
      { lastName: "Limited", preferredBusinessId: "biz_a2" },
      { lastName: "Limited", tags: [{ name: "Not by this key" }] },
    );
    const { results } = await server.ok(
      batchCreateCustomers,
      { companyId, items, mode: each },
      { key: keys.businessA1 },
    );
    expect(results.map((result) => refusalIn(result).reason)).toEqual([
      undefined,
      "BUSINESS_NOT_ALLOWED",
      "SCOPE_REQUIRED",
    ]);
    const whole = await server.refused(batchCreateCustomers, { companyId, items }, { key: keys.businessA1 });
    expect(whole).toMatchObject({ code: "PERMISSION_DENIED", reason: "BUSINESS_NOT_ALLOWED" });
  });

  it("warns of a number that is not valid in its country", async () => {
    const items = customers({ phone: "+12125550111" }, { phone: "+15555551234" });
    const { results } = await server.ok(batchCreateCustomers, { companyId, items, mode: each });
    expect(results.map(({ warnings }) => warnings)).toEqual([[], ["PHONE_NOT_VALID customer.phones[0].number"]]);
  });

  it("admits items up to the customer limit, exactly, whatever is sent at once", async () => {
    await owner.query("UPDATE company SET max_customers = 25 WHERE id = 'cmp_quota'");
    const quota = { companyId: "cmp_quota", preferredBusinessId: "biz_q1" };
    const items = Array.from({ length: 10 }, () => ({ customer: newCustomer(quota) }));
    const send = () =>
      server.ok(batchCreateCustomers, { companyId: quota.companyId, items, mode: each }, { key: keys.quota });
    const sent = await Promise.all([send(), send(), send(), send()]);
    const outcomes = sent.flatMap(({ results }) => results.map((result) => refusalIn(result).reason ?? "created"));
    expect(outcomes.filter((outcome) => outcome === "created").length).toBe(25);
    expect(new Set(outcomes)).toEqual(new Set(["created", "CUSTOMER_QUOTA_EXCEEDED"]));
    const { rows } = await owner.query(
      `SELECT customers, (SELECT count(*)::int FROM customer WHERE company_id = 'cmp_quota') AS stored
       FROM company_customer_count WHERE company_id = 'cmp_quota'`,
    );
    expect(rows).toEqual([{ customers: 25, stored: 25 }]);
    const whole = await server.refused(
      batchCreateCustomers,
      { companyId: quota.companyId, items },
      { key: keys.quota },
    );
    expect(whole.reason).toBe("CUSTOMER_QUOTA_EXCEEDED");
  });
});

describe("a repeated batch", () => {
  it("returns what it stored, and tries refused items again", async () => {
    const code = freshId().slice(0, 20);
    const items = [
      ...named("Again", "Again"),
      ...customers({ lastName: "Again", customFields: { [code]: field("x") } }),
    ];
    const request = { companyId, items, mode: each };
    const headers = { "idempotency-key": freshId() };
    const first = await server.call(batchCreateCustomers, request, { headers });
    const again = await server.call(batchCreateCustomers, request, { headers });
    if (!first.ok || !again.ok) throw new Error("a batch was refused");
    expect(again.headers).toMatchObject({ "idempotency-replayed": "true" });
    expect(again.message.results.map(({ id, replayed }) => [id, replayed])).toEqual([
      [first.message.results[0]?.id, true],
      [first.message.results[1]?.id, true],
      ["", false],
    ]);
    await owner.query(
      `INSERT INTO custom_field (company_id, id, association_type, code, label, type, created_time, last_updated_time)
       VALUES ('cmp_a', 'cf_' || $1::text, 1, $1::text, 'Now there', 1, now(), now())`,
      [code],
    );
    const third = await server.call(batchCreateCustomers, request, { headers });
    const fourth = await server.call(batchCreateCustomers, request, { headers });
    if (!third.ok || !fourth.ok) throw new Error("a batch was refused");
    expect(third.headers).not.toHaveProperty("idempotency-replayed");
    expect(third.message.results.map(({ replayed }) => replayed)).toEqual([true, true, false]);
    expect(fourth.message.results.map(({ id }) => id)).toEqual(third.message.results.map(({ id }) => id));
    expect(await countOf("Again")).toBe(3);
  });

  it("is another request with another item", async () => {
    const headers = { "idempotency-key": freshId() };
    await server.ok(batchCreateCustomers, { companyId, items: named("Other 1") }, { headers });
    const other = { companyId, items: named("Other 1", "Other 2") };
    expect(await server.refused(batchCreateCustomers, other, { headers })).toMatchObject({
      reason: "IDEMPOTENCY_KEY_REUSED",
    });
    expect(await countOf("Other 1", "Other 2")).toBe(1);
  });

  it("sent at the same time stores its items once", async () => {
    const headers = { "idempotency-key": freshId() };
    const request = { companyId, items: named(..."abcde".split("").map((letter) => `At once ${letter}`)) };
    const sent = await Promise.all(
      Array.from({ length: 4 }, () => server.ok(batchCreateCustomers, request, { headers })),
    );
    expect(new Set(sent.map(({ results }) => results.map(({ id }) => id).join())).size).toBe(1);
    expect(await countOf("At once a", "At once b")).toBe(2);
  });
});

describe("an item with its own idempotency key", () => {
  const keyed = (lastName: string, idempotencyKey: string) => ({ customer: newCustomer({ lastName }), idempotencyKey });

  it("is stored once, in whatever place of whatever batch it is sent", async () => {
    const [one, two] = [freshId(), freshId()];
    const first = await server.ok(batchCreateCustomers, { companyId, items: [keyed("Keyed", one)] });
    const second = await server.ok(batchCreateCustomers, {
      companyId,
      items: [keyed("Keyed", two), keyed("Keyed", one), ...named("Keyed")],
    });
    expect(second.results[1]).toMatchObject({ id: first.results[0]?.id, replayed: true, etag: "1" });
    expect(second.results.map(({ replayed }) => replayed)).toEqual([false, true, false]);
    expect(await countOf("Keyed")).toBe(3);
  });

  it("is refused with the key of another item", async () => {
    const key = freshId();
    await server.ok(batchCreateCustomers, { companyId, items: [keyed("Key 1", key)] });
    const { results } = await server.ok(batchCreateCustomers, {
      companyId,
      items: [keyed("Key 2", key), ...named("Key 3")],
      mode: each,
    });
    expect(refusalIn(results[0])).toMatchObject({
      ...{ code: 3, reason: "IDEMPOTENCY_KEY_REUSED" },
      fields: ["idempotency_key CONFLICT"],
    });
    const twice = [keyed("Key 4", freshId()), keyed("Key 5", "same"), keyed("Key 5", "same")];
    expect(await server.refused(batchCreateCustomers, { companyId, items: twice })).toMatchObject({
      violations: [{ field: "items[2].idempotency_key", reason: "DUPLICATE_FIELD" }],
    });
    expect(await countOf("Key 2", "Key 4", "Key 5")).toBe(0);
  });

  it("sent at the same time in different batches is stored once", async () => {
    const shared = Array.from({ length: 5 }, freshId);
    const batches = Array.from({ length: 4 }, (_, turn) => {
      const items = shared.map((key) => keyed(`Shared ${key}`, key));
      return { companyId, items: turn % 2 === 0 ? items : items.toReversed() };
    });
    const sent = await Promise.all(batches.map((request) => server.ok(batchCreateCustomers, request)));
    const ids = sent.flatMap(({ results }) => results.map(({ id }) => id));
    expect(new Set(ids).size).toBe(5);
    expect(await countOf(...shared.map((key) => `Shared ${key}`))).toBe(5);
  });

  it("tells that its customer was erased, and that it is out of reach", async () => {
    const [erased, moved] = [freshId(), freshId()];
    const items = [keyed("Gone", erased), keyed("Gone", moved)];
    const { results } = await server.ok(batchCreateCustomers, { companyId, items }, { key: keys.businessA1 });
    await server.ok(eraseCustomer, { companyId, id: results[0]?.id ?? "" });
    await owner.query("UPDATE customer SET preferred_business_id = 'biz_a2' WHERE id = $1", [results[1]?.id]);
    const again = await server.ok(batchCreateCustomers, { companyId, items, mode: each }, { key: keys.businessA1 });
    expect(again.results.map((result) => refusalIn(result).reason)).toEqual(["RESOURCE_ERASED", "RESOURCE_NOT_FOUND"]);
  });
});

describe("an imported item", () => {
  const second = (n: number) => ({ seconds: BigInt(1_600_000_000 + n), nanos: 0 });
  const imported = (id: string) => ({
    customer: newCustomer({ notes: [{ id: `n${id}`.slice(0, 30), note: "Old", lastUpdatedBy: "staff_a1" }] }),
    ...{ id, createdTime: second(0), lastUpdatedTime: second(1), createdBy: "staff_a1", status: 2 },
    lastAppointmentTime: second(2),
  });

  it("keeps its id, times, author and state", async () => {
    const id = freshId();
    await server.ok(batchCreateCustomers, { companyId, items: [imported(id), ...named("Beside an import")] });
    const stored = await server.ok(getCustomer, { id });
    expect(stored).toMatchObject({
      ...{ createdTime: second(0), lastUpdatedTime: second(1), createdBy: "staff_a1", status: 2 },
      ...{ lastAppointmentDate: second(2), notes: [{ id: `n${id}`.slice(0, 30), lastUpdatedTime: second(0) }] },
    });
    const { entries } = await server.ok(ConsentService.method.listConsentHistory, {
      ...{ companyId, subject: { case: "customerId", value: id } as const, pagination: {} },
    });
    expect(entries).toMatchObject([{ source: 2, givenTime: { seconds: expect.anything() } }]);
  });

  it("needs the scope record:import, whatever else the batch has", async () => {
    const request = { companyId, items: [...named("No scope"), imported(freshId())], mode: each };
    const refused = await server.refused(batchCreateCustomers, request, { key: keys.aReadOnly });
    expect(refused.reason).toBe("SCOPE_REQUIRED");
    await server.insertKeys([importless]);
    expect(await server.refused(batchCreateCustomers, request, { key: importless })).toMatchObject({
      ...{ code: "PERMISSION_DENIED", reason: "SCOPE_REQUIRED", metadata: { scope: "record:import" } },
    });
    await server.ok(batchCreateCustomers, { companyId, items: named("No scope") }, { key: importless });
  });

  it("is refused with an id that is in use, was erased, or is in the batch twice", async () => {
    const [used, erased, twice] = [freshId(), freshId(), freshId()];
    await server.ok(batchCreateCustomers, { companyId, items: [imported(used), imported(erased)] });
    await server.ok(eraseCustomer, { companyId, id: erased });
    const { results } = await server.ok(batchCreateCustomers, {
      ...{ companyId, mode: each },
      items: [used, erased, twice, twice].map((id) => ({ customer: newCustomer(), id })),
    });
    expect(results.map((result) => refusalIn(result).reason)).toEqual([
      ...["ALREADY_EXISTS", "RESOURCE_ERASED", undefined, "INVALID_REQUEST"],
    ]);
  });

  it("is refused for every time, author and nested id that is wrong", async () => {
    const future = { seconds: 4_000_000_000n, nanos: 0 };
    const items = [
      { customer: newCustomer({ notes: [{ id: "note_twice", note: "1" }] }), createdTime: future },
      { customer: newCustomer({ notes: [{ id: "note_twice", note: "2" }] }), createdBy: "staff_none" },
      { customer: newCustomer({ notes: [{ id: "note_twice", note: "3" }] }) },
      { customer: newCustomer({ notes: [{ id: "note_twice", note: "4" }] }) },
    ];
    const { results } = await server.ok(batchCreateCustomers, { companyId, items, mode: each });
    expect(results.map((result) => refusalIn(result).fields)).toEqual([
      ["created_time OUT_OF_RANGE", "last_updated_time CONFLICT"],
      ["created_by NOT_FOUND"],
      [],
      ["customer.notes[0].id CONFLICT"],
    ]);
  });

  it("sent at the same time by several batches is stored by one of them", async () => {
    const ids = Array.from({ length: 6 }, freshId);
    const batches = [ids, ids.toReversed(), ids].map((some) => some.map((id) => ({ customer: newCustomer(), id })));
    const sent = await Promise.all(
      batches.map((items) => server.ok(batchCreateCustomers, { companyId, items, mode: each })),
    );
    const reasons = sent.flatMap(({ results }) => results.map((result) => refusalIn(result).reason ?? "created"));
    expect(reasons.filter((reason) => reason === "created").length).toBe(6);
    expect(reasons.filter((reason) => reason === "ALREADY_EXISTS").length).toBe(12);
  });
});

describe("reading many customers", () => {
  it("returns them in the order of the request, and says which do not exist", async () => {
    const { results } = await server.ok(batchCreateCustomers, { companyId, items: named("Read", "Read", "Read") });
    const ids = results.map(({ id }) => id).toReversed();
    const read = await server.ok(batchGetCustomers, { companyId, ids: [ids[0] ?? "", "none", ...ids, "cus_b1"] });
    expect(read.customers.map(({ id }) => id)).toEqual(ids);
    expect(read.notFoundIds).toEqual(["none", "cus_b1"]);
    expect(read.remainingIds).toEqual([]);
    const limited = await server.ok(
      batchGetCustomers,
      { companyId, ids: ["cus_a1", "cus_a2"] },
      { key: keys.businessA1 },
    );
    const { rows } = await owner.query(
      "SELECT id FROM customer WHERE company_id = 'cmp_a' AND id IN ('cus_a1', 'cus_a2') AND preferred_business_id = 'biz_a1'",
    );
    expect(limited.customers.map(({ id }) => ({ id }))).toEqual(rows);
  });

  it("returns as many as fit, and the ids of the others", async () => {
    const notes = Array.from({ length: 20 }, () => ({ note: "🐶".repeat(5_000) }));
    const ids: string[] = [];
    for (let batch = 0; batch < 4; batch += 1) {
      const items = Array.from({ length: 4 }, () => ({ customer: newCustomer({ notes }) }));
      for (const item of items) {
        const { results } = await server.ok(batchCreateCustomers, { companyId, items: [item] });
        ids.push(results[0]?.id ?? "");
      }
    }
    const seen: string[] = [];
    let left = ids;
    let reads = 0;
    while (left.length > 0) {
      const page = await server.ok(batchGetCustomers, { companyId, ids: left });
      seen.push(...page.customers.map(({ id }) => id));
      left = page.remainingIds;
      reads += 1;
    }
    expect(seen).toEqual(ids);
    expect(reads).toBeGreaterThan(1);
  });
});

const importless = { ...keys.a, id: "key_importless", secret: "secret-of-key_importless-in-the-tests----", scopes: [] };

function field(text: string) {
  return { value: { case: "string", value: text } } as const;
}
