import type { MessageInitShape } from "@bufbuild/protobuf";
import { afterAll, describe, expect, it } from "vitest";
import {
  InvocationFailure as Failure,
  RequestParam_Location as Location,
  ExternalApi_Method as Method,
  Outcome,
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
