import type { MessageInitShape } from "@bufbuild/protobuf";
import { afterAll, describe, expect, it } from "vitest";
import {
  InvocationFailure as Failure,
  RequestParam_Location as Location,
  ExternalApi_Method as Method,
  Outcome,
  OutputParam_Selection,
  type OutputParamSchema,
  ParamType as Type,
} from "../../src/gen/proto/moego/callcenter/v1/external_api_pb.js";
import { ExternalApiService } from "../../src/gen/proto/moego/callcenter/v1/external_api_service_pb.js";
import { externalApiRow } from "../support/external-api-rows.js";
import { startExternalSystem } from "../support/external-system.js";
import { madeExternalApi } from "../support/new-external-api.js";
import { startServer } from "../support/server.js";

const system = await startExternalSystem();
const server = await startServer({ environment: { EXTERNAL_API_ALLOW: system.hostPort } });
afterAll(async () => {
  await server.stop();
  await system[Symbol.asyncDispose]();
});

const rpc = ExternalApiService.method;
const companyId = "cmp_a";
const name = { name: "name", path: "$.customer.name" };

describe("a call", () => {
  it("sends params where they belong, and brings the outputs", async () => {
    const api = await madeExternalApi(server, {
      method: Method.POST,
      url: `${system.origin}/echo?fixed=1`,
      headers: [{ name: "X-Caller", value: "tel {{tel}}" }],
      requestParams: [
        { name: "tel", location: Location.QUERY, required: true },
        { name: "page[size]", location: Location.QUERY, defaultValue: "10" },
        { name: "left-out", location: Location.QUERY },
        { name: "who", location: Location.BODY },
        { name: "big", location: Location.BODY, type: Type.NUMBER },
        { name: "urgent", location: Location.BODY, type: Type.BOOLEAN, defaultValue: "false" },
      ],
      outputParams: [
        { name: "method", path: "$.method" },
        { name: "url", path: "$.url" },
      ],
    });
    const params = { tel: "+1 212&x=1", who: 'Ann "A"', big: "12345678901234567890.5" };
    const answer = await server.ok(rpc.invokeExternalApi, { ...api, params });
    const url = "/echo?fixed=1&tel=%2B1%20212%26x%3D1&page%5Bsize%5D=10";
    expect(answer).toMatchObject({ outcome: Outcome.SUCCESS, reason: Failure.UNSPECIFIED, status: 200 });
    expect(answer.outputs).toEqual({ method: "POST", url });
    expect(system.requests.at(-1)).toMatchObject({
      ...{ method: "POST", url, body: '{"who":"Ann \\"A\\"","big":12345678901234567890.5,"urgent":false}' },
      headers: { "x-caller": "tel +1 212&x=1", "content-type": "application/json" },
    });
  });

  const bodies: readonly (readonly [string, readonly string[], Record<string, string>, string])[] = [
    ["dots", ["customer.name", "customer.tel"], {}, '{"customer":{"name":"customer.name","tel":"customer.tel"}}'],
    ["JSON Pointers", ["/a/b", "/a/c~1d~0e"], {}, '{"a":{"b":"/a/b","c/d~e":"/a/c~1d~0e"}}'],
    ["arrays", ["items[0].id", "items.1.id"], {}, '{"items":[{"id":"items[0].id"},{"id":"items.1.id"}]}'],
    ["arrays by pointer, out of order", ["/a/1", "/a/0/0"], {}, '{"a":[["/a/0/0"],"/a/1"]}'],
    ["an array as the body", ["[0].id", "/1"], {}, '[{"id":"[0].id"},"/1"]'],
    [
      "a key with a dot",
      ["/a.b", "['c.d']", "e['f.g'].h"],
      {},
      `{"a.b":"/a.b","c.d":"['c.d']","e":{"f.g":{"h":"e['f.g'].h"}}}`,
    ],
    ["keys of digits", ["7", "a['0']"], {}, `{"7":"7","a":{"0":"a['0']"}}`],
    ["what has no value", ["a[0]", "a[1]", "b.c", "d.e"], { "a[0]": "", "b.c": "" }, '{"a":["a[1]"],"d":{"e":"d.e"}}'],
    ["no value at all", ["[0].a"], { "[0].a": "" }, "[]"],
    ["a prototype's name", ["constructor.prototype"], {}, '{"constructor":{"prototype":"constructor.prototype"}}'],
  ];
  it.each(bodies)("builds nested bodies: %s", async (_, names, without, body) => {
    const requestParams = names.map((one) => ({ name: one, location: Location.BODY }));
    const api = await madeExternalApi(server, { method: Method.POST, url: `${system.origin}/echo`, requestParams });
    const params = Object.fromEntries(names.filter((one) => !(one in without)).map((one) => [one, one]));
    const answer = await server.ok(rpc.testExternalApi, { ...api, params });
    expect(system.requests.at(-1)?.body).toBe(body);
    expect(answer.request?.body).toBe(body);
  });

  it("keeps plain names of body params that were stored before names were paths, until they are sent again", async () => {
    const stored = { name: "a.b", location: "BODY", type: "STRING", required: false, description: "" };
    const row = { method: "POST", url: `${system.origin}/echo`, request_params: [stored] };
    await server.insert([["external_api", [externalApiRow(companyId, "xapi_dots", row)]]]);
    const api = { companyId, id: "xapi_dots" };
    const sent = async () => {
      await server.ok(rpc.invokeExternalApi, { ...api, params: { "a.b": "1" } });
      return system.requests.at(-1)?.body;
    };
    expect(await sent()).toBe('{"a.b":"1"}');
    await server.ok(rpc.updateExternalApi, { ...api, name: "Renamed" });
    expect(await sent()).toBe('{"a.b":"1"}');
    await server.ok(rpc.updateExternalApi, {
      ...{ ...api, requestParams: { items: [{ name: "a.b", location: Location.BODY }] } },
    });
    expect(await sent()).toBe('{"a":{"b":"1"}}');
  });

  it.each([
    ["Content-Type", "application/x-www-form-urlencoded"],
    ["content-type", "Application/X-WWW-Form-URLEncoded ; charset=UTF-8"],
    ["CONTENT-TYPE", 'application/x-www-form-urlencoded;Charset="utf-8"'],
  ])("encodes a form as %s: %s says", async (header, value) => {
    const names = ["a", "metadata[key]", "b.c", "n", "left-out"];
    const api = await madeExternalApi(server, {
      ...{ method: Method.POST, url: `${system.origin}/echo`, headers: [{ name: header, value }] },
      requestParams: names.map((one) => ({ name: one, location: Location.BODY })),
    });
    await server.ok(rpc.invokeExternalApi, {
      ...api,
      params: { a: "x y&z=ü+", "metadata[key]": "1", "b.c": "", n: "-1.5" },
    });
    expect(system.requests.at(-1)).toMatchObject({
      body: "a=x+y%26z%3D%C3%BC%2B&metadata%5Bkey%5D=1&b.c=&n=-1.5",
      headers: { "content-type": value },
    });
  });

  it("answers the first value, a list of all, or their number", async () => {
    system.answerWith({
      pets: [{ name: "Rex", age: 3 }, { name: null }, { name: 'Ü "x"', age: 12345678901 }],
      ...{ tags: ["a", null, "b"], none: [], nothing: null, one: "x", flags: [true, false] },
    });
    const { LIST, COUNT } = OutputParam_Selection;
    const outputs = async (...outputParams: MessageInitShape<typeof OutputParamSchema>[]) => {
      const named = outputParams.map((output, index) => ({ ...output, name: `o${index}` }));
      const api = await madeExternalApi(server, { url: `${system.origin}/normal`, outputParams: named });
      const { reason, outputs: found, failedOutputs } = await server.ok(rpc.invokeExternalApi, api);
      return [Object.values(found), failedOutputs.map((failed) => failed.reason), reason];
    };
    expect(
      await outputs(
        ...[
          { path: "$.pets[*].name", selection: OutputParam_Selection.FIRST },
          { path: "$.pets[*].name", selection: LIST },
        ],
        ...[
          { path: "$.pets[*].age", selection: LIST, type: Type.NUMBER },
          { path: "$.pets", selection: COUNT },
        ],
        ...[
          { path: "$.pets[?@.age > 5]", selection: COUNT },
          { path: "$.pets[?@.age > 1e15]", selection: COUNT },
        ],
        ...[
          { path: "$.tags", selection: LIST },
          { path: "$.tags", selection: COUNT, type: Type.NUMBER },
        ],
        ...[
          { path: "$.none", selection: LIST },
          { path: "$.none", selection: COUNT },
          { path: "$.none[*]", selection: LIST },
        ],
        ...[
          { path: "$.one", selection: LIST },
          { path: "$.flags", selection: LIST, type: Type.BOOLEAN },
        ],
        ...[
          { path: "$.nothing", selection: LIST, defaultValue: "[]" },
          { path: "$.gone", selection: COUNT, defaultValue: "0" },
        ],
      ),
    ).toEqual([
      [
        ...["Rex", '["Rex","Ü \\"x\\""]', "[3,12345678901]", "3", "1", "0", '["a","b"]', "2", "[]", "0", "[]"],
        ...['["x"]', "[true,false]", "[]", "0"],
      ],
      [],
      Failure.UNSPECIFIED,
    ]);
    expect(
      await outputs(
        ...[
          { path: "$.pets", selection: LIST },
          { path: "$.tags", selection: LIST, type: Type.NUMBER },
        ],
        ...[
          { path: "$.gone", selection: LIST },
          { path: "$.nothing", selection: COUNT },
        ],
      ),
    ).toEqual([
      [],
      [Failure.OUTPUT_TYPE, Failure.OUTPUT_TYPE, Failure.OUTPUT_MISSING, Failure.OUTPUT_MISSING],
      Failure.OUTPUT_TYPE,
    ]);
  });

  it.each(["empty", "coded/empty"])(
    "takes the defaults of all outputs from a response without a body: %s",
    async (path) => {
      const outputParams = [
        { name: "name", path: "$.name", defaultValue: "friend" },
        { name: "tags", path: "$.tags", selection: OutputParam_Selection.LIST, defaultValue: "[]" },
      ];
      const whole = await madeExternalApi(server, { url: `${system.origin}/${path}`, outputParams });
      const { outcome, reason, outputs, failedOutputs } = await server.ok(rpc.invokeExternalApi, whole);
      expect({ outcome, reason, outputs, failedOutputs }).toEqual({
        ...{ outcome: Outcome.SUCCESS, reason: Failure.UNSPECIFIED, failedOutputs: [] },
        outputs: { name: "friend", tags: "[]" },
      });
      const more = [...outputParams, { name: "id", path: "$.id" }];
      const other = await madeExternalApi(server, { url: `${system.origin}/${path}`, outputParams: more });
      expect(await server.ok(rpc.invokeExternalApi, other)).toMatchObject({
        reason: Failure.ANSWER_NOT_JSON,
        outputs: {},
      });
    },
  );

  it("percent-encodes what stands in the path", async () => {
    const api = await madeExternalApi(server, {
      url: `${system.origin}/status/{code}`,
      requestParams: [{ name: "code", location: Location.PATH, required: true }],
    });
    await server.ok(rpc.invokeExternalApi, { ...api, params: { code: "../../a b?c#d" } });
    expect(system.requests.at(-1)?.url).toBe("/status/..%2F..%2Fa%20b%3Fc%23d");
  });

  it("takes outputs of each type, defaults for what is missing, and names what failed", async () => {
    system.answerWith({ text: "a", number: 1.5, big: 1e21, flag: true, nothing: null, list: [1, 2], object: {} });
    const outputs = async (...outputParams: MessageInitShape<typeof OutputParamSchema>[]) => {
      const api = await madeExternalApi(server, { url: `${system.origin}/normal`, outputParams });
      const { outcome, reason, outputs: found, failedOutputs } = await server.ok(rpc.invokeExternalApi, api);
      return { outcome, reason, outputs: found, failed: failedOutputs.map((one) => [one.name, one.reason]) };
    };
    expect(
      await outputs(
        { name: "text", path: "$.text" },
        { name: "number", path: "$.number", type: Type.NUMBER },
        { name: "numberAsText", path: "$.number" },
        { name: "flag", path: "$.flag", type: Type.BOOLEAN },
        { name: "first", path: "$.list[*]", type: Type.NUMBER },
        { name: "nothing", path: "$.nothing", defaultValue: "none" },
        { name: "absent", path: "$.absent", type: Type.NUMBER, defaultValue: "0" },
      ),
    ).toEqual({
      ...{ outcome: Outcome.SUCCESS, reason: Failure.UNSPECIFIED, failed: [] },
      outputs: {
        text: "a",
        number: "1.5",
        numberAsText: "1.5",
        flag: "true",
        first: "1",
        nothing: "none",
        absent: "0",
      },
    });
    expect(
      await outputs(
        { name: "text", path: "$.text", type: Type.NUMBER, defaultValue: "0" },
        { name: "absent", path: "$.absent" },
        { name: "object", path: "$.object" },
        { name: "flag", path: "$.flag" },
      ),
    ).toEqual({
      ...{ outcome: Outcome.FAILURE, reason: Failure.OUTPUT_TYPE, outputs: { flag: "true" } },
      failed: [
        ["text", Failure.OUTPUT_TYPE],
        ["absent", Failure.OUTPUT_MISSING],
        ["object", Failure.OUTPUT_TYPE],
      ],
    });
    expect(await outputs({ name: "absent", path: "$.nothing" })).toMatchObject({ reason: Failure.OUTPUT_MISSING });
  });

  it("keeps every digit of an integer, also of one that a double cannot hold", async () => {
    const api = await madeExternalApi(server, {
      url: `${system.origin}/long-integers`,
      outputParams: [
        { name: "e", path: "$.e" },
        { name: "id", path: "$.id" },
        { name: "number", path: "$.id", type: Type.NUMBER },
        { name: "negative", path: "$.negative" },
        { name: "text", path: "$.text" },
      ],
    });
    const { outcome, outputs } = await server.ok(rpc.invokeExternalApi, api);
    expect({ outcome, outputs }).toEqual({
      outcome: Outcome.SUCCESS,
      outputs: {
        ...{ id: "12345678901234567890", number: "12345678901234567890", negative: "-9007199254740993" },
        ...{ text: '9007199254740993 " 1', e: "100000000000000000000" },
      },
    });
  });

  it("leaves out a param that is not given, whatever it is named", async () => {
    const names = ["constructor", "toString", "hasOwnProperty"];
    const api = await madeExternalApi(server, {
      url: `${system.origin}/echo`,
      headers: [{ name: "X-A", value: "a{{constructor}}b" }],
      requestParams: names.map((one) => ({ name: one, location: Location.QUERY })),
    });
    await server.ok(rpc.invokeExternalApi, api);
    expect(system.requests.at(-1)).toMatchObject({ url: "/echo", headers: { "x-a": "ab" } });
    await server.ok(rpc.invokeExternalApi, { ...api, params: { constructor: "1" } });
    expect(system.requests.at(-1)).toMatchObject({ url: "/echo?constructor=1", headers: { "x-a": "a1b" } });
  });

  it("is refused at each param that is unknown, missing or of another type, and nothing is sent", async () => {
    const api = await madeExternalApi(server, {
      url: `${system.origin}/{p}`,
      headers: [{ name: "X", value: "{{h}}" }],
      requestParams: [
        { name: "p", location: Location.PATH, required: true },
        { name: "n", location: Location.QUERY, type: Type.NUMBER },
        { name: "b", location: Location.QUERY, type: Type.BOOLEAN },
        { name: "h", location: Location.QUERY },
        { name: "long", location: Location.QUERY },
      ],
    });
    const sent = system.requests.length;
    const params = { n: "0x10", b: "yes", h: "a\r\nX-Evil: 1", long: "x".repeat(2_049), stranger: "1" };
    const violations = [
      { field: 'params["b"]', reason: "WRONG_TYPE" },
      { field: 'params["h"]', reason: "INVALID_FORMAT" },
      { field: 'params["long"]', reason: "TOO_LONG" },
      { field: 'params["n"]', reason: "WRONG_TYPE" },
      { field: 'params["p"]', reason: "REQUIRED" },
      { field: 'params["stranger"]', reason: "UNKNOWN_FIELD" },
    ];
    const call = { ...api, params };
    const refusals = [server.refused(rpc.invokeExternalApi, call), server.refused(rpc.testExternalApi, call)];
    for (const { violations: found } of await Promise.all(refusals)) {
      expect(found.toSorted((one, other) => (one.field < other.field ? -1 : 1))).toEqual(violations);
    }
    for (const p of ["", ".", ".."]) {
      const refusal = await server.refused(rpc.invokeExternalApi, { ...api, params: { p } });
      expect(refusal.violations).toEqual([{ field: 'params["p"]', reason: "INVALID_FORMAT" }]);
    }
    expect(system.requests.length).toBe(sent);
  });
});

describe("a system that fails is an answer", () => {
  const ends: readonly (readonly [string, Outcome, Failure, number])[] = [
    ["slow", Outcome.TIMEOUT, Failure.TIMEOUT, 0],
    ["drip", Outcome.TIMEOUT, Failure.TIMEOUT, 0],
    ["huge", Outcome.FAILURE, Failure.ANSWER_TOO_LARGE, 0],
    ["bomb/gzip", Outcome.FAILURE, Failure.ANSWER_TOO_LARGE, 0],
    ["bomb/deflate", Outcome.FAILURE, Failure.ANSWER_TOO_LARGE, 0],
    ["coded/lie", Outcome.FAILURE, Failure.ANSWER_MALFORMED, 0],
    ["garbage", Outcome.FAILURE, Failure.ANSWER_MALFORMED, 0],
    ["text", Outcome.FAILURE, Failure.ANSWER_NOT_JSON, 200],
    ["empty", Outcome.FAILURE, Failure.ANSWER_NOT_JSON, 204],
    ["redirect", Outcome.FAILURE, Failure.STATUS_NOT_2XX, 302],
    ["status/404", Outcome.FAILURE, Failure.STATUS_NOT_2XX, 404],
    ["status/500", Outcome.FAILURE, Failure.STATUS_NOT_2XX, 500],
    ["reset", Outcome.FAILURE, Failure.CONNECTION_LOST, 0],
    ["half-body", Outcome.FAILURE, Failure.CONNECTION_LOST, 0],
  ];
  it.each(ends)("%s", async (mood, outcome, reason, status) => {
    const api = await madeExternalApi(server, {
      ...{ url: `${system.origin}/${mood}`, timeoutMs: mood === "slow" || mood === "drip" ? 300 : 10_000 },
      outputParams: [name],
    });
    const answer = await server.ok(rpc.invokeExternalApi, api);
    expect(answer).toMatchObject({ outcome, reason, status, outputs: {}, failedOutputs: [] });
    expect(system.requests.filter(({ url }) => url.includes("redirected"))).toEqual([]);
    const test = await server.ok(rpc.testExternalApi, api);
    expect(test).toMatchObject({ outcome, reason, status });
    expect(test.answer !== undefined).toBe(status !== 0);
  });

  it("a target that may not be called any more: nothing is sent", async () => {
    await server.insert([["external_api", [externalApiRow(companyId, "xapi_inner", { url: "https://10.0.0.1/" })]]]);
    expect(await server.ok(rpc.invokeExternalApi, { companyId, id: "xapi_inner" })).toMatchObject({
      outcome: Outcome.FAILURE,
      reason: Failure.TARGET_FORBIDDEN,
    });
  });

  it("a system that keeps failing: it is left alone after five calls, and the others are not", async () => {
    const ill = await madeExternalApi(server, { url: `${system.origin}/status/503` });
    for (const _ of [1, 2, 3, 4, 5]) {
      expect(await server.ok(rpc.invokeExternalApi, ill)).toMatchObject({ reason: Failure.STATUS_NOT_2XX });
    }
    const sent = system.requests.length;
    expect(await server.ok(rpc.invokeExternalApi, ill)).toMatchObject({ reason: Failure.BREAKER_OPEN });
    expect(system.requests.length).toBe(sent);
    const other = await madeExternalApi(server, { url: `${system.origin}/normal` });
    expect(await server.ok(rpc.invokeExternalApi, other)).toMatchObject({ outcome: Outcome.SUCCESS });
  });

  it("the 51st call of a company at a time", async () => {
    const slow = await madeExternalApi(server, { url: `${system.origin}/slow`, timeoutMs: 6_000 });
    const calls = Array.from({ length: 51 }, () => server.ok(rpc.invokeExternalApi, slow));
    const reasons = (await Promise.all(calls)).map(({ reason }) => reason);
    expect(reasons.filter((reason) => reason === Failure.TOO_MANY_CALLS)).toHaveLength(1);
    expect(reasons.filter((reason) => reason === Failure.TIMEOUT)).toHaveLength(50);
  });
});

describe("TestExternalApi", () => {
  it("shows what was sent, what came and what became of it", async () => {
    system.answerWith({ customer: { name: "Ada" } });
    const api = await madeExternalApi(server, {
      ...{ method: Method.PUT, url: `${system.origin}/normal`, headers: [{ name: "X-A", value: "b" }] },
      requestParams: [{ name: "tel", location: Location.BODY, required: true }],
      outputParams: [name, { name: "level", path: "$.customer.level" }],
    });
    const answer = await server.ok(rpc.testExternalApi, { ...api, params: { tel: "1" } });
    expect(answer).toMatchObject({
      ...{ outcome: Outcome.FAILURE, reason: Failure.OUTPUT_MISSING, status: 200, outputs: { name: "Ada" } },
      failedOutputs: [{ name: "level", reason: Failure.OUTPUT_MISSING }],
      request: { method: "PUT", url: `${system.origin}/normal`, body: '{"tel":"1"}' },
      answer: { body: '{"customer":{"name":"Ada"}}' },
    });
    expect(answer.request?.headers).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: "X-A", value: "b" })]),
    );
    expect(answer.answer?.headers).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: "content-type", value: "application/json" })]),
    );
  });
});

describe("an idempotency key of a call", () => {
  it("goes on to the other system as a hash, the same for the same call, and claims nothing here", async () => {
    const api = await madeExternalApi(server, { method: Method.POST, url: `${system.origin}/normal` });
    const keyOf = async (text: string) => {
      const answer = await server.call(rpc.invokeExternalApi, api, { headers: { "idempotency-key": text } });
      expect(answer).toMatchObject({ ok: true });
      expect(answer.headers["idempotency-replayed"]).toBeUndefined();
      return system.requests.at(-1)?.headers["idempotency-key"];
    };
    const one = await keyOf("call-1");
    expect(one).toMatch(/^[0-9a-f]{64}$/);
    expect(await keyOf("call-1")).toBe(one);
    expect(await keyOf("call-2")).not.toBe(one);
    await server.ok(rpc.invokeExternalApi, api);
    expect(system.requests.at(-1)?.headers["idempotency-key"]).toBeUndefined();
    const { rows } = await server.database.owner.query("SELECT 1 FROM idempotency WHERE rpc LIKE '%InvokeExternalApi'");
    expect(rows).toEqual([]);
  });
});
