import { afterAll, describe, expect, it } from "vitest";
import {
  RequestParam_Location as Location,
  ExternalApi_Method as Method,
  OutputParam_Selection,
  ParamType as Type,
} from "../../src/gen/proto/moego/callcenter/v1/external_api_pb.js";
import { ExternalApiService } from "../../src/gen/proto/moego/callcenter/v1/external_api_service_pb.js";
import { newExternalApi, wholeExternalApi } from "../support/new-external-api.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = ExternalApiService.method;
const companyId = "cmp_a";

describe("CreateExternalApi", () => {
  it("stores what was sent, with its author, and shows of a secret that there is one", async () => {
    const { externalApi } = await server.ok(rpc.createExternalApi, wholeExternalApi);
    expect(externalApi).toMatchObject({
      ...{ companyId, name: "Orders", method: Method.POST, url: wholeExternalApi.url, timeoutMs: 5_000, etag: "1" },
      ...{ createdBy: "staff_a1", lastUpdatedBy: "staff_a1", archived: false },
      headers: [
        { name: "X-Trace", value: "call {{caller}}", isSecret: false },
        { name: "Authorization", value: "", isSecret: true },
      ],
      requestParams: wholeExternalApi.requestParams,
      outputParams: wholeExternalApi.outputParams,
    });
    const target = { companyId, id: externalApi?.id ?? "" };
    expect((await server.ok(rpc.getExternalApi, target)).externalApi).toEqual(externalApi);
    expect(target.id).toMatch(/^xapi_/);
  });

  it("keeps a given id, once, and answers within 3 s unless told otherwise", async () => {
    const { externalApi } = await server.ok(rpc.createExternalApi, newExternalApi({ id: "moved.1" }));
    expect(externalApi).toMatchObject({ id: "moved.1", timeoutMs: 3_000 });
    expect(await server.refused(rpc.createExternalApi, newExternalApi({ id: "moved.1" }))).toMatchObject({
      code: "ALREADY_EXISTS",
      reason: "ALREADY_EXISTS",
    });
  });

  const badUrls = [
    ...[
      "example.com/a",
      "/a",
      "ftp://example.com",
      "file:///etc/passwd",
      "javascript:1",
      "https://",
      "https:/example.com",
    ],
    ...["https://user:pw@example.com/", "https://example.com/#part", "https://exämple.com/", "https://example.com/a b"],
    ...[
      "https://example.com\\@127.0.0.1/",
      "https://{host}/",
      "https://example.com/?q={q}",
      "https://example.com/{a",
      "https://example.com:99999/",
    ],
    `https://example.com/${"a".repeat(2_048)}`,
  ];
  it.each(badUrls)("refuses the URL %s", async (url) => {
    const refusal = await server.refused(rpc.createExternalApi, newExternalApi({ url }));
    expect(refusal).toMatchObject({ code: "INVALID_ARGUMENT", reason: "INVALID_REQUEST" });
    expect(refusal.violations).toEqual([{ field: "url", reason: "INVALID_FORMAT" }]);
  });

  it.each([
    ...["http://example.com/", "https://127.0.0.1/", "https://localhost/", "https://169.254.169.254/latest/meta-data"],
    ...["https://[::1]/", "https://2130706433/", "https://0x7f.1/", "https://10.0.0.1/{shop}"],
  ])("refuses the target %s", async (url) => {
    const requestParams = [{ name: "shop", location: Location.PATH, required: true }];
    const refusal = await server.refused(rpc.createExternalApi, newExternalApi({ url, requestParams }));
    expect(refusal.violations).toContainEqual({ field: "url", reason: "NOT_ALLOWED" });
  });

  const badHeaders: readonly (readonly [string, object, object])[] = [
    ...["", "X Y", "X:Y", "X\r\nY", "Ü", "X\0"].map(
      (name) =>
        [JSON.stringify(name), { name, value: "x" }, { field: "headers[0].name", reason: "INVALID_FORMAT" }] as const,
    ),
    ...[
      "Host",
      "content-length",
      "Transfer-Encoding",
      "CONNECTION",
      "Upgrade",
      "Expect",
      "TE",
      "Trailer",
      "Keep-Alive",
      "Proxy-Authorization",
    ].map((name) => [name, { name, value: "x" }, { field: "headers[0].name", reason: "NOT_ALLOWED" }] as const),
    ...["a\r\nX-Evil: 1", "a\nb", "a\0b", "a\x7fb", "é"].map(
      (value) =>
        [JSON.stringify(value), { name: "X", value }, { field: "headers[0].value", reason: "INVALID_FORMAT" }] as const,
    ),
    ["{{unknown}}", { name: "X", value: "{{unknown}}" }, { field: "headers[0].value", reason: "NOT_FOUND" }],
    ["{{", { name: "X", value: "a {{ b" }, { field: "headers[0].value", reason: "INVALID_FORMAT" }],
    [
      "a secret with CR",
      { name: "X", secretValue: "0123456\r89" },
      { field: "headers[0].secret_value", reason: "INVALID_FORMAT" },
    ],
    [
      "a short secret",
      { name: "X", secretValue: "0123456" },
      { field: "headers[0].secret_value", reason: "TOO_SHORT" },
    ],
    [
      "a value and a secret",
      { name: "X", value: "a", secretValue: "0123456789" },
      { field: "headers[0].secret_value", reason: "CONFLICT" },
    ],
    ["a secret without one", { name: "X", isSecret: true }, { field: "headers[0].secret_value", reason: "REQUIRED" }],
  ];
  it.each(badHeaders)("refuses a header: %s", async (_, header, violation) => {
    const refusal = await server.refused(rpc.createExternalApi, newExternalApi({ headers: [header] }));
    expect(refusal.violations).toEqual([violation]);
  });

  const body = (...names: string[]) => ({
    ...{ method: Method.POST, requestParams: names.map((name) => ({ name, location: Location.BODY })) },
  });
  const [conflict, malformed] = ["CONFLICT", "INVALID_FORMAT"];
  const badBodies: readonly (readonly [readonly string[], readonly (readonly [number, string])[]])[] = [
    ...[
      ["a", "a.b"],
      ["a.b", "a"],
      ["a.b", "/a/b"],
      ["a[0]", "a.0"],
      ["a[0]", "a.b"],
      ["x", "[0]"],
    ].map((names) => [names, [[1, conflict]]] as const),
    [
      ["a.b", "c", "a['b'].d", "c.e"],
      [
        [2, conflict],
        [3, conflict],
      ],
    ],
    [
      ["a[0]", "a[2]", "a[1000000000000]"],
      [
        [1, conflict],
        [2, conflict],
      ],
    ],
    [["years.2024"], [[0, conflict]]],
    ...[
      "a..b",
      ".a",
      "a.",
      "a[",
      "a[]",
      "a[b]",
      "a[-1]",
      "a[01]",
      "a]",
      "['a'",
      "a['']",
      "/a~2",
      "/a/-",
      "a.__proto__",
      "a.[0]",
      "[0]a",
    ].map((name) => [[name], [[0, malformed]]] as const),
  ];
  it.each(badBodies)("refuses body params %s in JSON, and takes them in a form", async (names, found) => {
    const refusal = await server.refused(rpc.createExternalApi, newExternalApi(body(...names)));
    expect(refusal.violations).toEqual(
      found.map(([index, reason]) => ({ field: `request_params[${index}].name`, reason })),
    );
    const headers = [{ name: "content-type", value: "application/x-www-form-urlencoded" }];
    const { externalApi } = await server.ok(rpc.createExternalApi, newExternalApi({ ...body(...names), headers }));
    const target = { companyId, id: externalApi?.id ?? "" };
    const requestParams = { items: body(...names).requestParams };
    await server.ok(rpc.updateExternalApi, { ...target, requestParams });
    const json = await server.refused(rpc.updateExternalApi, { ...target, headers: { items: [] } });
    expect(json.violations).toEqual(
      found.map(([index, reason]) => ({ field: `request_params.items[${index}].name`, reason })),
    );
  });

  it("refuses a content type with a charset in which bodies are not sent", async () => {
    const headers = (value: string) => [{ name: "Content-type", value }];
    for (const value of [
      "application/json; charset=iso-8859-1",
      'application/x-www-form-urlencoded;charset="latin1"',
    ]) {
      const refusal = await server.refused(
        rpc.createExternalApi,
        newExternalApi({ ...body("a"), headers: headers(value) }),
      );
      expect(refusal.violations).toEqual([{ field: "headers[0].value", reason: "NOT_ALLOWED" }]);
    }
    for (const value of ["application/json;charset=utf8", "application/vnd.api+json"])
      await server.ok(rpc.createExternalApi, newExternalApi({ ...body("a"), headers: headers(value) }));
  });

  it("refuses outputs with a placeholder in the path, and defaults that are not what they select", async () => {
    const paths = [
      "$.{{tel}}.name",
      "$[?@.tel == '{{ tel }}'].id",
      "$['{tel}']",
      "$[?@.tel == '{tel}']",
      "$.a[?@.b == '{{']",
    ];
    const placed = await server.refused(
      rpc.createExternalApi,
      newExternalApi({ outputParams: paths.map((path, index) => ({ name: `o${index}`, path })) }),
    );
    expect(placed.violations).toEqual(
      paths.map((_, index) => ({ field: `output_params[${index}].path`, reason: "NOT_ALLOWED" })),
    );
    const { LIST, COUNT } = OutputParam_Selection;
    const unknownNumber: number = 9;
    const path = "$.a";
    const refusal = await server.refused(
      rpc.createExternalApi,
      newExternalApi({
        outputParams: [
          { name: "a", path, selection: LIST, defaultValue: "none" },
          { name: "b", path, selection: LIST, type: Type.NUMBER, defaultValue: '["1"]' },
          { name: "c", path, selection: COUNT, defaultValue: "-1" },
          { name: "d", path, selection: COUNT, type: Type.BOOLEAN },
          { name: "e", path, selection: unknownNumber },
          { name: "f", path, selection: LIST, type: Type.NUMBER, defaultValue: "[1, 12345678901234567890]" },
          { name: "g", path, selection: LIST, defaultValue: '["a"]' },
          { name: "h", path, selection: COUNT, type: Type.NUMBER, defaultValue: "0" },
        ],
      }),
    );
    expect(refusal.violations.toSorted((a, b) => (a.field < b.field ? -1 : 1))).toEqual([
      { field: "output_params[0].default_value", reason: "WRONG_TYPE" },
      { field: "output_params[1].default_value", reason: "WRONG_TYPE" },
      { field: "output_params[2].default_value", reason: "WRONG_TYPE" },
      { field: "output_params[3].type", reason: "NOT_ALLOWED" },
      { field: "output_params[4].selection", reason: "NOT_ALLOWED" },
    ]);
  });

  it("names everything that is wrong at once", async () => {
    const request = newExternalApi({
      name: "",
      url: "https://example.com/{id}/{nobody}",
      headers: [
        { name: "Host", value: "x" },
        { name: "X-A", value: "a" },
        { name: "x-a", value: "{{none}}" },
        { name: "X-Key", isSecret: true },
      ],
      requestParams: [
        { name: "id", location: Location.PATH },
        { name: "id", location: Location.QUERY, type: Type.NUMBER, defaultValue: "twelve" },
        { name: "body", location: Location.BODY, required: true },
        { name: "apart", location: Location.PATH, required: true },
        { name: "a b", location: Location.QUERY },
        { name: "nowhere" },
      ],
      outputParams: [
        { name: "1st", path: "$.a" },
        { name: "status", path: "$.status" },
        { name: "a", path: "a.b" },
        { name: "a", path: "$.b", type: Type.BOOLEAN, defaultValue: "yes" },
        { name: "b", path: "$[?match(@.a, '(a+)+')]" },
      ],
      timeoutMs: 10_001,
    });
    const refusal = await server.refused(rpc.createExternalApi, request);
    const byField = refusal.violations.toSorted((a, b) => (a.field < b.field ? -1 : 1));
    expect(byField).toEqual([
      { field: "headers[0].name", reason: "NOT_ALLOWED" },
      { field: "headers[2].name", reason: "CONFLICT" },
      { field: "headers[2].value", reason: "NOT_FOUND" },
      { field: "headers[3].secret_value", reason: "REQUIRED" },
      { field: "name", reason: "REQUIRED" },
      { field: "output_params[0].name", reason: "INVALID_FORMAT" },
      { field: "output_params[1].name", reason: "NOT_ALLOWED" },
      { field: "output_params[2].path", reason: "INVALID_FORMAT" },
      { field: "output_params[3].default_value", reason: "WRONG_TYPE" },
      { field: "output_params[3].name", reason: "CONFLICT" },
      { field: "output_params[4].path", reason: "INVALID_FORMAT" },
      { field: "request_params[0].required", reason: "REQUIRED" },
      { field: "request_params[1].default_value", reason: "WRONG_TYPE" },
      { field: "request_params[1].name", reason: "CONFLICT" },
      { field: "request_params[2].location", reason: "NOT_ALLOWED" },
      { field: "request_params[3].location", reason: "NOT_FOUND" },
      { field: "request_params[4].name", reason: "INVALID_FORMAT" },
      { field: "request_params[5].location", reason: "REQUIRED" },
      { field: "timeout_ms", reason: "OUT_OF_RANGE" },
      { field: "url", reason: "NOT_FOUND" },
    ]);
  });

  it("takes 20 headers, 50 params and 50 outputs, ten of which search, and no more", async () => {
    const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
    const lists = (more: number) => ({
      headers: numbers(20 + more).map((n) => ({ name: `X-${n}`, value: "x" })),
      requestParams: numbers(50 + more).map((n) => ({ name: `p${n}`, location: Location.QUERY })),
      outputParams: numbers(50 + more).map((n) => ({ name: `o${n}`, path: "$.a" })),
    });
    await server.ok(rpc.createExternalApi, newExternalApi(lists(0)));
    const refusal = await server.refused(rpc.createExternalApi, newExternalApi(lists(1)));
    expect(refusal.violations).toEqual(
      ["headers", "request_params", "output_params"].map((field) => ({ field, reason: "TOO_MANY" })),
    );
    const outputParams = numbers(11).map((n) => ({ name: `o${n}`, path: "$..a" }));
    expect((await server.refused(rpc.createExternalApi, newExternalApi({ outputParams }))).violations).toEqual([
      { field: "output_params[10].path", reason: "TOO_MANY" },
    ]);
  });
});
