import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { scopes } from "../../src/core/principal.js";
import { ErrorInfoSchema } from "../../src/gen/proto/google/rpc/error_details_pb.js";
import { BatchMode, BatchOutcome } from "../../src/gen/proto/moego/admin/v1/batch_pb.js";
import { ConsentService } from "../../src/gen/proto/moego/admin/v1/consent_service_pb.js";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import {
  type CustomerUpsertResult,
  CustomerUpsertService,
} from "../../src/gen/proto/moego/admin/v1/customer_upsert_service_pb.js";
import { OnMatch } from "../../src/gen/proto/moego/admin/v1/upsert_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { fixtureKey, keys } from "../support/fixture-keys.js";
import { mergePair } from "../support/known-pair.js";
import { type NewCustomer, newCustomer } from "../support/new-customer.js";
import { freshId } from "../support/records.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { upsertCustomer, batchUpsertCustomers } = CustomerUpsertService.method;
const { createCustomer, getCustomer, updateCustomer } = CustomerService.method;
const { archiveCustomer, eraseCustomer } = CustomerAdminService.method;
const { owner } = server.database;
const companyId = "cmp_a";
const { CREATED, UPDATED, UNCHANGED, REFUSED, SKIPPED } = BatchOutcome;

const without = (...lacking: string[]) =>
  scopes.filter((scope) => scope !== "platform:admin" && !lacking.includes(scope));
const unreading = fixtureKey("key_upserts_unread", [{ type: "COMPANY", id: companyId }], {
  scopes: without("customer:read"),
});
const withoutImport = fixtureKey("key_upserts_no_import", [{ type: "COMPANY", id: companyId }], {
  scopes: without("record:import"),
});
beforeAll(() => server.insertKeys([unreading, withoutImport]));

let last = 5000;
/** Keys that no other customer has. */
function fresh() {
  last += 1;
  return { phone: `+1212556${last}`, email: `person${last}@upserts.example`, externalId: crm(`person ${last}`) };
}
const crm = (id: string) => ({ system: "crm", id });

type Match = { id?: string; phone?: string; email?: string; externalId?: { system: string; id: string } };
type Options = Parameters<typeof server.ok>[2];
const upsert = (match: Match, fields: NewCustomer = {}, more: object = {}, options: Options = {}) =>
  server.ok(
    upsertCustomer,
    { companyId, match, customer: newCustomer({ phone: match.phone ?? "+12125550111", ...fields }), ...more },
    options,
  );
const refused = (match: Match, fields: NewCustomer = {}, more: object = {}, options: Options = {}) =>
  server.refused(
    upsertCustomer,
    { companyId, match, customer: newCustomer({ phone: match.phone ?? "+12125550111", ...fields }), ...more },
    options,
  );

async function customersWith(column: "phone" | "email", value: string) {
  const { rows } = await owner.query<{ id: string }>(`SELECT id FROM customer WHERE ${column} = $1`, [value]);
  return rows.map(({ id }) => id);
}

function reasonOf(result: CustomerUpsertResult | undefined) {
  return result?.error?.details.flatMap((one) => anyUnpack(one, ErrorInfoSchema) ?? [])[0]?.reason;
}

describe("an upsert of a customer", () => {
  it("creates the customer with every key, and the same request then changes nothing", async () => {
    const { phone, email, externalId } = fresh();
    const send = () =>
      upsert({ phone, email, externalId }, { phone: "", tags: [{ name: "Upserted" }], notes: [{ note: "Once" }] });
    const made = await send();
    expect(made.outcome).toBe(CREATED);
    expect(made.customer).toMatchObject({ phone, email, externalIds: [externalId], etag: "1" });
    const again = await send();
    expect(again.outcome).toBe(UNCHANGED);
    expect(again.customer).toEqual(made.customer);
    const changes = await owner.query("SELECT version FROM change WHERE resource_id = $1", [made.customer?.id]);
    expect(changes.rows).toHaveLength(1);
  });

  it("finds a customer by its id, its external id, any of its phones in any format, and its email address in any case", async () => {
    const { phone, email, externalId } = fresh();
    const { id } = await server.ok(
      createCustomer,
      newCustomer({ phones: [{ number: "+12125550111" }, { number: phone }], email, externalIds: [externalId] }),
    );
    const national = `(${phone.slice(2, 5)}) ${phone.slice(5, 8)}-${phone.slice(8)}`;
    const found = [
      await upsert({ id }, { phone, source: "1" }),
      await upsert({ externalId }, { phone, source: "2" }),
      await upsert({ phone: national }, { phone: "", source: "3" }),
      await upsert({ email: email.toUpperCase() }, { phone, email: "", source: "4" }),
    ];
    expect(found.map(({ outcome }) => outcome)).toEqual([UPDATED, UPDATED, UPDATED, UPDATED]);
    expect(new Set(found.map(({ customer }) => customer?.id))).toEqual(new Set([id]));
    expect(found.map(({ customer }) => customer?.source)).toEqual(["1", "2", "3", "4"]);
    expect(found[3]?.customer).toMatchObject({ email, phone });
  });

  it("finds the customer of a number that many others with other external ids have", async () => {
    const { phone, externalId } = fresh();
    const { system } = externalId;
    const { id } = await server.ok(createCustomer, newCustomer({ phone }));
    for (let other = 1; other <= 11; other += 1) {
      const externalIds = [{ system, id: `${externalId.id} ${other}` }];
      await server.ok(createCustomer, newCustomer({ phone, externalIds }));
    }
    const { outcome, customer } = await upsert({ phone, externalId });
    expect([outcome, customer?.id]).toEqual([UPDATED, id]);
  });

  it("changes what the request states as UpdateCustomer does, except that nothing is cleared and external ids are added", async () => {
    const { phone, externalId } = fresh();
    const stored = await server.ok(
      createCustomer,
      newCustomer({
        ...{
          phone,
          phones: [{ number: phone }, { number: "+12125550188" }],
          externalIds: [externalId],
          email: "old@example.com",
        },
        ...{ address: { address1: "1 First St", city: "Boston" }, tags: [{ id: "tag_a1" }], notes: [{ note: "Old" }] },
        customFields: { field_short: { value: { case: "string", value: "old" } } },
      }),
    );
    const { outcome, customer } = await upsert(
      { externalId },
      {
        ...{ phone, firstName: "Grace", externalIds: [crm(`more ${phone}`)], tags: [{ name: "By upsert" }] },
        ...{ address: { address1: "2 Second St" }, notes: [{ note: "New" }], colorCode: "#112233" },
        customFields: { field_number: { value: { case: "int64", value: 7n } } },
      },
    );
    expect(outcome).toBe(UPDATED);
    expect(customer).toMatchObject({
      ...{ id: stored.id, firstName: "Grace", email: "old@example.com", colorCode: "#112233", etag: "2" },
      ...{ address: [{ address1: "2 Second St", city: "Boston" }], notes: [{ note: "Old" }] },
      ...{ phones: [{ number: phone }, { number: "+12125550188" }], tags: [{ name: "By upsert" }] },
      externalIds: [crm(`more ${phone}`), externalId].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    });
    expect(customer?.customFields).toEqual({ field_short: { string: "old" }, field_number: { int64: "7" } });
    expect(await server.ok(getCustomer, { id: stored.id })).toEqual(customer);
    const { rows } = await owner.query(
      "SELECT version::int, staff_id, rpc, changed_fields, location_before, location_after FROM change WHERE resource_id = $1 AND version = 2",
      [stored.id],
    );
    const changed = ["first_name", "color_code", "custom_fields", "tags", "addresses", "external_ids"];
    expect(rows).toEqual([
      {
        ...{ version: 2, staff_id: "staff_a1", rpc: "moego.admin.v1.CustomerUpsertService/UpsertCustomer" },
        ...{ changed_fields: expect.arrayContaining(changed), location_before: "biz_a1", location_after: "biz_a1" },
      },
    ]);
    expect(rows[0]?.changed_fields).toHaveLength(changed.length);
  });

  it("replaces a list of phones, and moves a customer to another location", async () => {
    const { phone, externalId } = fresh();
    await upsert({ externalId }, { phone });
    const phones = [{ number: "+12125550177" }, { number: phone }];
    const { customer } = await upsert({ externalId }, { phone: "", phones, preferredBusinessId: "biz_a2" });
    expect(customer).toMatchObject({ phone: "+12125550177", phones, preferredBusinessId: "biz_a2" });
  });

  it("adds a secondary address once", async () => {
    const { externalId } = fresh();
    const address = { address1: "9 Ninth St", type: 2 };
    await upsert({ externalId }, { address: { address1: "1 First St" } });
    expect((await upsert({ externalId }, { address })).outcome).toBe(UPDATED);
    const again = await upsert({ externalId }, { address });
    expect(again.outcome).toBe(UNCHANGED);
    expect(again.customer?.address).toHaveLength(2);
  });

  it("records a new choice in the consent history, and none that is the same", async () => {
    const { externalId } = fresh();
    const { customer } = await upsert({ externalId });
    const complianceConfig = { isConsented: true, serviceRelatedChannels: { channels: [1] } };
    const consentProvenance = { source: 1, evidence: { reference: "form 7" } };
    const changed = await upsert({ externalId }, { complianceConfig, consentProvenance });
    expect(changed.outcome).toBe(UPDATED);
    expect(changed.customer?.complianceConfig).toMatchObject({ isConsented: true });
    expect((await upsert({ externalId }, { complianceConfig, consentProvenance })).outcome).toBe(UNCHANGED);
    const { rows } = await owner.query(
      "SELECT before IS NULL AS first, evidence_reference FROM consent_event WHERE subject_id = $1 ORDER BY occurred_time",
      [customer?.id],
    );
    expect(rows).toEqual([
      { first: true, evidence_reference: "" },
      { first: false, evidence_reference: "form 7" },
    ]);
  });

  it("fills what the customer does not have, and leaves the rest", async () => {
    const { phone, externalId } = fresh();
    const stored = await server.ok(
      createCustomer,
      newCustomer({ phone, email: "mine@example.com", tags: [{ id: "tag_a1" }] }),
    );
    const fields = {
      ...{ firstName: "Other", email: "other@example.com", source: "Radio", tags: [{ id: "tag_a2" }] },
      ...{ address: { city: "Boston" }, complianceConfig: { isConsented: true } },
    };
    const fill = { onMatch: OnMatch.FILL_EMPTY };
    const { outcome, customer } = await upsert({ phone, externalId }, fields, fill);
    expect(outcome).toBe(UPDATED);
    expect(customer).toMatchObject({
      ...{ id: stored.id, firstName: "Ada", email: "mine@example.com", source: "Radio", tags: [{ id: "tag_a1" }] },
      ...{ address: [{ city: "Boston" }], complianceConfig: { isConsented: false }, externalIds: [externalId] },
    });
    expect((await upsert({ phone, externalId }, fields, fill)).outcome).toBe(UNCHANGED);
  });

  it("skips a customer that exists, archived or not, and creates one that does not", async () => {
    const { phone, externalId } = fresh();
    const skip = { onMatch: OnMatch.SKIP };
    expect((await upsert({ externalId }, { phone }, skip)).outcome).toBe(CREATED);
    const { outcome, customer } = await upsert({ externalId }, { phone, firstName: "Other" }, skip);
    expect([outcome, customer?.firstName, customer?.etag]).toEqual([SKIPPED, "Ada", "1"]);
    await server.ok(archiveCustomer, { companyId, id: customer?.id ?? "" });
    expect((await upsert({ externalId }, { phone }, skip)).customer?.deleted).toBe(true);
    expect(await refused({ externalId }, { phone })).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "RESOURCE_ARCHIVED",
    });
  });

  it("refuses several matches and names them", async () => {
    const { phone, email } = fresh();
    const one = await server.ok(createCustomer, newCustomer({ phone }));
    const two = await server.ok(createCustomer, newCustomer({ email }));
    const both = { code: "FAILED_PRECONDITION", reason: "AMBIGUOUS_MATCH" };
    const ids = [one.id, two.id].toSorted().join(", ");
    expect(await refused({ phone, email })).toMatchObject({ ...both, metadata: { resource: "Customer", ids } });
    await server.ok(createCustomer, newCustomer({ phone }));
    expect(await refused({ phone }, {}, { onMatch: OnMatch.SKIP })).toMatchObject(both);
    expect((await customersWith("phone", phone)).length).toBe(2);
  });

  it("takes customers with another id in the same system for other people", async () => {
    const { phone, externalId } = fresh();
    const first = await upsert({ phone, externalId });
    const second = await upsert({ phone, externalId: crm(`sibling of ${externalId.id}`) });
    expect(second.outcome).toBe(CREATED);
    expect(first.customer?.id).not.toBe(second.customer?.id);
    const ofBoth = await refused({ phone, externalId: { system: "pos", id: externalId.id } });
    expect(ofBoth).toMatchObject({ reason: "AMBIGUOUS_MATCH" });
  });

  it("does not find archived customers by a contact, nor does it take their external id", async () => {
    const { phone, externalId } = fresh();
    const { customer } = await upsert({ phone, externalId });
    await server.ok(archiveCustomer, { companyId, id: customer?.id ?? "" });
    expect((await upsert({ phone })).outcome).toBe(CREATED);
    expect(await refused({ phone, externalId })).toMatchObject({ code: "FAILED_PRECONDITION" });
  });

  it("creates a customer with a chosen id only for a key that may import", async () => {
    const id = freshId();
    expect(await refused({ id }, {}, {}, { key: withoutImport })).toMatchObject({
      code: "NOT_FOUND",
      metadata: { id },
    });
    const made = await upsert({ id });
    expect([made.outcome, made.customer?.id]).toEqual([CREATED, id]);
    expect((await upsert({ id }, { source: "x" }, {}, { key: withoutImport })).outcome).toBe(UPDATED);
    await server.ok(eraseCustomer, { companyId, id });
    expect(await refused({ id })).toMatchObject({ reason: "RESOURCE_ERASED" });
  });

  it("refuses the id of a customer that was merged, and names the survivor", async () => {
    const [survivor, merged] = [
      await server.ok(createCustomer, newCustomer()),
      await server.ok(createCustomer, newCustomer()),
    ];
    await mergePair(server, { id: survivor.id, fromId: merged.id });
    for (const key of [keys.a, withoutImport]) {
      expect(await refused({ id: merged.id }, {}, {}, { key })).toMatchObject({
        ...{ code: "FAILED_PRECONDITION", reason: "RESOURCE_MERGED" },
        metadata: { id: merged.id, mergedInto: survivor.id },
      });
    }
    expect((await upsert({ id: survivor.id }, { source: "x" })).outcome).toBe(UPDATED);
  });

  it("refuses an external id that another customer has", async () => {
    const [one, two] = [fresh(), fresh()];
    await upsert({ externalId: one.externalId });
    const taken = { code: "ALREADY_EXISTS", metadata: { field: "external_ids" } };
    expect(await refused({ externalId: two.externalId }, { externalIds: [one.externalId] })).toMatchObject(taken);
    await upsert({ externalId: two.externalId });
    expect(await refused({ externalId: two.externalId }, { externalIds: [one.externalId] })).toMatchObject(taken);
  });

  it("lists every violation, of a customer that is created and of one that is changed", async () => {
    const { externalId } = fresh();
    const bad = { tags: [{ id: "tag_none" }], assignedStaffId: "staff_none", referralSource: { id: "ref_none" } };
    const fields = ["customer.assigned_staff_id", "customer.referral_source.id", "customer.tags[0].id"];
    const fieldsOf = async () => (await refused({ externalId }, bad)).violations.map(({ field }) => field).toSorted();
    expect(await fieldsOf()).toEqual(fields);
    await upsert({ externalId });
    expect(await fieldsOf()).toEqual(fields);
  });

  it("refuses keys that contradict each other or the customer", async () => {
    const { phone, email } = fresh();
    const cases = [
      [{}, {}, "match REQUIRED"],
      [{ id: "x", phone }, {}, "match.id CONFLICT"],
      [{ phone: "12" }, { phone }, "match.phone INVALID_FORMAT"],
      [{ phone }, { phone: "+12125550111" }, "match.phone CONFLICT"],
      [{ email }, { email: "other@example.com" }, "match.email CONFLICT"],
      [{ email }, { phone: "" }, "customer.phone REQUIRED"],
      [{ externalId: { system: "", id: "1" } }, {}, "match.external_id.system REQUIRED"],
    ] as const;
    for (const [match, fields, expected] of cases) {
      const { violations } = await refused(match, fields);
      expect(violations.map(({ field, reason }) => `${field} ${reason}`)).toEqual([expected]);
    }
  });
});

describe("an upsert by an API key that may not see everything", () => {
  const limited = { key: keys.businessA1 };

  it("neither finds nor names customers of other locations by a contact", async () => {
    const { phone, email } = fresh();
    const hidden = await server.ok(createCustomer, newCustomer({ phone, preferredBusinessId: "biz_a2" }));
    const made = await upsert({ phone }, {}, {}, limited);
    expect(made.outcome).toBe(CREATED);
    expect(made.customer?.id).not.toBe(hidden.id);
    await server.ok(createCustomer, newCustomer({ email, preferredBusinessId: "biz_a2" }));
    expect((await upsert({ phone, email }, { source: "x" }, {}, limited)).customer?.id).toBe(made.customer?.id);
    expect((await server.ok(getCustomer, { id: hidden.id })).etag).toBe("1");
  });

  it("is refused without a name if a customer of another location has the external id or the id", async () => {
    const { externalId } = fresh();
    const id = freshId();
    const hidden = await upsert({ externalId }, { preferredBusinessId: "biz_a2" });
    await upsert({ id }, { preferredBusinessId: "biz_a2" });
    for (const onMatch of [OnMatch.UPDATE, OnMatch.SKIP]) {
      const byExternal = await refused({ externalId }, {}, { onMatch }, limited);
      expect(byExternal).toMatchObject({ code: "ALREADY_EXISTS", metadata: { field: "external_ids" } });
      expect(JSON.stringify(byExternal)).not.toContain(hidden.customer?.id);
      expect(await refused({ id }, {}, { onMatch }, limited)).toMatchObject({
        code: "ALREADY_EXISTS",
        metadata: { field: "id" },
      });
    }
  });

  it("cannot move a customer to another location", async () => {
    const { externalId } = fresh();
    await upsert({ externalId }, {}, {}, limited);
    const moved = await refused({ externalId }, { preferredBusinessId: "biz_a2" }, {}, limited);
    expect(moved).toMatchObject({ code: "PERMISSION_DENIED", reason: "BUSINESS_NOT_ALLOWED" });
  });

  it("cannot look for people by a contact without customer:read", async () => {
    const { phone, email, externalId } = fresh();
    for (const match of [{ phone }, { email }])
      expect(await refused(match, {}, {}, { key: unreading })).toMatchObject({
        reason: "SCOPE_REQUIRED",
        metadata: { scope: "customer:read" },
      });
    expect((await upsert({ externalId }, {}, {}, { key: unreading })).outcome).toBe(CREATED);
  });

  it("does not reach a customer of another company", async () => {
    const foreign = await server.ok(
      createCustomer,
      newCustomer({ companyId: "cmp_c", preferredBusinessId: "biz_c1", externalIds: [crm("of c")] }),
      { key: keys.c },
    );
    expect((await upsert({ externalId: crm("of c") })).outcome).toBe(CREATED);
    expect((await upsert({ id: foreign.id })).outcome).toBe(CREATED);
    expect((await server.ok(getCustomer, { id: foreign.id }, { key: keys.c })).etag).toBe("1");
  });
});

describe("upserts at the same time", () => {
  const keysOf = (kind: "phone" | "email" | "externalId" | "id") => {
    const { phone, email, externalId } = fresh();
    return { phone: { phone }, email: { email }, externalId: { externalId }, id: { id: freshId() } }[kind];
  };

  it.each(["phone", "email", "externalId", "id"] as const)("16 with the same %s make one customer", async (kind) => {
    const match = keysOf(kind);
    const sent = await Promise.all(Array.from({ length: 16 }, (_, n) => upsert(match, { source: `caller ${n}` })));
    expect(sent.filter(({ outcome }) => outcome === CREATED)).toHaveLength(1);
    expect(new Set(sent.map(({ customer }) => customer?.id)).size).toBe(1);
    const { etag } = await server.ok(getCustomer, { id: sent[0]?.customer?.id ?? "" });
    const changed = sent.filter(({ outcome }) => outcome === UPDATED).length;
    expect(Number(etag)).toBe(1 + changed);
    expect(changed).toBe(15);
  });

  it("batches with the same customers in other orders make each once", async () => {
    const people = Array.from({ length: 20 }, fresh);
    const items = people.map(({ phone }) => ({ match: { phone }, customer: newCustomer({ phone }) }));
    const orders = [items, items.toReversed(), items, items.toReversed()];
    const sent = await Promise.all(
      orders.map((some) => server.ok(batchUpsertCustomers, { companyId, items: some, onMatch: OnMatch.UPDATE })),
    );
    const outcomes = sent.flatMap(({ results }) => results.map(({ outcome }) => outcome));
    expect(outcomes.filter((outcome) => outcome === CREATED)).toHaveLength(20);
    expect(outcomes.filter((outcome) => outcome === UNCHANGED)).toHaveLength(60);
    for (const { phone } of people) expect(await customersWith("phone", phone)).toHaveLength(1);
  });

  it("and updates of the same customer lose nothing", async () => {
    const { externalId } = fresh();
    const { customer } = await upsert({ externalId });
    const id = customer?.id ?? "";
    await Promise.all(
      Array.from({ length: 8 }, (_, n) => [
        server.ok(updateCustomer, { companyId, id, notes: [{ note: `note ${n}` }] }),
        upsert({ externalId }, { externalIds: [crm(`${externalId.id} ${n}`)] }),
      ]).flat(),
    );
    const after = await server.ok(getCustomer, { id });
    expect([after.notes.length, after.externalIds.length, after.etag]).toEqual([8, 9, "17"]);
  });
});

describe("a batch of upserts", () => {
  const item = (match: Match, fields: NewCustomer = {}) => ({ match, customer: newCustomer(fields) });

  it("creates, changes and leaves customers in one request, with a result for each", async () => {
    const [one, two, three] = [fresh(), fresh(), fresh()];
    await upsert({ externalId: one.externalId });
    await upsert({ externalId: two.externalId }, { tags: [{ name: "Shared by items" }] });
    const items = [
      item(
        { externalId: one.externalId },
        { source: "Radio", tags: [{ name: "shared by ITEMS" }, { name: "New to all" }] },
      ),
      item({ externalId: two.externalId }),
      item({ externalId: three.externalId }, { tags: [{ name: "new TO all" }] }),
    ];
    const { results } = await server.ok(batchUpsertCustomers, { companyId, items, returnRecords: true });
    expect(results.map(({ outcome }) => outcome)).toEqual([UPDATED, UNCHANGED, CREATED]);
    expect(results.map(({ etag }) => etag)).toEqual(["2", "1", "1"]);
    expect(results.map(({ customer }) => customer?.tags.map(({ name }) => name).toSorted())).toEqual([
      ...[["New to all", "Shared by items"], ["Shared by items"], ["New to all"]],
    ]);
    for (const { id, customer } of results) expect(await server.ok(getCustomer, { id })).toEqual(customer);
  });

  it("stores nothing if an item is refused, unless every item has its own result", async () => {
    const [one, two] = [fresh(), fresh()];
    await upsert({ externalId: one.externalId });
    const items = [
      item({ externalId: one.externalId }, { source: "Changed" }),
      item({ externalId: two.externalId }, { assignedStaffId: "staff_none" }),
      item({ externalId: two.externalId }),
    ];
    const whole = await server.refused(batchUpsertCustomers, { companyId, items });
    expect(whole.violations.map(({ field, reason }) => `${field} ${reason}`)).toEqual([
      "items[2].match.external_id DUPLICATE_FIELD",
    ]);
    const second = await server.refused(batchUpsertCustomers, { companyId, items: items.slice(0, 2) });
    expect(second.violations).toMatchObject([{ field: "items[1].customer.assigned_staff_id", reason: "NOT_FOUND" }]);
    expect((await upsert({ externalId: one.externalId })).customer?.source).toBe("");
    const { results } = await server.ok(batchUpsertCustomers, { companyId, items, mode: BatchMode.EACH });
    expect(results.map(({ outcome }) => outcome)).toEqual([UPDATED, REFUSED, REFUSED]);
    expect(results.map(reasonOf)).toEqual([undefined, "INVALID_REQUEST", "INVALID_REQUEST"]);
  });

  it("refuses items that mean the customer of an earlier one, stored or new", async () => {
    const [one, two] = [fresh(), fresh()];
    await upsert({ phone: one.phone, email: one.email, externalId: one.externalId });
    const items = [
      item({ phone: one.phone }, { phone: one.phone }),
      item({ email: one.email }),
      item({ externalId: two.externalId }, { phone: two.phone }),
      item({ phone: two.phone }, { phone: two.phone }),
      item({ externalId: fresh().externalId }, { externalIds: [two.externalId] }),
    ];
    const { results } = await server.ok(batchUpsertCustomers, { companyId, items, mode: BatchMode.EACH });
    expect(results.map(({ outcome }) => outcome)).toEqual([UNCHANGED, REFUSED, CREATED, REFUSED, REFUSED]);
  });

  it("returns the first outcome to a retry, of the batch and of an item in any other batch", async () => {
    const [one, two] = [fresh(), fresh()];
    await upsert({ externalId: one.externalId });
    const keyed = (match: Match, idempotencyKey: string, fields: NewCustomer = {}) => ({
      ...item(match, fields),
      idempotencyKey,
    });
    const items = [
      keyed({ externalId: one.externalId }, "upsert-1", { source: "Changed" }),
      keyed({ externalId: two.externalId }, "upsert-2"),
      item({ externalId: one.externalId, phone: one.phone }, { phone: one.phone, assignedStaffId: "staff_none" }),
    ];
    const headers = { "idempotency-key": "batch-of-upserts" };
    const send = (some: typeof items, more: object = {}) =>
      server.ok(batchUpsertCustomers, { companyId, items: some, mode: BatchMode.EACH }, more);
    const first = await send(items, { headers });
    expect(first.results.map(({ outcome }) => outcome)).toEqual([UPDATED, CREATED, REFUSED]);
    await server.ok(updateCustomer, { companyId, id: first.results[0]?.id ?? "", source: "Later" });
    for (const retry of [await send(items, { headers }), await send(items)]) {
      expect(retry.results.map(({ outcome, replayed }) => [outcome, replayed])).toEqual([
        ...[
          [UPDATED, true],
          [CREATED, true],
          [REFUSED, false],
        ],
      ]);
      expect(retry.results[0]).toMatchObject({ id: first.results[0]?.id, etag: "3" });
    }
    const other = await send([keyed({ externalId: two.externalId }, "upsert-2", { source: "Another request" })]);
    expect(other.results.map(reasonOf)).toEqual(["IDEMPOTENCY_KEY_REUSED"]);
  });

  it("answers a retry of a single upsert with what it did first", async () => {
    const { externalId } = fresh();
    const headers = { "idempotency-key": freshId() };
    const first = await upsert({ externalId }, {}, {}, { headers });
    await server.ok(updateCustomer, { companyId, id: first.customer?.id ?? "", source: "Later" });
    const retry = await upsert({ externalId }, {}, {}, { headers });
    expect([retry.outcome, retry.customer?.source]).toEqual([CREATED, "Later"]);
  });

  it("keeps the customer limit exactly, and lets stored customers be changed beyond it", async () => {
    await owner.query("UPDATE company SET max_customers = 5 WHERE id = 'cmp_quota'");
    const quota = { companyId: "cmp_quota", preferredBusinessId: "biz_q1" };
    const items = Array.from({ length: 6 }, () => item({ externalId: fresh().externalId }, quota));
    const send = () =>
      server.ok(batchUpsertCustomers, { companyId: quota.companyId, items, mode: BatchMode.EACH }, { key: keys.quota });
    const first = await Promise.all([send(), send()]);
    const outcomes = first.flatMap(({ results }) => results.map((result) => reasonOf(result) ?? result.outcome));
    expect(outcomes.filter((outcome) => outcome === CREATED)).toHaveLength(5);
    expect(outcomes.filter((outcome) => outcome === "CUSTOMER_QUOTA_EXCEEDED")).toHaveLength(2);
    expect(outcomes.filter((outcome) => outcome === UNCHANGED)).toHaveLength(5);
  });

  it("changes many customers at once", async () => {
    const people = Array.from({ length: 60 }, fresh);
    const send = (source: string) =>
      server.ok(batchUpsertCustomers, {
        companyId,
        items: people.map(({ phone, externalId }) =>
          item({ phone, externalId }, { phone, source, address: { city: source } }),
        ),
      });
    expect(new Set((await send("One")).results.map(({ outcome }) => outcome))).toEqual(new Set([CREATED]));
    expect(new Set((await send("Two")).results.map(({ outcome, etag }) => `${outcome} ${etag}`))).toEqual(
      new Set([`${UPDATED} 2`]),
    );
    expect(new Set((await send("Two")).results.map(({ outcome }) => outcome))).toEqual(new Set([UNCHANGED]));
  });
});

describe("upserts and opt-outs", () => {
  it("do not permit what a person has opted out of", async () => {
    const { phone, externalId } = fresh();
    await upsert({ externalId }, { phone });
    await server.ok(ConsentService.method.recordOptOut, {
      companyId,
      contact: { case: "phone", value: phone },
      channels: [1],
    });
    const complianceConfig = { serviceRelatedChannels: { channels: [1, 2] } };
    const { customer } = await upsert({ externalId }, { phone, complianceConfig });
    expect(customer?.complianceConfig?.serviceRelatedChannels).not.toContain(1);
  });

  it("say once that an opt-out withholds what is asked for again and again", async () => {
    const { phone, externalId } = fresh();
    const { customer } = await upsert({ externalId }, { phone });
    await server.ok(ConsentService.method.recordOptOut, {
      ...{ companyId, contact: { case: "phone", value: phone } },
      channels: [1],
    });
    const ask = (channels: number[]) =>
      upsert({ externalId }, { phone, complianceConfig: { marketingCampaignsChannels: { channels } } });
    const subject = { case: "customerId", value: customer?.id ?? "" } as const;
    const query = { companyId, subject, pagination: { pageSize: 100 } };
    const entryCount = async () => (await server.ok(ConsentService.method.listConsentHistory, query)).entries.length;
    const outcomes = async (channels: number[]) => [
      (await ask(channels)).outcome,
      (await ask(channels)).outcome,
      await entryCount(),
    ];
    // The opt-out found SMS in the service channels; that marketing by SMS is withheld too is new.
    expect(await outcomes([1])).toEqual([UPDATED, UNCHANGED, 3]);
    // A choice that is permitted is stored, and is not the reason for an entry the next time.
    expect(await outcomes([1, 2])).toEqual([UPDATED, UNCHANGED, 4]);
  });

  it("record new evidence for what an opt-out withholds, and the same evidence once", async () => {
    const { phone, externalId } = fresh();
    const { customer } = await upsert({ externalId }, { phone });
    await server.ok(ConsentService.method.recordOptOut, {
      ...{ companyId, contact: { case: "phone", value: phone } },
      channels: [1],
    });
    const ask = async (reference?: string) => {
      const consentProvenance = reference === undefined ? {} : { consentProvenance: { evidence: { reference } } };
      const complianceConfig = { marketingCampaignsChannels: { channels: [1] } };
      return (await upsert({ externalId }, { phone, complianceConfig, ...consentProvenance })).outcome;
    };
    const outcomes: unknown[] = [];
    for (const reference of [undefined, "form 1", "form 1", "form 2", "form 1", undefined]) {
      outcomes.push(await ask(reference));
    }
    expect(outcomes).toEqual([UPDATED, UPDATED, UNCHANGED, UPDATED, UNCHANGED, UNCHANGED]);
    const subject = { case: "customerId", value: customer?.id ?? "" } as const;
    const query = { companyId, subject, pagination: { pageSize: 100 } };
    const { entries } = await server.ok(ConsentService.method.listConsentHistory, query);
    expect(entries.flatMap((entry) => entry.evidence?.reference || [])).toEqual(["form 2", "form 1"]);
  });
});
