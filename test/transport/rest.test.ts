import { brotliCompressSync, deflateSync, gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callRest } from "./clients.js";
import { authorization, startWorld, type World } from "./world.js";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const good = JSON.stringify({ companyId: "cmp_001", firstName: "Ann" });
const created = () => world.seen.creates.at(-1);
const fields = async (path: string, options: Parameters<typeof callRest>[2]) =>
  (await callRest(world, path, options)).refusal?.violations.map(({ field, reason }) => `${field} ${reason}`);

describe("routes", () => {
  it("answers a path of no route with 404 and its reason", async () => {
    const outcome = await callRest(world, "/v1/nothing");
    expect(outcome.httpStatus).toBe(404);
    expect(outcome.refusal).toMatchObject({
      code: "NOT_FOUND",
      reason: "ROUTE_NOT_FOUND",
      metadata: { path: "/v1/nothing" },
    });
    expect(outcome.headers["x-request-id"]).toBe(outcome.refusal?.metadata["requestId"]);
  });

  const getByConnect = "/moego.business.customer.v1.CustomerService/GetCustomer";
  it.each([
    ["POST", "/v1/customers/", "CreateCustomer"],
    ["POST", "/%76%31/cu%73tomers", "CreateCustomer"],
    ["POST", "/v1/customers%3Alist", "ListCustomers"],
    ["POST", "/v1/customers%3alist/", "ListCustomers"],
    ["POST", "/v1/customers:%6C%69st", "ListCustomers"],
    ["POST", "/v1/customers/cus_1/notes%3Alist", "ListCustomerNotes"],
    ["GET", "/v1/customers/cus_1/", "GetCustomer"],
    ["POST", `${getByConnect}/`, "GetCustomer"],
    ["POST", getByConnect.replace("GetC", "Get%43"), "GetCustomer"],
  ])("reads %s %s like the path that the contract writes", async (method, path, rpc) => {
    await callRest(world, path, { method, ...(method === "GET" ? {} : { body: "{}" }) });
    expect(world.observed.at(-1)?.rpc).toBe(`moego.business.customer.v1.CustomerService/${rpc}`);
  });

  it("knows no empty segment and no empty variable", async () => {
    expect((await callRest(world, "/v1/customers/")).refusal?.reason).toBe("METHOD_NOT_ALLOWED");
    expect((await callRest(world, "/v1//customers")).refusal?.reason).toBe("ROUTE_NOT_FOUND");
    expect((await callRest(world, "/v1/customers//")).refusal?.reason).toBe("ROUTE_NOT_FOUND");
  });

  it("leaves an encoded slash, percent sign or colon in a variable as data", async () => {
    expect((await callRest(world, "/v1/customers/a%2Fb")).body.toString()).toContain('"id":"a/b"');
    expect((await callRest(world, "/v1/customers/a%2541")).body.toString()).toContain('"id":"a%41"');
    expect((await callRest(world, "/v1/customers/sip%3Aann")).body.toString()).toContain('"id":"sip:ann"');
    expect((await callRest(world, "/v1/customers%2Fcus_1")).refusal?.reason).toBe("ROUTE_NOT_FOUND");
  });

  it("answers a verb that the path does not take with 405 and those it takes", async () => {
    const outcome = await callRest(world, "/v1/customers/cus_1", { method: "PATCH", body: "{}" });
    expect(outcome.httpStatus).toBe(405);
    expect(outcome.headers["allow"]?.split(", ").sort()).toEqual(["GET", "HEAD", "PUT"]);
    expect(outcome.refusal).toMatchObject({
      code: "UNIMPLEMENTED",
      reason: "METHOD_NOT_ALLOWED",
      metadata: { method: "PATCH", path: "/v1/customers/cus_1", allow: outcome.headers["allow"] },
    });
  });

  it("answers HEAD like GET, without the body, where the rpc changes nothing", async () => {
    const get = await callRest(world, "/v1/customers/cus_1");
    const head = await callRest(world, "/v1/customers/cus_1", { method: "HEAD" });
    expect(head.httpStatus).toBe(200);
    expect(head.body).toHaveLength(0);
    expect(head.headers["content-length"]).toBe(String(get.body.length));
  });

  it("refuses HEAD where the GET makes something", async () => {
    const head = await callRest(world, "/v1/customers/cus_1/cof/link", { method: "HEAD" });
    const get = await callRest(world, "/v1/customers/cus_1/cof/link");
    expect(head.httpStatus).toBe(405);
    expect(head.headers["allow"]).toBe("GET");
    expect(get.body.toString()).toContain("/cof/cus_1");
    expect(get.headers["cache-control"]).toBe("no-store");
  });

  it("tells a verb from a variable of the same depth", async () => {
    expect((await callRest(world, "/v1/customers:list", { body: "{}" })).httpStatus).toBe(200);
    expect((await callRest(world, "/v1/customers:unknown", { body: "{}" })).refusal?.reason).toBe("ROUTE_NOT_FOUND");
  });

  it("decodes path variables", async () => {
    expect((await callRest(world, "/v1/customers/a%20b%2Fc")).body.toString()).toContain('"id":"a b/c"');
  });

  it.each([
    ["/v1/customers/cus_1?utm=1&deep.er=2&foo=%zz", "utm,deep.er,foo"],
    ["/v1/customers/cus_1?id=cus_1&utm=1", "utm"],
    ["/v1/customers/cus_1?id=cus_1", undefined],
  ])("ignores and names the unknown parameters of a GET: %s", async (target, names) => {
    const { httpStatus, headers } = await callRest(world, target);
    expect(httpStatus).toBe(200);
    expect(headers["moego-ignored"]).toBe(names);
  });

  it("refuses bad percent-encoding in path and query", async () => {
    expect(await fields("/v1/customers/%zz", {})).toEqual(["id INVALID_FORMAT"]);
    expect(await fields("/v1/customers/cus_1?id=%zz", {})).toEqual(["id INVALID_FORMAT"]);
  });
});

describe("request", () => {
  it("reads JSON sent as text/plain, as curl -d sends it, and without a content type", async () => {
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect((await callRest(world, "/v1/customers", { body: good, headers: form })).httpStatus).toBe(200);
    const plain = await callRest(world, "/v1/customers", { body: good, headers: { "content-type": "text/plain" } });
    const bytes = await fetch(`${world.url}/v1/customers`, {
      method: "POST",
      headers: { authorization },
      body: new Blob([good]),
    });
    expect(plain.httpStatus).toBe(200);
    expect(bytes.status).toBe(200);
  });

  it.each(["application/xml", "multipart/form-data; boundary=x", "application/json; charset=utf-16"])(
    "refuses content type %s with 415",
    async (contentType) => {
      const outcome = await callRest(world, "/v1/customers", { body: good, headers: { "content-type": contentType } });
      expect(outcome.httpStatus).toBe(415);
      expect(outcome.refusal).toMatchObject({
        code: "INVALID_ARGUMENT",
        reason: "UNSUPPORTED_MEDIA_TYPE",
        metadata: { contentType },
      });
    },
  );

  it.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
  ] as const)("reads a body compressed by %s", async (coding, compress) => {
    const outcome = await callRest(world, "/v1/customers", {
      body: compress(good),
      headers: { "content-encoding": coding },
    });
    expect(outcome.httpStatus).toBe(200);
    expect(created()?.firstName).toBe("Ann");
  });

  it("limits a compressed body by what it decompresses to", async () => {
    const bomb = gzipSync(Buffer.alloc(5 * 1024 * 1024, " "));
    const outcome = await callRest(world, "/v1/customers", { body: bomb, headers: { "content-encoding": "gzip" } });
    expect(outcome.refusal).toMatchObject({ code: "RESOURCE_EXHAUSTED", reason: "MESSAGE_TOO_LARGE" });
  });

  it("refuses a body that does not decompress, and an unknown compression", async () => {
    const broken = await callRest(world, "/v1/customers", { body: good, headers: { "content-encoding": "gzip" } });
    const unknown = await callRest(world, "/v1/customers", { body: good, headers: { "content-encoding": "zstd" } });
    expect(broken.refusal).toMatchObject({ code: "INVALID_ARGUMENT", reason: "MALFORMED_REQUEST" });
    expect(unknown.httpStatus).toBe(415);
    expect(unknown.headers["accept-encoding"]).toBe("gzip, deflate, br");
    expect(unknown.refusal).toMatchObject({ reason: "UNSUPPORTED_ENCODING", metadata: { contentEncoding: "zstd" } });
  });

  it("answers a caller that sends far more than the limit", async () => {
    const outcome = await callRest(world, "/v1/customers", { body: Buffer.alloc(16 * 1024 * 1024, " ") });
    expect(outcome.httpStatus).toBe(413);
    expect(outcome.refusal?.reason).toBe("MESSAGE_TOO_LARGE");
  });

  it("reads no body as an empty object", async () => {
    const outcome = await callRest(world, "/v1/customers", { method: "POST" });
    expect(outcome.httpStatus).toBe(200);
    expect(created()?.companyId).toBe("");
  });

  it("refuses a body where the route takes none", async () => {
    const path = "/v1/customers/cus_1/notes/cxn_1";
    expect(await fields(path, { method: "DELETE", body: '{"noteId":"cxn_2"}' })).toEqual([" NOT_ALLOWED"]);
    expect((await callRest(world, path, { method: "DELETE", body: "{}" })).httpStatus).toBe(200);
    expect((await callRest(world, path, { method: "DELETE" })).httpStatus).toBe(200);
  });

  it("refuses a path variable that the body contradicts, and takes one it repeats", async () => {
    const put = (body: object) => ({ method: "PUT", body: JSON.stringify(body) });
    expect(await fields("/v1/customers/cus_5", put({ id: "other" }))).toEqual(["id CONFLICT"]);
    expect((await callRest(world, "/v1/customers/cus_5", put({ id: "cus_5", companyId: "cmp_001" }))).httpStatus).toBe(
      200,
    );
    expect((await callRest(world, "/v1/customers/cus_5", put({ id: null }))).httpStatus).toBe(200);
    expect(world.seen.updates.at(-1)?.id).toBe("cus_5");
  });

  it("refuses query parameters beside a whole body", async () => {
    expect(await fields("/v1/customers?companyId=cmp_001", { body: good })).toEqual(["companyId NOT_ALLOWED"]);
    expect(await fields("/v1/customers?utm=1", { body: good })).toEqual(["utm NOT_ALLOWED"]);
    expect(await fields("/v1/customers/cus_1?id=cus_2", {})).toEqual(["id CONFLICT"]);
  });

  it("names every fault at once, in the spelling of the contract", async () => {
    const body = JSON.stringify({
      foo: 1,
      address: { bar: 1, street: "x", address1: "y", coordinate: { latitude: "a" }, type: "NOPE" },
      tags: [{ last_updated_time: "no" }, 5],
      companyId: 5,
    });
    const outcome = await callRest(world, "/v1/customers", { body });
    expect(outcome.httpStatus).toBe(400);
    expect(outcome.refusal).toMatchObject({
      code: "INVALID_ARGUMENT",
      reason: "INVALID_REQUEST",
      metadata: { violationCount: "8" },
    });
    expect(outcome.refusal?.violations.map(({ field }) => field).sort()).toEqual([
      "address.bar",
      "address.coordinate.latitude",
      "address.street",
      "address.type",
      "company_id",
      "foo",
      "tags[0].last_updated_time",
      "tags[1]",
    ]);
  });

  it.each([
    ["nesting 10,000 deep", "[".repeat(10_000)],
    ["objects 10,000 deep", '{"a":'.repeat(10_000)],
    ["bytes that are no UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ["half a surrogate pair", '{"firstName":"\\ud800"}'],
    ["a trailing comma", '{"firstName":"a",}'],
    ["two values", "{} {}"],
    ["a bare word", "nope"],
  ])("refuses %s as malformed", async (_what, body) => {
    const outcome = await callRest(world, "/v1/customers", { body });
    expect(outcome.refusal).toMatchObject({ code: "INVALID_ARGUMENT", reason: "MALFORMED_REQUEST" });
  });

  it("keeps the details of 500 faults within 4 KiB and tells how many there were", async () => {
    const body = JSON.stringify(
      Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`unknown_${index}_${"x".repeat(300)}`, 1])),
    );
    const outcome = await callRest(world, "/v1/customers", { body });
    expect(outcome.refusal?.metadata["violationCount"]).toBe("500");
    expect(outcome.refusal?.violations.length).toBeGreaterThan(5);
    expect(outcome.refusal?.violations.length).toBeLessThanOrEqual(50);
    expect(outcome.body.length).toBeLessThan(5_500);
  });
});

describe("answer", () => {
  it("is JSON with unset scalars, lists and maps written out", async () => {
    const { body, headers } = await callRest(world, "/v1/customers:list", { body: "{}" });
    expect(headers["content-type"]).toBe("application/json");
    expect(JSON.parse(body.toString())).toEqual({ customers: [], nextPageToken: "" });
  });

  it("is a google.rpc.Status for an error, with typed details", async () => {
    const { body, httpStatus } = await callRest(world, "/v1/customers/absent");
    expect(httpStatus).toBe(404);
    expect(JSON.parse(body.toString())).toMatchObject({
      code: 5,
      message: "Customer not found.",
      details: [
        { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "RESOURCE_NOT_FOUND", domain: "moego.api" },
      ],
    });
  });

  it("tells when to come back", async () => {
    const { headers, httpStatus } = await callRest(world, "/v1/customers/busy");
    expect(httpStatus).toBe(503);
    expect(headers["retry-after"]).toBe("1");
  });

  it("is compressed for a caller that reads gzip, when it is long", async () => {
    const { request } = await import("node:http");
    const bytes = await new Promise<Buffer>((resolve, reject) => {
      const call = request(
        `${world.url}/v1/customers/large`,
        { headers: { authorization, "accept-encoding": "gzip, br" } },
        (response) => {
          expect(response.headers["content-encoding"]).toBe("gzip");
          const chunks: Buffer[] = [];
          response.on("data", (chunk) => chunks.push(chunk));
          response.on("end", () => resolve(Buffer.concat(chunks)));
        },
      );
      call.on("error", reject);
      call.end();
    });
    expect(bytes.length).toBeLessThan(1_000);
    expect(JSON.parse(gunzipSync(bytes).toString()).notes[0].note).toHaveLength(5_000);
  });
});

describe("a deadline in the header grpc-timeout", () => {
  it("ends the call with DEADLINE_EXCEEDED and 504, and the handler is told why", async () => {
    const before = world.seen.aborts.length;
    const { httpStatus, refusal } = await callRest(world, "/v1/customers/slow", {
      headers: { "Grpc-Timeout": "100m" },
    });
    expect(httpStatus).toBe(504);
    expect(refusal).toMatchObject({ code: "DEADLINE_EXCEEDED", reason: "DEADLINE_EXCEEDED" });
    expect(world.seen.aborts).toHaveLength(before + 1);
    expect(world.seen.aborts.at(-1)).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  });

  it("is that of a call with a body, too, and 0 is over at once", async () => {
    const creates = world.seen.creates.length;
    const headers = { "grpc-timeout": "0n" };
    expect((await callRest(world, "/v1/customers", { body: good, headers })).httpStatus).toBe(504);
    expect(world.seen.creates).toHaveLength(creates);
  });

  it.each(["1H", "2M", "99999999m", "5S"])("leaves a call alone that ends in time: %s", async (timeout) => {
    const headers = { "grpc-timeout": timeout };
    expect((await callRest(world, "/v1/customers", { body: good, headers })).httpStatus).toBe(200);
  });

  it.each(["soon", "", "100", "1x", "-1S", "123456789m", "1.5S"])("is refused when it is %j", async (timeout) => {
    const headers = { "grpc-timeout": timeout };
    expect(await fields("/v1/customers/cus_1", { headers })).toEqual(["grpc-timeout INVALID_FORMAT"]);
  });

  it("is looked at after the key", async () => {
    const headers = { "grpc-timeout": "soon" };
    const { refusal } = await callRest(world, "/v1/customers/cus_1", { headers, authorization: null });
    expect(refusal).toMatchObject({ code: "UNAUTHENTICATED" });
  });
});
