import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { JsonObject } from "@bufbuild/protobuf";
import { afterEach, describe, expect, it } from "vitest";
import { CustomerSchema } from "../../src/gen/proto/moego/business/customer/v1/customer_pb.js";
import { PetSchema } from "../../src/gen/proto/moego/business/customer/v1/pet_pb.js";
import { readMessage } from "../../src/mirror/readable.js";
import { openSource, type Source, SourceError } from "../../src/mirror/source.js";
import { walk } from "../../src/mirror/walk.js";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function sourceOf(answer: (request: IncomingMessage, response: ServerResponse, count: number) => void) {
  let count = 0;
  const server = createServer((request, response) => {
    count += 1;
    answer(request, response, count);
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const options = { key: "secret-key", signal: new AbortController().signal, delayMs: 1, timeoutMs: 300, attempts: 4 };
  const source = openSource({ ...options, baseUrl: `http://127.0.0.1:${port}/` });
  return { source, requests: () => count };
}

describe("a source", () => {
  it.each([
    ["INTERNAL", 500, {}],
    ["a gateway that fails", 502, {}],
    ["a limit with Retry-After", 429, { "retry-after": "0" }],
    ["a limit without one", 429, {}],
  ])("gets a request again after %s", async (_name, status, headers) => {
    const { source, requests } = await sourceOf((_request, response, count) => {
      if (count < 3) response.writeHead(status, headers).end('{"code":13}');
      else response.end('{"ok":true}');
    });
    expect(await source.post("/v1/x:list", {})).toEqual({ ok: true });
    expect(requests()).toBe(3);
  });

  it("gets a request again after it did not answer, and after it closed the connection", async () => {
    const { source, requests } = await sourceOf((_request, response, count) => {
      if (count === 2) response.destroy();
      if (count === 3) response.end("{}");
    });
    expect(await source.post("/v1/x:list", {})).toEqual({});
    expect(requests()).toBe(3);
  });

  it("is given up after some attempts, with neither key nor ids in the error", async () => {
    const { source, requests } = await sourceOf((_request, response) => response.writeHead(503).end("no JSON"));
    const failed = source.post("/v1/customers/cus_secret/notes:list", {});
    await expect(failed).rejects.toThrow("POST /v1/customers/{id}/notes:list: the source answered HTTP 503");
    expect(requests()).toBe(4);
  });

  it("is not asked again after a refusal", async () => {
    const { source, requests } = await sourceOf((_request, response) => response.writeHead(403).end('{"code":7}'));
    await expect(source.get("/v1/x")).rejects.toThrow("HTTP 403 PERMISSION_DENIED");
    expect(requests()).toBe(1);
  });

  it("does not get its key sent elsewhere by a redirect", async () => {
    let wasCalled = false;
    const other = await sourceOf(() => {
      wasCalled = true;
    });
    const { source } = await sourceOf((_request, response) => {
      response.writeHead(307, { location: "http://127.0.0.1:1/" }).end();
    });
    await expect(source.get("/v1/x")).rejects.toThrow(SourceError);
    expect([wasCalled, other.requests()]).toEqual([false, 0]);
  });
});

describe("a walk", () => {
  const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
  const record = (number: number): JsonObject => ({
    ...{ id: `r${number}`, lastUpdatedTime: new Date(number * 1_000).toISOString() },
  });

  /** A list by page numbers in which a record of the first page moves to the end with each request. */
  function shifting(isOrdered: boolean): Source {
    let records = ids(1, 351).map(record);
    let clock = 1_000;
    return {
      get: async () => ({}),
      async post(_path, body) {
        const { filter, pagination } = JSON.parse(JSON.stringify(body));
        const from = Date.parse(filter?.lastUpdatedTime?.startTime ?? "1970-01-01T00:00:00Z");
        const listed = records.filter(({ lastUpdatedTime }) => Date.parse(String(lastUpdatedTime)) >= from);
        const shown = isOrdered ? listed : listed.toReversed();
        const page = Number(pagination.pageToken ?? "1");
        const found = shown.slice((page - 1) * 100, page * 100);
        const [moved, ...others] = records;
        clock += 1;
        if (moved && clock < 1_010)
          records = [...others, { ...moved, lastUpdatedTime: record(clock)["lastUpdatedTime"] ?? "" }];
        return { records: found, nextPageToken: shown.length > page * 100 ? String(page + 1) : "" };
      },
    };
  }

  it("of a list in the order of changes misses nothing while pages shift", async () => {
    const seen = new Set<unknown>();
    const list = {
      ...{ path: "/v1/records:list", member: "records", request: {} },
      changedSince: { within: "filter", timeMember: "lastUpdatedTime" } as const,
    };
    const walked = await walk({
      ...{ source: shifting(true), list },
      async take(page) {
        for (const { id } of page) seen.add(id);
      },
    });
    expect(walked.isOrdered).toBe(true);
    expect(seen.size).toBe(350);
  });

  it("of a list in another order says so, for a caller who reads it again", async () => {
    const list = {
      ...{ path: "/v1/records:list", member: "records", request: {} },
      changedSince: { within: "filter", timeMember: "lastUpdatedTime" } as const,
    };
    expect((await walk({ source: shifting(false), list, take: async () => {} })).isOrdered).toBe(false);
  });
});

describe("a record", () => {
  it("is read without members that cannot be read, and with those that documents show in another form", () => {
    const { message, unreadable } = readMessage(CustomerSchema, {
      ...{ id: "cus_1", firstName: "Ada", lastUpdatedTime: "yesterday", status: 1, unknown: { deep: true } },
      address: [{ street: "1 Main St", zip: "10001" }],
    });
    expect(message).toMatchObject({ id: "cus_1", firstName: "Ada", status: 1 });
    expect(message.address).toMatchObject([{ address1: "1 Main St", postalCode: "10001" }]);
    expect(unreadable).toEqual(["lastUpdatedTime"]);
  });

  it("has weights and birthdays as text", () => {
    const { message } = readMessage(PetSchema, { weight: { value: 25.5, unit: "kg" }, birthday: "2020-03-05" });
    expect(message.weight).toMatchObject({ value: 26, exactValue: "25.5", unit: 1 });
    expect(message.birthday).toMatchObject({ year: 2020, month: 3, day: 5 });
  });
});
