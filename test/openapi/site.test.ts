import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, it } from "vitest";
import { startServer } from "../support/server.js";
import { currentDocument } from "./document.js";

const server = await startServer();
afterAll(() => server.stop());

const get = (path: string, init: RequestInit = {}) => fetch(`${server.app.httpUrl}${path}`, init);

describe.each(["/openapi.json", "/descriptor.binpb"])("%s", (path) => {
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
