import { afterAll, describe, expect, it } from "vitest";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import {
  ContactPhone_BelongsTo as BelongsTo,
  ContactPhone_Label as Label,
} from "../../src/gen/proto/moego/business/customer/v1/contact_phone_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { CallerService } from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { minimalCustomer } from "../support/new-customer.js";
import { freshId } from "../support/records.js";
import { invalidField } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { createCustomer, getCustomer, updateCustomer, listCustomers } = CustomerService.method;
const { createLead, getLead, updateLead, promoteLead, listLeads } = LeadService.method;
const { owner } = server.database;
const companyId = "cmp_a";
const { phone: main, ...withoutPhone } = minimalCustomer;

const second = { number: "+12125550112", label: Label.WORK, belongsTo: BelongsTo.PICKUP_PERSON, personName: "Bea" };
const plain = { extension: "", label: Label.LABEL_UNSPECIFIED, belongsTo: BelongsTo.OWNER, personName: "" };
const both = [
  { number: main, extension: "5" },
  { ...second, extension: "" },
];

/** A customer and a lead are written alike. Both have the same two phones. */
const kinds = {
  customer: {
    async make(phones: readonly object[] = both) {
      const { id } = await server.ok(createCustomer, { ...withoutPhone, phones: [...phones] });
      return id;
    },
    read: (id: string) => server.ok(getCustomer, { id }),
    update: (id: string, fields: object, paths: string[] = []) =>
      server.ok(updateCustomer, { id, companyId, ...fields, updateMask: { paths } }),
    refuse: (id: string, fields: object, paths: string[] = []) =>
      server.refused(updateCustomer, { id, companyId, ...fields, updateMask: { paths } }),
    refuseNew: (fields: object) => server.refused(createCustomer, { ...withoutPhone, ...fields }),
    within: "",
  },
  lead: {
    async make(phones: readonly object[] = both) {
      const { id } = await server.ok(createLead, { lead: { companyId, firstName: "Lena", phones: [...phones] } });
      return id;
    },
    read: (id: string) => server.ok(getLead, { id }),
    update: (id: string, fields: object, paths: string[] = []) =>
      server.ok(updateLead, { id, lead: fields, updateMask: { paths } }),
    refuse: (id: string, fields: object, paths: string[] = []) =>
      server.refused(updateLead, { id, lead: fields, updateMask: { paths } }),
    refuseNew: (fields: object) => server.refused(createLead, { lead: { companyId, firstName: "Lena", ...fields } }),
    within: "lead.",
  },
};

describe.each(["customer", "lead"] as const)("the phones of a %s", (kind) => {
  const { make, read, update, refuse, refuseNew, within } = kinds[kind];
  const rows = async (id: string) => {
    const { rows: found } = await owner.query(
      `SELECT position FROM ${kind}_phone WHERE company_id = $1 AND ${kind}_id = $2 ORDER BY position`,
      [companyId, id],
    );
    return found.map(({ position }) => position);
  };

  it("are stored as given, and the first one is the main phone", async () => {
    const id = await make();
    expect(await read(id)).toMatchObject({ phone: main, phones: [{ ...plain, ...both[0] }, both[1]] });
    expect(await rows(id)).toEqual([0, 1]);
  });

  it("of one plain phone take no row", async () => {
    const id = await make([{ number: main }]);
    expect(await read(id)).toMatchObject({ phone: main, phones: [{ ...plain, number: main }] });
    expect(await rows(id)).toEqual([]);
  });

  it.each([
    ["another main number", { phone: "+12125550119", phones: both }, "phones[0].number", "CONFLICT"],
    ["a number twice", { phones: [...both, { number: "(212) 555-0112" }] }, "phones[2].number", "DUPLICATE_FIELD"],
    [
      "two extensions",
      { phones: [{ number: "(212) 555-0111 x5", extension: "6" }] },
      "phones[0].extension",
      "CONFLICT",
    ],
    [
      "another extension of the main phone",
      { phone: "(212) 555-0111 x5", phones: [{ number: main, extension: "6" }] },
      "phones[0].number",
      "CONFLICT",
    ],
    ["no number", { phones: [{ label: Label.HOME }] }, "phones[0].number", "REQUIRED"],
    [
      "letters in an extension",
      { phones: [{ number: main, extension: "5a" }] },
      "phones[0].extension",
      "INVALID_FORMAT",
    ],
    ["an unknown label", { phones: [{ number: main, label: 9 }] }, "phones[0].label", "NOT_ALLOWED"],
    ["an unknown person", { phones: [{ number: main, belongsTo: 9 }] }, "phones[0].belongs_to", "NOT_ALLOWED"],
    [
      "eleven phones",
      { phones: Array.from({ length: 11 }, (_, n) => ({ number: `+121255501${10 + n}` })) },
      "phones",
      "TOO_MANY",
    ],
  ])("refuse %s", async (_, fields, field, reason) => {
    const id = await make();
    expect(await refuse(id, fields)).toMatchObject(invalidField(within + field, reason));
    expect(await refuseNew(fields)).toMatchObject(invalidField(within + field, reason));
  });

  it.each([
    ["not sent", {}],
    ["empty", { phone: "" }],
    ["blank", { phone: "  " }],
    ["another one", { phone: "+12125550119" }],
  ])("refuse a mask with both if the main phone is %s", async (_, more) => {
    const id = await make();
    const before = await read(id);
    const fields = { phones: [second], ...more };
    const { code, violations } = await refuse(id, fields, ["phone", "phones"]);
    expect(code).toBe("INVALID_ARGUMENT");
    expect(violations).toContainEqual(
      expect.objectContaining({ field: `${within}phones[0].number`, reason: "CONFLICT" }),
    );
    expect(await read(id)).toEqual(before);
  });

  it("tell an impossible main phone beside a list, which it differs from", async () => {
    const { violations } = await refuse(await make(), { phone: "12", phones: both });
    expect(violations).toEqual([
      expect.objectContaining({ field: `${within}phones[0].number`, reason: "CONFLICT" }),
      expect.objectContaining({ field: `${within}phone`, reason: "INVALID_FORMAT" }),
    ]);
  });

  it("refuse another main phone beside all other violations", async () => {
    const fields = { phone: "+12125550119", phones: both, lastName: "x".repeat(101) };
    const { violations } = await refuseNew(fields);
    const expected = [`${within}last_name`, `${within}phones[0].number`];
    expect(violations.map(({ field }) => field).toSorted()).toEqual(expected);
  });

  it("replace all with a mask of both, by the list or the main phone alone", async () => {
    const id = await make();
    const paths = ["phone", "phones"];
    const listed = await update(id, { phone: "(212) 555-0112", phones: [second] }, paths);
    expect(listed).toMatchObject({ phone: second.number, phones: [second] });
    expect(await update(id, { phone: "(212) 555-0119" }, paths)).toMatchObject({
      phone: "+12125550119",
      phones: [{ ...plain, number: "+12125550119" }],
    });
  });

  it("may be sent with the equal main phone in another spelling", async () => {
    const id = await make();
    expect(await update(id, { phone: "(212) 555-0119", phones: [{ number: "+12125550119" }] })).toMatchObject({
      phone: "+12125550119",
      phones: [{ ...plain, number: "+12125550119" }],
    });
    expect(await rows(id)).toEqual([]);
  });

  it("keep the others if the main phone alone changes, which loses its extension", async () => {
    const id = await make([{ ...both[0], label: Label.HOME }, second]);
    expect(await update(id, { phone: "+12125550119" })).toMatchObject({
      phone: "+12125550119",
      phones: [{ ...plain, number: "+12125550119", label: Label.HOME }, both[1]],
    });
  });

  it("hold the extension in the spelling of the main phone or of a number", async () => {
    const id = await make([{ number: "212-555-0111 ext. 5" }, { number: "(212) 555-0112 x6" }]);
    expect((await read(id)).phones).toMatchObject([{ extension: "5" }, { extension: "6" }]);
    expect(await update(id, { phone: "(212) 555-0119 x7" })).toMatchObject({
      phone: "+12125550119",
      phones: [{ extension: "7" }, { extension: "6" }],
    });
  });

  it("do not change if the main phone is sent back", async () => {
    const id = await make();
    const { phones } = await read(id);
    expect(await update(id, { phone: main })).toMatchObject({ phones });
  });

  it("move to the front what becomes the main phone", async () => {
    const id = await make();
    expect(await update(id, { phone: second.number })).toMatchObject({
      phone: second.number,
      phones: [{ ...second, extension: "" }],
    });
  });

  it("replace all phones, and are unchanged if the list is empty", async () => {
    const id = await make();
    const { etag } = await read(id);
    const replaced = await update(id, { phones: [{ ...second, extension: "7" }] });
    expect(replaced).toMatchObject({ phone: second.number, phones: [{ ...second, extension: "7" }] });
    expect(replaced.etag).not.toBe(etag);
    expect(await update(id, { phones: [] })).toMatchObject({ phones: replaced.phones });
  });

  it("that the previous build left behind do not count: it changes the main phone alone", async () => {
    const id = await make();
    const change = `UPDATE ${kind} SET phone = $1 WHERE company_id = $2 AND id = $3`;
    await owner.query(change, ["+12125550119", companyId, id]);
    expect((await read(id)).phones).toMatchObject([{ ...plain, number: "+12125550119" }, both[1]]);
    await owner.query(change, [second.number, companyId, id]);
    expect((await read(id)).phones).toMatchObject([both[1]]);
  });
});

describe("a number further down the list", () => {
  const fresh = () => {
    numbers += 2;
    return [`+1212555${numbers}`, `+1212555${numbers + 1}`] as const;
  };
  let numbers = 2000;
  const ofCompany = (mainPhoneNumber: string) => ({ companyId, filter: { mainPhoneNumber }, pagination: {} });
  const ids = (records: readonly { readonly id: string }[]) => records.map(({ id }) => id);
  const foundCustomers = async (number: string) => ids((await server.ok(listCustomers, ofCompany(number))).customers);
  const foundLeads = async (number: string) => ids((await server.ok(listLeads, ofCompany(number))).leads);

  it("is found by the filter of ListCustomers, in any spelling, newest first with those whose main phone it is", async () => {
    const [first, other] = fresh();
    const older = await kinds.customer.make([{ number: first }, { number: other }]);
    const newer = await kinds.customer.make([{ number: other }]);
    const newest = await kinds.customer.make([{ number: first }, { number: other, extension: "3" }]);
    expect(await foundCustomers(other)).toEqual([newest, newer, older]);
    expect(await foundCustomers(`(212) ${other.slice(5, 8)}-${other.slice(8)}`)).toEqual([newest, newer, older]);
  });

  it("has its place on each page of ListCustomers", async () => {
    const [first, other] = fresh();
    const made: string[] = [];
    for (let n = 0; n < 6; n += 1) {
      made.unshift(await kinds.customer.make(n === 1 ? [{ number: other }] : [{ number: first }, { number: other }]));
    }
    const walked: string[] = [];
    for (let pageToken = ""; walked.length < made.length; ) {
      const pagination = { pageSize: 2, pageToken };
      const page = await server.ok(listCustomers, { ...ofCompany(other), pagination });
      walked.push(...ids(page.customers));
      pageToken = page.nextPageToken;
      if (pageToken === "") break;
    }
    expect(walked).toEqual(made);
    const third = await server.ok(listCustomers, { ...ofCompany(other), pagination: { pageSize: 2, pageToken: "3" } });
    expect(ids(third.customers)).toEqual(made.slice(4));
  });

  it("is found by the filter of ListLeads", async () => {
    const [first, other] = fresh();
    const id = await kinds.lead.make([{ number: first }, { number: other }]);
    expect(await foundLeads(other)).toEqual([id]);
    await server.ok(updateLead, { id, lead: { phones: [{ number: first }] } });
    expect(await foundLeads(other)).toEqual([]);
  });

  it("is found by QueryCustomer, with the customers whose main phone it is", async () => {
    const [first, other] = fresh();
    const query = () => server.ok(CallerService.method.queryCustomer, { tel: other });
    const lead = await kinds.lead.make([{ number: first }, { number: other }]);
    expect((await query()).matches).toMatchObject([{ id: lead }]);
    const one = await kinds.customer.make([{ number: first }, { number: other }]);
    expect((await query()).matches).toMatchObject([{ id: one }, { id: lead }]);
    const main = await kinds.customer.make([{ number: other }]);
    const { matches, matchCount } = await query();
    expect(matches.map(({ id }) => id)).toEqual([main, one, lead]);
    expect(matchCount).toBe(3);
  });

  it("names the person whose main phone it is before one who has it for another person", async () => {
    const [first, other] = fresh();
    const own = await kinds.customer.make([{ number: other }]);
    const friend = await kinds.customer.make([
      { number: first },
      { number: other, belongsTo: BelongsTo.EMERGENCY_CONTACT, personName: "Lea" },
    ]);
    const answer = await server.ok(CallerService.method.queryCustomer, { tel: other });
    expect(answer.customer).toMatchObject({ id: own });
    expect(answer.matches).toMatchObject([{ id: own }, { id: friend }]);
  });

  it("is not found any more once the previous build has changed the main phone away from it", async () => {
    const [first, other] = fresh();
    const id = await kinds.customer.make([{ number: first, extension: "1" }]);
    await owner.query("UPDATE customer SET phone = $1 WHERE company_id = $2 AND id = $3", [other, companyId, id]);
    expect(await foundCustomers(first)).toEqual([]);
    expect(await foundCustomers(other)).toEqual([id]);
  });
});

describe("the phones of a lead", () => {
  it("go to its customer", async () => {
    const id = await kinds.lead.make();
    const { customer } = await server.ok(promoteLead, { id });
    expect(customer).toMatchObject({ phone: main, phones: [{ ...plain, ...both[0] }, both[1]] });
  });

  it("are cleared with their list, and not by the main phone", async () => {
    const { id } = await server.ok(createLead, {
      lead: { companyId, firstName: "Lena", email: "lena@example.com", phones: both },
    });
    const clear = (...paths: string[]) => ({ id, lead: {}, updateMask: { paths } });
    expect(await server.refused(updateLead, clear("phone"))).toMatchObject(invalidField("lead.phone", "CONFLICT"));
    expect(await server.ok(updateLead, clear("phones"))).toMatchObject({ phone: "", phones: [] });
  });

  it("are enough to reach it: no email address is needed", async () => {
    const id = await kinds.lead.make();
    const cleared = { id, lead: {}, updateMask: { paths: ["phones"] } };
    expect(await server.refused(updateLead, cleared)).toMatchObject(invalidField("lead.phone", "REQUIRED"));
  });
});

describe("an import", () => {
  it("brings the phones of a customer", async () => {
    const request = { companyId, id: freshId(), customer: { ...withoutPhone, phones: both } };
    const { customer } = await server.ok(CustomerAdminService.method.importCustomer, request);
    expect(customer).toMatchObject({ phone: main, phones: [{ ...plain, ...both[0] }, both[1]] });
  });

  it("brings the phones of a lead", async () => {
    const request = { companyId, id: freshId(), lead: { firstName: "Lena", phones: both } };
    const { lead } = await server.ok(LeadAdminService.method.importLead, request);
    expect(lead).toMatchObject({ phone: main, phones: [{ ...plain, ...both[0] }, both[1]] });
  });
});

describe("a customer of one phone", () => {
  it("keeps its extension", async () => {
    const created = await server.ok(createCustomer, { ...withoutPhone, phone: "212-555-0147 ext. 5" });
    expect(created).toMatchObject({ phone: "+12125550147", phones: [{ number: "+12125550147", extension: "5" }] });
    expect(await server.ok(getCustomer, { id: created.id })).toEqual(created);
  });
});

describe("a customer without a phone", () => {
  it("is refused unless it has a list", async () => {
    expect(await server.refused(createCustomer, withoutPhone)).toMatchObject(invalidField("phone", "REQUIRED"));
  });
});

describe("a change of the phones", () => {
  it("is seen by incremental sync and the audit log", async () => {
    const id = await kinds.customer.make();
    const before = await kinds.customer.read(id);
    await kinds.customer.update(id, { phones: [{ ...second, personName: "Bob" }] });
    const lastUpdatedTime = { startTime: before.lastUpdatedTime };
    const { customers } = await server.ok(listCustomers, { companyId, filter: { lastUpdatedTime }, pagination: {} });
    expect(customers.find((one) => one.id === id)).toMatchObject({ etag: "2", phones: [{ personName: "Bob" }] });
    const { rows } = await owner.query("SELECT version FROM change WHERE kind = 'customer' AND resource_id = $1", [id]);
    expect(rows.map(({ version }) => version)).toEqual(["1", "2"]);
  });
});
