import type { Message } from "@bufbuild/protobuf";
import { afterAll, describe, expect, it } from "vitest";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { expectedFields } from "../suites/changed-fields.js";
import { repeatables } from "../suites/repeated-calls.js";
import type { Answer } from "../support/answer.js";
import { transports } from "../support/clients.js";
import { keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = CustomerService.method;
let calls = 0;

describe.each(repeatables.map((one) => [one.name, one] as const))("an idempotency key on %s", (name, { prepare }) => {
  // One call that took effect after one that was refused, for the tests that only repeat it. Those that send its variant
  // come before those that make further records, after which another order of a list would not name all of its entries.
  // The first call of every rpc comes with one text.
  const makeCall = async () => {
    const { send, refuse } = await prepare(server);
    const options = { headers: { "idempotency-key": "key-of-every-rpc" } };
    const refused = await refuse(options);
    return { send, options, refused, first: await send(options) };
  };
  let called: ReturnType<typeof makeCall> | undefined;
  const firstCall = () => {
    called ??= makeCall();
    return called;
  };

  it("stays free after a call that was refused, and after calls of other rpcs", async () => {
    const { refused, first } = await firstCall();
    expect(refused).toMatchObject({ ok: false });
    expect(first).toMatchObject({ ok: true });
    expect(first.headers["idempotency-replayed"]).toBeUndefined();
  });

  it("makes a repeated call answer as the first one and change nothing", async () => {
    const { send, options, first } = await firstCall();
    const state = await changeCount();
    const second = await send(options);
    expect(second).toMatchObject({ ok: true });
    expect(messageOf(second)).toEqual(messageOf(first));
    expect(first.headers["idempotency-replayed"]).toBeUndefined();
    expect(second.headers["idempotency-replayed"]).toBe("true");
    expect(await changeCount()).toBe(state);
  });

  it("leaves in the audit log which fields the first call changed, and from which network", async () => {
    const { first } = await firstCall();
    const { rows } = await server.database.owner.query(
      "SELECT changed_fields, client_address FROM change WHERE request_id = $1",
      [first.headers["x-request-id"]],
    );
    const expected = expectedFields(name);
    expect(rows.length > 0).toBe(expected !== undefined);
    expect([...new Set(rows.flatMap((row) => row.changed_fields))].toSorted()).toEqual(expected ?? []);
    const addresses = /Erase/.test(name) ? [""] : expected ? ["127.0.0.0"] : [];
    const ofTags = /AppendCustomerTags/.test(name) ? [""] : [];
    expect([...new Set(rows.map((row) => row.client_address))].toSorted()).toEqual([...ofTags, ...addresses]);
  });

  it("is refused for another request, which changes nothing", async () => {
    const { send, options, first } = await firstCall();
    expect(first).toMatchObject({ ok: true });
    const state = await changeCount();
    expect(await send({ ...options, variant: "B" })).toMatchObject({
      code: "INVALID_ARGUMENT",
      reason: "IDEMPOTENCY_KEY_REUSED",
      violations: [{ field: "idempotency-key", reason: "CONFLICT" }],
    });
    expect(await changeCount()).toBe(state);
  });

  it("belongs to one API key: another one may use the same text", async () => {
    const { send, options } = await firstCall();
    const state = await changeCount();
    const answer = await send({ ...options, key: keys.aOther, variant: "B" });
    expect(answer).toMatchObject({ ok: true });
    expect(answer.headers["idempotency-replayed"]).toBeUndefined();
    expect(await changeCount()).toBeGreaterThan(state);
  });

  it("gives concurrent twins one effect and one answer, says which is the replay, and is free after 24 hours", async () => {
    const { send } = await prepare(server);
    const options = { headers: fresh() };
    const answers = await Promise.all([send(options), send(options), send(options)]);
    expect(answers.map(({ ok }) => ok)).toEqual([true, true, true]);
    expect(answers.filter(({ headers }) => headers["idempotency-replayed"] === "true")).toHaveLength(2);
    const [first, ...others] = answers.map(messageOf);
    for (const other of others) expect(other).toEqual(first);
    const { rows } = await server.database.owner.query(
      `WITH kept AS (SELECT expired_time - clock_timestamp() AS time FROM idempotency WHERE key = $1)
       UPDATE idempotency SET expired_time = clock_timestamp() WHERE key = $1
       RETURNING (SELECT time BETWEEN interval '23 h 50 min' AND interval '24 h' FROM kept) AS lasts`,
      [options.headers["idempotency-key"]],
    );
    expect(rows).toEqual([{ lasts: true }]);
    const answer = await send({ ...options, variant: "B" });
    expect(answer).toMatchObject({ ok: true });
    expect(answer.headers["idempotency-replayed"]).toBeUndefined();
  });
});

describe("a replay", () => {
  it.each(transports)("is marked on %s", async (transport) => {
    const headers = fresh();
    const create = () => server.call(rpc.createCustomer, newCustomer(), { transport, headers });
    expect((await create()).headers["idempotency-replayed"]).toBeUndefined();
    expect((await create()).headers["idempotency-replayed"]).toBe("true");
  });

  it("shows what was made in its present state", async () => {
    const headers = fresh();
    const { id } = await server.ok(rpc.createCustomer, newCustomer(), { headers });
    await server.ok(rpc.updateCustomer, { id, companyId: "cmp_a", firstName: "Changed" });
    expect(await server.ok(rpc.createCustomer, newCustomer(), { headers })).toMatchObject({ id, firstName: "Changed" });
  });

  it("is not held against what has changed since: the etag, and what it refers to", async () => {
    const headers = fresh();
    const request = newCustomer({ tags: [{ id: "tag_a3" }], assignedStaffId: "staff_a2" });
    const { id, etag } = await server.ok(rpc.createCustomer, request, { headers });
    const update = { id, companyId: "cmp_a", source: "x", etag };
    await server.ok(rpc.updateCustomer, update, { headers });
    await server.database.owner.query("UPDATE tag SET archived_time = clock_timestamp() WHERE id = 'tag_a3'");
    expect((await server.ok(rpc.createCustomer, request, { headers })).id).toBe(id);
    expect((await server.ok(rpc.updateCustomer, update, { headers })).id).toBe(id);
  });

  it("is another request when the key is narrowed to another company", async () => {
    const notes = (company: string) =>
      server.call(
        CustomerService.method.appendCustomerNotes,
        { id: "cus_both", notes: [{ note: "Call me" }] },
        { key: keys.enterprise, headers: { "idempotency-key": "narrowed", "moego-company": company } },
      );
    expect(await notes("cmp_a")).toMatchObject({ ok: true });
    expect(await notes("cmp_b")).toMatchObject({ ok: false, reason: "IDEMPOTENCY_KEY_REUSED" });
  });

  it("is the same call in another transport and another order of its maps", async () => {
    const headers = fresh();
    const field = (string: string) => ({ value: { case: "string" as const, value: string } });
    const customFields = { field_short: field("a"), field_long: field("b") };
    const reversed = { field_long: field("b"), field_short: field("a") };
    const first = await server.ok(rpc.createCustomer, newCustomer({ customFields }), { headers });
    const second = await server.ok(rpc.createCustomer, newCustomer({ customFields: reversed }), {
      headers,
      transport: "rest",
    });
    expect(second.id).toBe(first.id);
  });

  it("leaves a create that the quota refused free for later", async () => {
    const quota = { companyId: "cmp_quota", preferredBusinessId: "biz_q1" };
    const key = keys.quota;
    for (const _ of [1, 2]) await server.ok(rpc.createCustomer, newCustomer(quota), { key });
    const headers = fresh();
    expect(await server.refused(rpc.createCustomer, newCustomer(quota), { key, headers })).toMatchObject({
      reason: "CUSTOMER_QUOTA_EXCEEDED",
    });
    await server.database.owner.query("UPDATE company SET max_customers = 3 WHERE id = 'cmp_quota'");
    const { id } = await server.ok(rpc.createCustomer, newCustomer(quota), { key, headers });
    // Full again, and yet the same call is answered.
    expect((await server.ok(rpc.createCustomer, newCustomer(quota), { key, headers })).id).toBe(id);
  });

  it("needs a key of 1 to 255 visible ASCII characters", async () => {
    await server.ok(rpc.createCustomer, newCustomer(), { headers: { "idempotency-key": "k".repeat(255) } });
    const violations = [{ field: "idempotency-key", reason: "INVALID_FORMAT" }];
    for (const text of ["k".repeat(256), "two words"]) {
      const headers = { "idempotency-key": text };
      expect(await server.refused(rpc.createCustomer, newCustomer(), { headers })).toMatchObject({ violations });
    }
  });

  it("is nothing that a reading rpc knows", async () => {
    const headers = { "idempotency-key": "k".repeat(300) };
    const { headers: answered } = await server.call(rpc.getCustomer, { id: "cus_a1" }, { headers });
    expect(answered["idempotency-replayed"]).toBeUndefined();
  });
});

function fresh(): { "idempotency-key": string } {
  calls += 1;
  return { "idempotency-key": `key-${calls}` };
}

function messageOf(answer: Answer<Message>): Message {
  if (!answer.ok) throw new Error(`refused: ${answer.reason}`);
  return answer.message;
}

/** Grows with every write: each leaves a row of one of these, which are never removed. */
async function changeCount(): Promise<number> {
  const { rows } = await server.database.owner.query<{ count: number }>(
    `SELECT ((SELECT count(*) FROM change) + (SELECT count(*) FROM card_link)
       + (SELECT count(*) FROM api_key_change))::int AS count`,
  );
  return rows[0]?.count ?? 0;
}
