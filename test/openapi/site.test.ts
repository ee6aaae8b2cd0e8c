import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, it } from "vitest";
import { startServer } from "../support/server.js";
import { currentDocument } from "./document.js";

const server = await startServer();
afterAll(() => server.stop());

const get = (path: string, init: RequestInit = {}) => fetch(`${server.app.httpUrl}${path}`, init);

const served = ["/", "/docs", "/docs/docs.js", "/docs/swagger-ui-bundle.js", "/openapi.json", "/descriptor.binpb"];

describe.each(served)("%s", (path) => {
  it("needs no API key, is checked for changes by every client, and is empty for one that has it", async () => {
    const first = await get(path);
    expect(first.status).toBe(200);
    expect(first.headers.get("cache-control")).toBe("no-cache");
    expect(first.headers.get("content-encoding")).toBe("gzip");
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^W\/"[\w-]{22}"$/);
    const again = await get(path, { headers: { "if-none-match": `"other", ${etag}` } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    expect((await get(path, { headers: { "if-none-match": '"other"' } })).status).toBe(200);
  });

  it("is the same for clients that decompress nothing", async () => {
    const plain = await get(path, { headers: { "accept-encoding": "identity" } });
    expect(plain.headers.get("content-encoding")).toBeNull();
    expect(plain.headers.get("vary")).toBe("Accept-Encoding");
    expect(await plain.text()).toBe(await (await get(path)).text());
  });

  it("can only be read", async () => {
    expect((await get(path, { method: "HEAD" })).status).toBe(200);
    for (const method of ["POST", "PUT", "DELETE"]) {
      const refused = await get(path, { method });
      expect([refused.status, refused.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    }
  });
});

describe.each(["/", "/docs"])("the page at %s", (path) => {
  it("runs no script and loads nothing but files of this server, and cannot be framed", async () => {
    const page = await get(path);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const policy = page.headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; /);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    const html = await page.text();
    expect(html).not.toMatch(/<script(?! src="\/docs\/)|<style| style=| on\w+=|(?:src|href)="(?!\/|data:,")/);
  });

  it("links only what the server has", async () => {
    const html = await (await get(path)).text();
    const targets = [...html.matchAll(/(?:src|href)="(\/[^"]*)"/g)].map(([, target = ""]) => target);
    expect(targets.length).toBeGreaterThan(1);
    for (const target of targets) expect((await get(target)).status, target).toBe(200);
  });
});

it("the page at / links the reference, the schema, the descriptors and the probes", async () => {
  const html = await (await get("/")).text();
  for (const target of ["/docs", "/openapi.json", "/descriptor.binpb", "/healthz", "/readyz"]) {
    expect(html).toContain(`href="${target}"`);
  }
});

it("the trailing slash of an address does not matter, and other paths are not files", async () => {
  expect((await get("/docs/")).status).toBe(200);
  for (const path of ["/docs/unknown.js", "/docs/..%2fpackage.json", "/index.html", "/constructor", "/__proto__"]) {
    expect((await get(path)).status, path).toBe(404);
  }
});

it("/openapi.json is the document of this contract (npm run build writes it)", async () => {
  const served = await get("/openapi.json");
  expect(served.headers.get("content-type")).toBe("application/json");
  // As a boolean: a difference of two such documents takes long to print.
  expect((await served.text()) === JSON.stringify(currentDocument())).toBe(true);
});

it("/descriptor.binpb has every file of the contract with its imports and comments", async () => {
  const { file } = fromBinary(
    FileDescriptorSetSchema,
    new Uint8Array(await (await get("/descriptor.binpb")).arrayBuffer()),
  );
  const names = file.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(["moego/business/customer/v1/customer_service.proto", "google/protobuf/timestamp.proto"]),
  );
  for (const { dependency } of file) expect(names).toEqual(expect.arrayContaining(dependency));
  const comments = file.flatMap(({ sourceCodeInfo }) => sourceCodeInfo?.location ?? []).map((at) => at.leadingComments);
  expect(comments.join()).toContain("Customers of a company.");
});
