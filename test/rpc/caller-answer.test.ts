import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, describe, expect, it } from "vitest";
import { CustomFieldAdminService } from "../../src/gen/proto/moego/admin/v1/custom_field_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import {
  CustomField_AssociationType,
  CustomField_Type,
} from "../../src/gen/proto/moego/business/setting/v1/custom_field_pb.js";
import { CallerService } from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { formatKeys } from "../../src/resources/callers/caller-profile.model.js";
import { authorizationOf, keys } from "../support/fixture-keys.js";
import { customer } from "../support/fixtures.js";
import { newCustomer } from "../support/new-customer.js";
import { invalidField } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const companyId = "cmp_a";
const headers = { authorization: authorizationOf(keys.a), "content-type": "application/json" };

/** The JSON of a query over REST, by GET. */
async function get(query: string) {
  const response = await fetch(`${server.app.httpUrl}/v1/customers:query${query}`, { headers });
  const text = await response.text();
  const json: JsonObject | null = JSON.parse(text);
  return { status: response.status, ignored: response.headers.get("moego-ignored"), json, text };
}

async function post(body: JsonObject) {
  const request = { method: "POST", headers, body: JSON.stringify(body) };
  const response = await fetch(`${server.app.httpUrl}/v1/customers:query`, request);
  return { status: response.status, json: await response.json() };
}

/** The keys of document 004 in its order and spelling. */
const documented = [
  ...["id", "tel", "email", "partner_id", "wx_unionid", "wx_external_userid", "wx_openid", "faceBookid"],
  ...["instagramid", "whatsappid", "lineid", "telegramid", "discordid", "visitorids", "nick", "uname", "sexName"],
  ...["countryName", "provice_name", "city_name", "remark", "userStatusName", "isVip", "vipLevel", "vipLeveName"],
  ...["isblack", "enterprise_name", "sourceName", "liableServiceName", "userLabel", "userLableName"],
];

const fieldIds = [
  ...["cf_short", "cf_long", "cf_number", "cf_date", "cf_boolean", "cf_select", "cf_multi_select"],
  ...["cf_relation", "cf_money", "cf_time", "cf_datetime", "cf_group"],
];

const annaValues = {
  ...{ id: "cus_a1", tel: "+12125550101", email: "Anna@Example.com", whatsappid: "wa-anna" },
  ...{ partner_id: "", wx_unionid: "", wx_external_userid: "", wx_openid: "", faceBookid: "", instagramid: "" },
  ...{ lineid: "", telegramid: "", discordid: "", visitorids: "visitor-1,visitor-2", nick: "Annie" },
  ...{ uname: "Anna Archer", sexName: "Female", countryName: "US", provice_name: "NY", city_name: "New York" },
  ...{ remark: "Text of cxn_a2", userStatusName: "blacklist", isVip: "1", vipLevel: "vip_a1", vipLeveName: "Gold" },
  ...{ isblack: "1", enterprise_name: "Archer Inc.", sourceName: "Web search", liableServiceName: "Alice Tester" },
  ...{ userLabel: "tag_a1", userLableName: '"Loyalty": "VIP"' },
};

describe("the answer over REST", () => {
  it("is the flat object of the document, spelling for spelling", async () => {
    const { status, json } = await get("?id=cus_a1");
    expect(status).toBe(200);
    expect(json).toMatchObject(annaValues);
    expect(Object.keys(json ?? {}).slice(0, documented.length)).toEqual(documented);
  });

  it("holds every key for every customer, all of them strings, and the fields of customers in use by id", async () => {
    for (const id of ["cus_a1", "cus_a2", "cus_both"]) {
      const { json } = await get(`?id=${id}`);
      expect(Object.keys(json ?? {}).toSorted()).toEqual([...documented, ...fieldIds].toSorted());
      for (const [key, value] of Object.entries(json ?? {})) expect(typeof value, key).toBe("string");
    }
  });

  it("says of a customer of whom nothing is known what the document says: no VIP, not on the blacklist", async () => {
    expect((await get("?id=cus_a2")).json).toMatchObject({
      ...{ nick: "Anna", sexName: "", isVip: "2", vipLevel: "", vipLeveName: "", isblack: "0", visitorids: "" },
      ...{ userStatusName: "normal", userLabel: "", userLableName: "", countryName: "", liableServiceName: "" },
    });
  });

  it("is the same by GET and by POST, with parameters in either spelling", async () => {
    const whole = (await get("?id=cus_a1")).json;
    for (const query of [
      "?thirdAccountId=wa-anna",
      "?third_account_id=wa-anna&companyId=cmp_a",
      "?company_id=cmp_a&id=cus_a1",
    ])
      expect((await get(query)).json).toEqual(whole);
    for (const body of [
      { id: "cus_a1" },
      { thirdAccountId: "wa-anna" },
      { third_account_id: "wa-anna", company_id: "cmp_a" },
    ])
      expect(await post(body)).toEqual({ status: 200, json: whole });
  });

  it("takes a plus in a query for what it means there, and finds the phone all the same", async () => {
    for (const tel of ["+12125550102", "%2B12125550102", "(212)+555-0102"])
      expect((await get(`?tel=${tel}`)).json).toMatchObject({ id: "cus_a2" });
  });

  it.each(["", "?tel=", "?tel=anonymous", "?id=cus_nobody", "?id=cus_a1&tel=%2B12125550102", "?thirdAccountId=none"])(
    "is null when nothing is asked or nobody found: %s",
    async (query) => expect(await get(query)).toMatchObject({ status: 200, text: "null" }),
  );

  it("is null by POST, too, with an empty body and without one", async () => {
    expect(await post({})).toEqual({ status: 200, json: null });
    const response = await fetch(`${server.app.httpUrl}/v1/customers:query`, { method: "POST", headers });
    expect(await response.text()).toBe("null");
  });

  it("ignores a parameter that the document does not have, and names it", async () => {
    const { status, ignored, json } = await get("?id=cus_a1&phone=1&mobile=2");
    expect(status).toBe(200);
    expect(ignored).toBe("phone,mobile");
    expect(json).toEqual((await get("?id=cus_a1")).json);
  });

  it("does not stand in the way of the customer whose id is `query`", async () => {
    await server.insert([["customer", [customer(companyId, "query", "biz_a1", "2024-03-01T10:00:00Z")]]]);
    const { json } = await get("?id=query");
    expect(json).toMatchObject({ id: "query" });
    const response = await fetch(`${server.app.httpUrl}/v1/customers/query`, { headers });
    expect(await response.json()).toMatchObject({ id: "query", firstName: "Anna" });
  });
});

describe("custom fields in the answer", () => {
  it("are texts, each type in its own form", async () => {
    const values = {
      field_short: { string: "One line" },
      field_long: { string: "Two\nlines" },
      field_number: { int64: "9007199254740993" },
      field_date: { timestampTime: "2024-02-29T00:00:00Z" },
      field_boolean: { bool: false },
      field_select: { string: "red" },
      field_multi_select: { stringList: { values: ["blue", "red"] } },
      field_relation: { relation: { entity: "CUSTOMER", refId: "cus_a2" } },
      field_money: { money: { currencyCode: "USD", units: "12", nanos: 500_000_000 } },
      field_time: { timeOfDay: { hours: 7, minutes: 5 } },
      field_datetime: { timestampTime: "2024-02-29T12:30:00Z" },
    };
    await server.database.owner.query(
      `UPDATE custom_field SET options = (SELECT jsonb_agg(o || jsonb_build_object('label', upper(o ->> 'label')))
       FROM jsonb_array_elements(options) o) WHERE company_id = 'cmp_a' AND options <> '[]'`,
    );
    const created = await server.callJson(CustomerService.method.createCustomer, {
      ...{ companyId, preferredBusinessId: "biz_a1", firstName: "Fay", lastName: "Fields", phone: "+12125550155" },
      customFields: values,
    });
    const id = created.ok ? String(created.message["id"]) : created.text;
    expect((await get(`?id=${id}`)).json).toMatchObject({
      ...{ cf_short: "One line", cf_long: "Two\nlines", cf_number: "9007199254740993", cf_date: "2024-02-29" },
      ...{ cf_boolean: "false", cf_select: "RED", cf_multi_select: "BLUE,RED", cf_relation: "cus_a2" },
      ...{ cf_money: "12.50 USD", cf_time: "07:05:00", cf_datetime: "2024-02-29T12:30:00Z", cf_group: "" },
    });
  });

  it.each([...documented, ...formatKeys, "__proto__"])(
    "cannot hide a key of the answer: the id %s is refused at creation",
    async (id) => {
      const field = {
        ...{ companyId, id, code: `code_${id}`.toLowerCase(), label: "Hidden" },
        ...{ associationType: CustomField_AssociationType.CUSTOMER, type: CustomField_Type.SHORT_TEXT },
      };
      const refusal = await server.refused(CustomFieldAdminService.method.createCustomField, field);
      expect(refusal).toMatchObject(invalidField("id", "NOT_ALLOWED"));
    },
  );
});

it("names tags by their groups, with every quote escaped", async () => {
  const tags = [{ name: 'Say "hi"' }, { id: "tag_a1" }, { id: "tag_a3" }];
  const { id } = await server.ok(CustomerService.method.createCustomer, newCustomer({ tags }));
  const { customer: found, answer } = await server.ok(CallerService.method.queryCustomer, { id });
  expect(answer?.["userLabel"]).toBe(found?.tags.map((tag) => tag.id).join(","));
  expect(answer?.["userLableName"]).toBe('"Loyalty": "VIP","": "Newcomer","Say \\"hi\\""');
});
