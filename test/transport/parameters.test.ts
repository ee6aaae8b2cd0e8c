import { getOption } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DomainError } from "../../src/core/errors.js";
import {
  form_body,
  ignores_unknown_parameters,
  lenient_values,
} from "../../src/gen/proto/moego/option/v1/option_pb.js";
import { ignoredNames } from "../../src/server/transport/ignored-parameters.js";
import { readRestRequest } from "../../src/server/transport/rest-input.js";
import { routeTable } from "../../src/server/transport/rest-routes.js";
import { services } from "../../src/services.js";
import { seed } from "../support/seed.js";

const table = routeTable(services);

/** Reads a request of the rpc's route with this verb, as a query or as a form. */
function read(
  path: string,
  verb: string,
  { query = "", form, json = "" }: { readonly query?: string; readonly form?: string; readonly json?: string },
) {
  const match = table.match(path).find(({ route }) => route.verb === verb);
  if (!match) throw new Error(`no route ${verb} ${path}`);
  const ignored: string[] = [];
  const request = {
    ...({ query, body: Buffer.from(form ?? json), encoding: form === undefined ? "json" : "form" } as const),
    ignore: (names: readonly string[]) => void ignored.push(...names),
  };
  try {
    return { message: readRestRequest(match, request), ignored, violations: undefined };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const violations = error.details.violations?.map(({ field, reason }) => `${field} ${reason}`);
    return { message: undefined, ignored, violations };
  }
}

const flow = "/v1/callcenter/companies/cmp_001/ivr_flows/ivr_1:run";
const run = (text: string) => [read(flow, "GET", { query: text }), read(flow, "POST", { form: text })] as const;
const createLead = (form: string) => read("/v1/leads", "POST", { form });

describe("a query and a form", () => {
  it.each([
    ["inputs.tel=1&inputs.order=2", { tel: "1", order: "2" }],
    ["inputs[tel]=1&inputs%5Border%5D=2", { tel: "1", order: "2" }],
    ["inputs.a.b=1&inputs[c.d]=2&inputs[e]f]=3", { "a.b": "1", "c.d": "2", "e]f": "3" }],
    ["inputs.tel=+6591234567", { tel: " 6591234567" }],
    ["inputs.tel=%2B6591234567", { tel: "+6591234567" }],
    ["inputs.tel=%206591234567+", { tel: " 6591234567 " }],
    ["inputs.tel=", { tel: "" }],
    ["inputs.tel", { tel: "" }],
    ["inputs.q=a=b%26c&inputs.z=%C3%A9", { q: "a=b&c", z: "é" }],
    ["&&inputs.tel=1&", { tel: "1" }],
  ])("set entries of a map: %s", (text, inputs) => {
    for (const { message, ignored } of run(text)) {
      expect(message).toMatchObject({ companyId: "cmp_001", id: "ivr_1", inputs });
      expect(ignored).toEqual([]);
    }
  });

  it("set entries of all maps of the call center", () => {
    const path = "/v1/callcenter/companies/cmp_001/external_apis/xapi_1:invoke";
    expect(read(path, "POST", { form: "params.tel=1&params[order]=2" }).message).toMatchObject({
      params: { tel: "1", order: "2" },
    });
  });

  it.each([
    ["inputs=1", ["inputs WRONG_TYPE"]],
    ["inputs.__proto__=1", ['inputs["__proto__"] NOT_ALLOWED']],
    ["format=fax", ["format WRONG_TYPE"]],
    ["inputs.__proto__=%zz&id=ivr_2", ["id CONFLICT", 'inputs["__proto__"] NOT_ALLOWED']],
  ])("report all violations: %s", (text, violations) => {
    for (const outcome of run(text)) expect(outcome.violations).toEqual(violations);
  });

  it("ignore what names no field, also if it cannot be decoded", () => {
    for (const { message, ignored } of run("CallSid=CA1&From=%2B1&inputs.tel=1&inputs[]=2&x.y=%zz&%zz=1&=2")) {
      expect(message).toMatchObject({ inputs: { tel: "1" } });
      expect(ignored).toEqual(["CallSid", "From", "inputs[]", "x.y", "%zz", ""]);
    }
  });

  it("add up, where the route ignores unknown parameters", () => {
    const both = read(flow, "POST", { query: "format=twilio&v=1", form: "inputs.tel=1&CallSid=CA1" });
    const twice = read(flow, "POST", { query: "inputs.tel=1", form: "inputs.tel=2&inputs.order=3" });
    expect(both.message).toMatchObject({ inputs: { tel: "1" } });
    expect(both.ignored).toEqual(["v", "CallSid"]);
    expect(twice.message).toMatchObject({ inputs: { tel: "1", order: "3" } });
    expect(twice.ignored).toEqual(["inputs.tel"]);
  });

  it.each([
    ["inputs.tel=%&inputs.order=%zz%2", { tel: "%", order: "%zz%2" }, []],
    ["inputs.tel=%FF%FE&inputs.order=%2B1%C3%28", { tel: "\ufffd\ufffd", order: "+1\ufffd(" }, []],
    ["inputs.tel=1&inputs[tel]=2&inputs.tel=1", { tel: "1" }, ["inputs[tel]"]],
    ["inputs.tel=&inputs.tel=2", { tel: "" }, ["inputs.tel"]],
    ["inputs.tel=1&format=&id=ivr_1&company_id=cmp_001", { tel: "1" }, []],
    ["inputs.tel=1&idempotency-key=a&idempotencyKey=a&Idempotency_Key=b", { tel: "1" }, ["idempotency_key"]],
  ])("refuse no value for how it is written: %s", (text, inputs, ignored) => {
    for (const outcome of run(text)) {
      expect(outcome.message).toMatchObject({ inputs, format: 0 });
      expect(outcome.ignored).toEqual(ignored);
    }
  });

  it("of two formats and two keys take the first", () => {
    for (const { message, ignored } of run("format=twilio&format=plain&idempotency-key=a&idempotency_key=b")) {
      expect(message).toMatchObject({ format: 3, idempotencyKey: "a" });
      expect(ignored).toEqual(["format", "idempotency_key"]);
    }
  });

  it("take the value of a JSON body before the one of the query, and its numbers as digits", () => {
    const json = '{"inputs":{"tel":2125550111,"order":1.5e3},"format":""}';
    const { message, ignored } = read(flow, "POST", { query: "inputs.tel=1&inputs.z=2&format=twilio", json });
    expect(message).toMatchObject({ inputs: { tel: "2125550111", order: "1500", z: "2" } });
    expect(ignored).toEqual(["inputs.tel", "format"]);
    expect(read("/v1/leads", "POST", { json: '{"lead":{"phone":2125550111}}' }).violations).toEqual([
      "lead.phone WRONG_TYPE",
    ]);
  });

  it.each(["x-idempotency-key", "idempotency", "idempotencyKye", "idempotency_keys", "idem_key", "idempotency-key%20"])(
    "do not ignore the misspelled key %s",
    (name) => {
      const field = decodeURIComponent(name);
      for (const { violations } of run(`${name}=1`)) expect(violations).toEqual([`${field} UNKNOWN_FIELD`]);
      const path = "/v1/callcenter/companies/cmp_001/external_apis/xapi_1:invoke";
      expect(read(path, "POST", { form: `${name}=1` }).violations).toEqual([`${field} NOT_ALLOWED`]);
      expect(read("/v1/customers:query", "GET", { query: `${name}=1` }).ignored).toEqual([field]);
    },
  );
});

describe("a form of a lead", () => {
  it("reads nested messages, lists of messages, maps, enums, booleans and times", () => {
    const { message } = createLead(
      [
        "lead.firstName=Ann+Lee&lead.phone=%2B12125550111&lead.address.address1=1+Main+St&lead.address.type=primary",
        "lead.pets[0].name=Rex&lead.pets[0].type=dog&lead.pets%5B1%5D.name=Tom&lead.createdTime=2024-08-01T09:15:00Z",
        "lead.phones[0].number=%2B12125550111&lead.phones[0].label=mobile&lead.phones[0].belongsTo=emergency_contact",
        "lead.customFields[budget].string=low&lead.custom_fields.source.string=web",
        "complianceConfig.serviceRelatedChannels.channels=sms&complianceConfig.serviceRelatedChannels.channels=EMAIL",
      ].join("&"),
    );
    expect(message).toMatchObject({
      lead: {
        ...{ firstName: "Ann Lee", phone: "+12125550111", address: { address1: "1 Main St", type: 1 } },
        phones: [{ number: "+12125550111", label: 1, belongsTo: 2 }],
        pets: [{ name: "Rex", type: 2 }, { name: "Tom" }],
        createdTime: { seconds: 1_722_503_700n },
        customFields: {
          budget: { value: { case: "string", value: "low" } },
          source: { value: { case: "string", value: "web" } },
        },
      },
      complianceConfig: { serviceRelatedChannels: { channels: [1, 2] } },
    });
  });

  it("rejects what names no field, as JSON does", () => {
    const outcome = createLead("lead.firstName=Ann&firstName=Ann&lead.nope=1&utm_source=x&lead.createdTime.seconds=1");
    expect(outcome.ignored).toEqual([]);
    expect(outcome.violations?.toSorted()).toEqual([
      "firstName UNKNOWN_FIELD",
      "lead.createdTime.seconds UNKNOWN_FIELD",
      "lead.nope UNKNOWN_FIELD",
      "utm_source UNKNOWN_FIELD",
    ]);
  });

  it.each([
    ["lead.pets[1].name=Rex", "lead.pets[0]"],
    ["lead.pets[0].name=Rex&lead.pets[2].name=Tom", "lead.pets[2]"],
  ])("rejects a skipped index: %s", (form) => {
    const [, index = ""] = /\[(\d)\]\.name=\w+$/.exec(form) ?? [];
    expect(createLead(form).violations).toEqual([`lead.pets[${index}] INVALID_FORMAT`]);
  });

  it("reads its members with a line break at the end, up to a number, and in UTF-8 alone", () => {
    expect(createLead("lead.firstName=Ann\r\n").message).toMatchObject({ lead: { firstName: "Ann" } });
    expect(createLead("&".repeat(1_001)).violations).toEqual([" TOO_MANY"]);
    expect(createLead("lead.note=x&".repeat(100_000)).violations).toEqual([" TOO_MANY"]);
  });

  it("is read or refused, whatever its names", () => {
    const part = fc.constantFrom(
      ...[
        "lead",
        "pets",
        "phones",
        "customFields",
        "custom_fields",
        "address",
        "firstName",
        "string",
        "complianceConfig",
      ],
      ...[
        ".",
        "[",
        "]",
        "[0]",
        "[1]",
        "[x]",
        "=",
        "&",
        "+",
        "%",
        "%5B",
        "%zz",
        "__proto__",
        "constructor",
        "a",
        "\u{1F600}",
      ],
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 60 }), (parts) => {
        const form = parts.join("");
        const { message, violations } = createLead(form);
        expect(message !== undefined || violations !== undefined).toBe(true);
        for (const outcome of run(form)) expect(outcome.ignored.length).toBeLessThanOrEqual(form.split("&").length);
      }),
      { seed, numRuns: 2_000 },
    );
  });

  it("does not follow a name that is deeper than any field", () => {
    expect(createLead(`lead${".lead".repeat(100_000)}=1`).violations).toHaveLength(1);
    expect(createLead(`lead.customFields${"[x]".repeat(100_000)}=1`).violations).toHaveLength(1);
  });
});

it("forms are for the rpcs that a telephone system calls and for leads, ignored parameters for the former and for every GET", () => {
  const methods = services.flatMap((service) => service.methods.map((method) => method));
  const named = (option: typeof form_body) =>
    methods.filter((method) => getOption(method, option)).map(({ name }) => name);
  const called = ["InvokeExternalApi", "LookupCaller", "QueryCustomer", "RunFlow"];
  expect(named(form_body).toSorted()).toEqual(["CreateLead", ...called, "UpdateLead"]);
  expect(named(ignores_unknown_parameters).toSorted()).toEqual(called);
  expect(named(lenient_values).toSorted()).toEqual(called);
});

describe("the names of ignored parameters", () => {
  it("are listed once, percent-encoded", () => {
    expect(ignoredNames([])).toBeUndefined();
    expect(ignoredNames([""])).toBeUndefined();
    expect(ignoredNames(["a", "b c", "a", "d,e", "é\r\nx: y", "", "f"])).toBe("a,b%20c,d%2Ce,%C3%A9%0D%0Ax%3A%20y,f");
  });

  it("are cut, each and as a whole", () => {
    expect(ignoredNames(["x".repeat(10_000)])).toBe("x".repeat(64));
    expect(ignoredNames(["😀".repeat(100), `x${"😀".repeat(100)}`])?.length).toBeLessThanOrEqual(1_024);
    const many = ignoredNames(Array.from({ length: 8_000 }, (_, number) => `name_${number}`));
    expect(many?.length).toBeLessThanOrEqual(1_024);
    expect(many).toMatch(/^name_0,name_1,.*,name_\d+,\.\.\.$/);
  });
});
