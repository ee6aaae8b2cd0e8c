import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { authorizationOf, fixtureKey, keys } from "../support/fixture-keys.js";
import { startServer } from "../support/server.js";
import { grpcLeads, grpcLists } from "./shapes/grpc.js";
import { readLeads, refusedLeads } from "./shapes/leads.js";
import { lists } from "./shapes/lists.js";
import { phoneHolders } from "./shapes/phone-holders.js";
import { phones } from "./shapes/phones.js";
import { accepted, refused, type Sent, senderTo } from "./shapes/shape.js";

/** Requests as public clients of the hosted API send them, one case for each. */
const server = await startServer();
afterAll(() => server.stop());
const send = senderTo(server);

describe("lists", () => {
  it.each(lists)("%s", async (_what, sent, rows, ids) => {
    const json = await accepted(send, sent);
    expect(json[rows].map(({ id }: { id: string }) => id)).toEqual(ids);
  });
});

describe("over gRPC", () => {
  it.each(grpcLists)("%s", async (_what, call, ids) => {
    expect(await call(server)).toEqual(ids);
  });

  it.each(grpcLeads)("leads with %s are read", async (_what, lead, read) => {
    expect(await server.ok(LeadService.method.createLead, { lead: { ...named, ...lead } })).toMatchObject(read);
  });

  it.each([
    ["the key alone", keys.a.secret],
    ["the key with a colon in base64", `Basic ${Buffer.from(`${keys.a.secret}:`).toString("base64")}`],
  ])("%s", async (_what, authorization) => {
    await server.ok(LeadService.method.getLead, { id: "lcus_a1" }, { key: null, headers: { authorization } });
  });
});

describe("services", () => {
  const to = "setting/companies/cmp_a/services";

  it("of the type TRAINING are created, read and listed by their type", async () => {
    const body = { name: "Puppy class", serviceItemType: "TRAINING", serviceType: "SERVICE" };
    const made = await accepted(send, { to, body });
    expect(made).toMatchObject({
      ...{ ...body, breedFilter: true, customizedBreeds: [], petSizeFilter: true, customizedPetSizes: [] },
      ...{ coatFilter: true, customizedCoats: [], petCodeFilter: { isAllPetCode: true, petCodeIds: [] } },
    });
    expect(await accepted(send, { to: `${to}/${made.id}` })).toEqual(made);
    const list = { pagination: { pageSize: 20 }, filter: { itemTypes: ["TRAINING"] } };
    expect((await accepted(send, { to: `${to}:list`, body: list })).services).toEqual([made]);
  });
});

for (const [code, type] of Object.entries({
  ...{ text: "SHORT_TEXT", number: "NUMBER", boolean: "BOOLEAN", select: "SELECT", multi: "MULTI_SELECT" },
  ...{ date: "DATE", datetime: "DATETIME", time: "TIME", money: "MONEY" },
})) {
  const options = ["A", "B"].map((value) => ({ value, label: value }));
  await accepted(send, {
    to: "admin/companies/cmp_a/custom_fields",
    body: {
      ...{ associationType: "LEAD", code, label: code, type },
      ...(type.endsWith("SELECT") ? { options } : {}),
    },
  });
}

const named = { companyId: "cmp_a", firstName: "Ann", lastName: "Lee", phone: "+12125550142" };
const [doubtful = "", impossible = ""] = [phones.doubtful[0], phones.impossible[0]];

describe("leads", () => {
  it.each(readLeads)("with %s are read", async (_what, lead, read) => {
    expect(await accepted(send, { to: "leads", body: { lead: { ...named, ...lead } } })).toMatchObject(read);
  });

  it.each(refusedLeads)("with %s are refused with a hint", async (_what, lead, violation) => {
    const before = await server.database.owner.query("SELECT count(*) FROM lead");
    expect(await refused(send, { to: "leads", body: { lead: { ...named, ...lead } } })).toEqual([violation]);
    expect((await server.database.owner.query("SELECT count(*) FROM lead")).rows).toEqual(before.rows);
  });
});

describe("phones", () => {
  const lead = (phone: string) => ({ to: "leads", body: { lead: { ...named, phone } } });
  const customer = (phone: string) => ({
    to: "customers",
    body: { ...named, preferredBusinessId: "biz_a1", phone },
  });

  it.each(phones.valid)("%s is accepted", async (phone) => {
    for (const sent of [lead(phone), customer(phone)]) {
      const { status, headers } = await send(sent);
      expect([status, headers.get("moego-warning")]).toEqual([200, null]);
    }
  });

  it.each(phones.doubtful)("%s is accepted with a warning", async (phone) => {
    for (const sent of [lead(phone), customer(phone)]) {
      const { status, headers } = await send(sent);
      expect([status, headers.get("moego-warning")]).toEqual([200, "PHONE_NOT_VALID phones[0].number"]);
    }
  });

  it.each(phones.impossible)("%s is refused", async (phone) => {
    expect(await refused(send, lead(phone))).toEqual([expect.stringMatching(/^lead\.phone: Must be a phone number/)]);
    expect(await refused(send, customer(phone))).toEqual([expect.stringMatching(/^phone: Must be a phone number/)]);
  });

  it.each(["+11234567890", "12", "+12125550142x"])("%s is accepted where it is stored", async (stored) => {
    for (const [table, made, body] of [
      ["lead", await accepted(send, lead(named.phone)), (phone: object) => ({ lead: phone })],
      ["customer", await accepted(send, customer(named.phone)), (phone: object) => ({ companyId: "cmp_a", ...phone })],
    ] as const) {
      await server.database.owner.query(`UPDATE ${table} SET phone = $1 WHERE id = $2`, [stored, made.id]);
      const update = (phone: object) => ({ verb: "PUT" as const, to: `${table}s/${made.id}`, body: body(phone) });
      const before = await accepted(send, { to: `${table}s/${made.id}` });
      expect(before.phone).toBe(stored);
      const again = { phone: stored, lastName: "Again" };
      expect(await accepted(send, update(again))).toMatchObject(again);
      expect(await accepted(send, update({ phones: before.phones, lastName: "Twice" }))).toMatchObject({
        phone: stored,
      });
      expect(await refused(send, update({ phone: "9876543210" }))).toHaveLength(1);
      expect(await refused(send, update({ phones: [{ number: "9876543210" }] }))).toEqual([
        expect.stringContaining("phones[0].number: Must be a phone number"),
      ]);
    }
  });
});

describe.each(Object.entries(phoneHolders))("the phone of %s", (_holder, holder) => {
  const { create, update, phoneOf, column, fields, link, warned = fields[0] } = holder;
  it("is accepted if valid, with a warning if doubtful, and refused if impossible", async () => {
    expect(phoneOf(await accepted(send, create("+12125550142")))).toBe("+12125550142");
    const { status, headers, json } = await send(create(doubtful));
    expect([status, headers.get("moego-warning"), phoneOf(json)]).toEqual([200, `PHONE_NOT_VALID ${warned}`, doubtful]);
    expect(await refused(send, create(impossible))).toEqual([
      expect.stringContaining(`${fields[0]}: Must be a phone number`),
    ]);
  });

  it.each(["+11234567890", "12"])("%s is accepted where it is stored", async (stored) => {
    const made = await accepted(send, create("+12125550143"));
    const { table, name, id } = column(made);
    const key = table === "customer_phone" ? "position = 1 AND customer_id" : "id";
    await server.database.owner.query(`UPDATE ${table} SET ${name} = $1 WHERE ${key} = $2`, [stored, id]);
    expect(phoneOf(await accepted(send, update(made, stored)))).toBe(stored);
    expect(await refused(send, update(made, "9876543210"))).toEqual([
      expect.stringContaining(`${fields[1]}: Must be a phone number`),
    ]);
    const beside = { [link[0]]: "no link" };
    expect((await refused(send, update(made, "9876543210", beside))).toSorted()).toEqual(
      [`${fields[1]}: Must be a phone number`, `${link[1]}: `].toSorted().map((text) => expect.stringContaining(text)),
    );
    expect(await refused(send, update(made, stored, beside))).toEqual([expect.stringContaining(link[1])]);
    expect(phoneOf(await accepted(send, update(made, "(212) 555-0144")))).toBe("+12125550144");
  });
});

describe("addresses of empty strings", () => {
  const empty = { address1: "", address2: "", city: "", state: "", zip: "", country: "" };

  it("are ignored by a create and clear by an update; an empty object changes nothing", async () => {
    const customer = { ...named, preferredBusinessId: "biz_a1" };
    const made = await accepted(send, { to: "customers", body: { ...customer, address: empty } });
    expect(made.address).toEqual([]);
    const update = (address: object) => ({
      ...({ verb: "PUT", to: `customers/${made.id}` } as const),
      body: { companyId: "cmp_a", address },
    });
    const stored = await accepted(send, update({ street: "1 Main St" }));
    expect(stored.address).toMatchObject([{ address1: "1 Main St" }]);
    expect((await accepted(send, update({}))).address).toEqual(stored.address);
    expect((await accepted(send, update(empty))).address).toEqual([]);

    const lead = await accepted(send, { to: "leads", body: { lead: { ...named, address: { city: "Boston" } } } });
    const updateLead = (address: object) =>
      accepted(send, { verb: "PUT", to: `leads/${lead.id}`, body: { lead: { address } } });
    expect(await updateLead({})).toMatchObject({ address: { city: "Boston" } });
    expect((await updateLead(empty)).address).toBeUndefined();
  });
});

describe("credentials and parameters", () => {
  it.each([
    ["the key alone", keys.a.secret],
    ["the key alone in base64", Buffer.from(keys.a.secret).toString("base64")],
    ["the key with a colon in base64", Buffer.from(`${keys.a.secret}:`).toString("base64")],
  ])("%s", async (_what, authorization) => {
    await accepted(send, { to: "customers/cus_a1", authorization });
  });

  it.each([
    ["customers/cus_a1?utm=1", "utm"],
    ["customers/cus_a1?utm_source=a&fbclid=b%20c", "utm_source,fbclid"],
    ["leads/lcus_a1?utm=1", "utm"],
    ["companies/cmp_a?v=2&_=173", "v,_"],
  ])("GET %s", async (to, names) => {
    const { status, headers } = await send({ to });
    expect([status, headers.get("moego-ignored")]).toEqual([200, names]);
  });
});

describe("a company that refuses doubtful phones", () => {
  const made = new Map<object, unknown>();
  // The companies of a known key are remembered for two seconds.
  const key = fixtureKey("key_of_the_strict", [{ type: "COMPANY", id: "cmp_a" }]);
  const strictly = (sent: Sent) => send({ ...sent, authorization: authorizationOf(key) });

  beforeAll(async () => {
    for (const holder of Object.values(phoneHolders)) made.set(holder, await accepted(send, holder.create(doubtful)));
    const body = { refuseInvalidPhones: true };
    const { company } = await accepted(send, { verb: "PUT", to: "admin/companies/cmp_a", body });
    expect(company).toMatchObject(body);
    await server.insertKeys([key]);
  });

  it.each(Object.entries(phoneHolders))("accepts that of %s if it is stored or valid", async (_, holder) => {
    const { create, update, phoneOf, fields, link } = holder;
    const [refusal, ...others] = await refused(strictly, create(doubtful));
    expect([refusal?.split(":")[0], others]).toEqual([fields[0], []]);
    expect(refusal).toContain("The company refuses such numbers.");
    const stored = made.get(holder);
    expect(phoneOf(await accepted(strictly, update(stored, doubtful)))).toBe(doubtful);
    expect(await refused(strictly, update(stored, "+6511234567"))).toEqual([
      expect.stringContaining(`${fields[1]}: Must be a phone number`),
    ]);
    const beside = { [link[0]]: "no link" };
    expect(await refused(strictly, update(stored, "+6511234567", beside))).toHaveLength(2);
    expect(await refused(strictly, update(stored, doubtful, beside))).toHaveLength(1);
    expect(phoneOf(await accepted(strictly, create("+12125550142")))).toBe("+12125550142");
  });
});
