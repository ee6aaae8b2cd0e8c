import { request as httpRequest } from "node:http";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { keys } from "../support/fixture-keys.js";
import { startFlowServer } from "../support/flow-server.js";
import { asking, definitionOf, endNode, greeting, queryNode } from "../support/new-flow.js";
import { formType as form, type RawRequest, sendRaw, violationsOf } from "../support/raw-request.js";
import { madeCustomer } from "../support/records.js";

const { server, system, api, flow, stop } = await startFlowServer();
afterAll(stop);

const companyId = "cmp_a";
const query = "/v1/customers:query";
const runOf = (id: string) => `/v1/callcenter/companies/${companyId}/ivr_flows/${id}:run`;
const twilio =
  "AccountSid=AC1&ApiVersion=2010-04-01&CallSid=CA1&CallStatus=ringing&From=%2B12125550102&To=%2B12125550199";

const send = (target: string, request?: RawRequest) => sendRaw(server.app.httpUrl, target, request);

describe("QueryCustomer", () => {
  it.each([
    ["GET", `${query}?tel=+12125550102`, undefined],
    ["GET", `${query}?tel=%2B12125550102`, undefined],
    ["GET", `${query}?tel=%2012125550102`, undefined],
    ["GET", `${query}?tel=(212)+555-0102&company_id=cmp_a`, undefined],
    ["POST", query, "tel=+12125550102"],
    ["POST", query, "tel=%2B12125550102"],
    ["POST", query, "tel=%2012125550102&companyId=cmp_a"],
    ["POST", `${query}?tel=%2B12125550102`, "CallSid=CA1"],
  ])("finds the caller by %s %s %s", async (verb, target, body) => {
    const { status, json } = await send(target, { verb, ...(body === undefined ? {} : { body }) });
    expect(status).toBe(200);
    expect(json).toMatchObject({ id: "cus_a2", tel: "+12125550102" });
  });

  it.each(["+", "%2B", "%20", "%2b"])("reads %s before the country code as a plus", async (plus) => {
    const singaporean = await madeCustomer(server, { phone: "+6591234567" });
    await madeCustomer(server, { phone: "+16591234567" });
    for (const { status, json } of [
      await send(`${query}?tel=${plus}6591234567`),
      await send(query, { body: `tel=${plus}6591234567` }),
    ]) {
      expect(status).toBe(200);
      expect(json).toMatchObject({ id: singaporean.id, tel: "+6591234567" });
    }
  });

  it.each([form, `${form}; charset=UTF-8`, `${form};charset="us-ascii"`, "Application/X-WWW-Form-URLEncoded"])(
    "reads a form of type %s",
    async (type) => {
      expect((await send(query, { body: "tel=%2B12125550102", type })).json).toMatchObject({ id: "cus_a2" });
    },
  );

  it("reads a compressed form, and JSON that is labeled as a form", async () => {
    const body = gzipSync("tel=%2B12125550102");
    const compressed = await send(query, { body, headers: { "content-encoding": "gzip" } });
    const labeled = await send(query, { body: ' {"tel":"+12125550102"}' });
    expect(compressed.json).toMatchObject({ id: "cus_a2" });
    expect(labeled.json).toMatchObject({ id: "cus_a2" });
  });

  it("names what it ignores in a header, without its values", async () => {
    const get = await send(`${query}?tel=%2B12125550102&${twilio}`);
    const post = await send(query, { body: `tel=%2B12125550102&${twilio}` });
    for (const { json, headers } of [get, post]) {
      expect(json).toMatchObject({ id: "cus_a2" });
      expect(headers.get("moego-ignored")).toBe("AccountSid,ApiVersion,CallSid,CallStatus,From,To");
    }
    expect((await send(`${query}?tel=1`)).headers.get("moego-ignored")).toBeNull();
  });

  it("keeps a name out of the other headers, and names it in an error as well", async () => {
    const { status, headers } = await send(`${query}?a%0D%0Ax-evil:%201=1&company_id=%20&format=fax`);
    expect(status).toBe(400);
    expect(headers.get("moego-ignored")).toBe("a%0D%0Ax-evil%3A%201");
    expect(headers.get("x-evil")).toBeNull();
  });

  it("still rejects unknown members of JSON", async () => {
    const { status, json } = await send(query, { body: '{"tel":"1","From":"2"}', type: "application/json" });
    expect(status).toBe(400);
    expect(violationsOf(json)).toEqual(["From"]);
  });

  it.each(["TWILIO", "twilio", "Twilio", "ANSWER_FORMAT_TWILIO", "answer_format_twilio", "3"])(
    "takes the format %s",
    async (format) => {
      for (const { json } of [
        await send(`${query}?tel=%2B12125550102&format=${format}`),
        await send(query, { body: `tel=%2B12125550102&format=${format}` }),
      ])
        expect(json).toMatchObject({ id: "cus_a2", found: "true" });
    },
  );

  it.each(["%", "%FF%FE", "%ZZ", "%E0%A4%A", "+", "%00", "%2B1212%FF5550102", "1".repeat(3_000)])(
    "finds nobody by %s, and does not refuse it",
    async (tel) => {
      for (const { status, json } of [
        await send(`${query}?tel=${tel}&format=twilio`),
        await send(query, { body: `tel=${tel}&format=twilio` }),
      ]) {
        expect(status).toBe(200);
        expect(json).toMatchObject({ status: /^[+]$/.test(tel) ? "unknown" : "unreadable", found: "false", id: "" });
      }
    },
  );

  it("takes the first of several numbers, an empty format as none, and no other unknown format", async () => {
    const parameters = "tel=%2B12125550102&tel=%2B12125550101&format=";
    for (const { status, json, headers } of [
      await send(`${query}?${parameters}`),
      await send(query, { body: parameters }),
    ]) {
      expect([status, json.id, json.found]).toEqual([200, "cus_a2", undefined]);
      expect(headers.get("moego-ignored")).toBe("tel");
    }
    const refused = await send(`${query}?tel=1&format=XML`);
    expect(refused.status).toBe(400);
    expect(JSON.stringify(refused.json)).toContain("ANSWER_FORMAT_TWILIO (or TWILIO)");
  });

  it.each([
    ['{"tel":2125550102}', "cus_a2"],
    ['{"tel":12125550102,"format":""}', "cus_a2"],
    ['{"tel":2.125550102E9}', "cus_a2"],
    ['{"tel":212555010212345678901234}', undefined],
    ['{"tel":null}', undefined],
  ])("reads a number in JSON as its digits: %s", async (body, id) => {
    const { status, json } = await send(query, { body, type: "application/json" });
    expect(status).toBe(200);
    expect(json?.id).toBe(id);
  });

  it("takes the short name of a format in the JSON of Connect", async () => {
    const body = JSON.stringify({ tel: "+12125550102", format: "twilio" });
    const { json } = await send("/moego.callcenter.v1.CallerService/QueryCustomer", { body, type: "application/json" });
    expect(json).toMatchObject({ answer: { id: "cus_a2", found: "true" } });
  });

  it("takes the API key as the user of the URL", async () => {
    const url = new URL(`${server.app.httpUrl}${query}?tel=%2B12125550102`);
    url.username = keys.a.secret;
    const status = await new Promise((resolve, reject) => {
      httpRequest(url, ({ statusCode }) => resolve(statusCode))
        .once("error", reject)
        .end();
    });
    expect(status).toBe(200);
  });
});

describe("RunFlow", () => {
  it("runs by GET and by a form, with inputs as parameters", async () => {
    const run = runOf(await flow(greeting));
    for (const { status, json, headers } of [
      await send(`${run}?inputs.tel=%2B12125550102&${twilio}`),
      await send(`${run}?inputs[tel]=%2B12125550102&${twilio}`),
      await send(run, { body: `inputs.tel=%2B12125550102&${twilio}` }),
      await send(`${run}?${twilio}`, { body: '{"inputs":{"tel":"+12125550102"}}', type: "application/json" }),
    ]) {
      expect(status).toBe(200);
      expect(json).toMatchObject({ exit: "exit of done", variables: { text: "Hello +12125550102" } });
      expect(headers.get("moego-ignored")).toBe("AccountSid,ApiVersion,CallSid,CallStatus,From,To");
    }
  });

  it("looks for a number whose plus is a blank", async () => {
    const phone = "+6598765432";
    const { id } = await madeCustomer(server, { phone });
    await madeCustomer(server, { phone: "+16598765432" });
    const looking = definitionOf([
      queryNode("caller", { next: "found", onNotFound: "none", onTimeout: "none" }),
      endNode("found", ["caller.id", "caller.tel"]),
      endNode("none"),
    ]);
    const run = runOf(await flow(looking));
    for (const { json } of [
      await send(`${run}?inputs.tel=+6598765432`),
      await send(`${run}?inputs.tel=%2B6598765432`),
      await send(run, { body: "inputs.tel=+6598765432" }),
    ])
      expect(json).toMatchObject({ exit: "exit of found", variables: { "caller.id": id, "caller.tel": phone } });
  });

  it("refuses no input for how it is written", async () => {
    const run = runOf(await flow(greeting));
    const json = "application/json";
    for (const [text, { status, json: answer }] of [
      ["Hello %ZZ", await send(`${run}?inputs.tel=%ZZ&format=twilio`)],
      ["Hello \ufffd", await send(run, { body: "inputs[tel]=%FF&inputs.tel=2&format=twilio" })],
      ["Hello 2125550111", await send(`${run}?format=twilio`, { body: '{"inputs":{"tel":2125550111}}', type: json })],
    ] as const)
      expect([status, answer.exit, answer.text]).toEqual([200, "exit of done", text]);
    expect((await send(`${run}?inputs.tel=1&format=`)).json.variables).toEqual({ tel: "1", text: "Hello 1" });
  });

  it("reports an input that the flow does not have", async () => {
    const { status, json } = await send(`${runOf(await flow(greeting))}?inputs.tel=1&inputs.nope=2`);
    expect(status).toBe(400);
    expect(violationsOf(json)).toEqual(['inputs["nope"]']);
  });

  it("does not run by HEAD", async () => {
    const id = await api("normal");
    const run = runOf(await flow(asking(id)));
    const before = system.requests.length;
    const head = await send(`${run}?inputs.tel=1`, { verb: "HEAD" });
    expect(head.status).toBe(405);
    expect(head.headers.get("allow")).toBe("POST, GET");
    expect(system.requests).toHaveLength(before);
    expect((await send(`${run}?inputs.tel=1`)).status).toBe(200);
    expect(system.requests).toHaveLength(before + 1);
  });
});

describe("CreateLead and UpdateLead", () => {
  it("read a form, with no member ignored", async () => {
    const lead = "lead.companyId=cmp_a&lead.firstName=Zo%C3%AB+Lee&lead.phone=%2B12125550155&lead.pets[0].name=Rex";
    const created = await send("/v1/leads", { body: `${lead}&lead.pets[0].type=dog&lead.pets[0].breed=Beagle` });
    expect(created.json).toMatchObject({
      firstName: "Zoë Lee",
      phone: "+12125550155",
      pets: [{ name: "Rex", type: "DOG" }],
    });
    const updated = await send(`/v1/leads/${created.json.id}`, {
      verb: "PUT",
      body: "lead.lastName=Ng&updateMask=lastName",
    });
    expect(updated.json).toMatchObject({ firstName: "Zoë Lee", lastName: "Ng" });
    const refused = await send(`/v1/leads?utm=1`, { body: `${lead}&CallSid=1&lead.email=%zz&lead.nope=1` });
    expect(refused.status).toBe(400);
    expect(refused.headers.get("moego-ignored")).toBeNull();
    expect(violationsOf(refused.json)).toEqual(["CallSid", "lead.email", "lead.nope", "utm"]);
  });

  it("refuse an unencoded plus before digits that are a number of two countries", async () => {
    const lead = "lead.companyId=cmp_a&lead.firstName=Wei&lead.phone=";
    const { status, json } = await send("/v1/leads", { body: `${lead}+6591234567` });
    expect(status).toBe(400);
    expect(violationsOf(json)).toEqual(["lead.phone"]);
    expect(json.message).toContain("+6591234567 or +16591234567");
    expect((await send("/v1/leads", { body: `${lead}%2B6591234567` })).json).toMatchObject({ phone: "+6591234567" });
    expect((await send("/v1/leads", { body: `${lead}+2125550156` })).json).toMatchObject({ phone: "+12125550156" });
  });
});

describe("InvokeExternalApi", () => {
  it("reads a form, and ignores unknown members", async () => {
    const path = `/v1/callcenter/companies/${companyId}/external_apis/${await api("normal")}:invoke`;
    const { status, json, headers } = await send(path, { body: "CallSid=CA1" });
    expect(status).toBe(200);
    expect(json).toMatchObject({ outcome: "OUTCOME_SUCCESS" });
    expect(headers.get("moego-ignored")).toBe("CallSid");
    expect(violationsOf((await send(path, { body: "params.nope=1" })).json)).toEqual(['params["nope"]']);
  });
});

describe("other RPCs", () => {
  const json = "application/json";

  it.each([
    ["/v1/customers", "firstName=Ann"],
    ["/v1/customers:list", "a=b"],
  ])("reject a form at %s with 415 and what they accept", async (path, body) => {
    const { status, json: error } = await send(path, { body });
    expect(status).toBe(415);
    expect(error.message).toContain(`Send UTF-8 as ${json}.`);
    expect(error.details[0].metadata).toMatchObject({ contentType: form, accepted: json });
  });

  it.each([
    ["CustomerService/GetCustomer", "moego.business.customer.v1", "id=cus_a1"],
    ["CallerService/QueryCustomer", "moego.callcenter.v1", "tel=%2B12125550102"],
  ])("reject a form at %s of Connect", async (rpc, packageName, body) => {
    const { status, json: error } = await send(`/${packageName}.${rpc}`, { body });
    expect(status).toBe(400);
    expect(error).toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining(`Send UTF-8 as ${json}.`),
    });
  });

  it.each(["application/xml", "multipart/form-data; boundary=x", `${form}; charset=iso-8859-1`])(
    "and routes with forms reject %s, and accept both types",
    async (type) => {
      const { status, json: error } = await send(query, { body: "tel=1", type });
      expect(status).toBe(415);
      expect(error.message).toContain(`Send UTF-8 as ${json} or ${form}.`);
      expect(error.details[0].metadata).toMatchObject({ contentType: type, accepted: `${json}, ${form}` });
    },
  );

  it("reject unknown query parameters beside a body", async () => {
    const request = { body: "{}", type: json };
    const { status, json: error, headers } = await send("/v1/customers:list?CallSid=CA1", request);
    expect(status).toBe(400);
    expect(violationsOf(error)).toContain("CallSid");
    expect(headers.get("moego-ignored")).toBeNull();
  });
});
