import {
  create,
  createFileRegistry,
  type DescService,
  type FileRegistry,
  type MessageInitShape,
  setExtension,
} from "@bufbuild/protobuf";
import {
  FieldOptionsSchema,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  FieldDescriptorProto_Label as Label,
  type MethodOptions,
  MethodOptions_IdempotencyLevel,
  MethodOptionsSchema,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { DomainError } from "../../src/core/errors.js";
import { http } from "../../src/gen/proto/google/api/annotations_pb.js";
import { type HttpRule, HttpRuleSchema } from "../../src/gen/proto/google/api/http_pb.js";
import { plain_text } from "../../src/gen/proto/moego/option/v1/option_pb.js";
import type { ExecuteCall, ExecuteStream } from "../../src/server/pipeline/call.js";
import type { RejectRequest } from "../../src/server/pipeline/observe.js";
import { toStatusError } from "../../src/server/pipeline/status.js";
import { createRestHandler } from "../../src/server/transport/rest.js";
import { routeTable } from "../../src/server/transport/rest-routes.js";

type Rule = MessageInitShape<typeof HttpRuleSchema>;

/** A service `test.v1.Books` whose rpcs all take and answer a Book, one rpc per rule. */
function booksWith(rules: Record<string, Rule>): DescService {
  const rpcs = Object.entries(rules).map(([name, rule]) => ({
    name,
    inputType: ".test.v1.Book",
    outputType: ".test.v1.Book",
    options: optionsOf(create(HttpRuleSchema, rule)),
  }));
  const text = { type: Type.STRING, label: Label.OPTIONAL };
  const plainText = create(FieldOptionsSchema);
  setExtension(plainText, plain_text, true);
  const file = create(FileDescriptorProtoSchema, {
    name: "test/v1/books.proto",
    package: "test.v1",
    syntax: "proto3",
    messageType: [
      {
        name: "Book",
        field: [
          { ...text, name: "id", number: 1, jsonName: "id" },
          { ...text, name: "author", number: 2, jsonName: "author", type: Type.MESSAGE, typeName: ".test.v1.Author" },
          { ...text, name: "page_count", number: 3, jsonName: "pageCount", type: Type.INT64 },
          { ...text, name: "in_print", number: 4, jsonName: "inPrint", type: Type.BOOL },
          { ...text, name: "genre", number: 5, jsonName: "genre", type: Type.ENUM, typeName: ".test.v1.Genre" },
          { ...text, name: "key_words", number: 6, jsonName: "keyWords", label: Label.REPEATED },
          {
            ...text,
            name: "editors",
            number: 7,
            jsonName: "editors",
            type: Type.MESSAGE,
            typeName: ".test.v1.Author",
            label: Label.REPEATED,
          },
          {
            ...text,
            name: "summary",
            number: 8,
            jsonName: "summary",
            proto3Optional: true,
            oneofIndex: 0,
            options: plainText,
          },
        ],
        oneofDecl: [{ name: "_summary" }],
      },
      {
        name: "Author",
        field: [
          { ...text, name: "id", number: 1, jsonName: "id" },
          { ...text, name: "full_name", number: 2, jsonName: "fullName" },
        ],
      },
    ],
    enumType: [
      {
        name: "Genre",
        value: [
          { name: "GENRE_UNSPECIFIED", number: 0 },
          { name: "GENRE_NOVEL", number: 1 },
        ],
      },
    ],
    service: [{ name: "Books", method: rpcs }],
  });
  const types: FileRegistry = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] }));
  const service = types.getService("test.v1.Books");
  if (!service) throw new Error("the test contract has no service");
  return service;
}

function optionsOf(rule: HttpRule): MethodOptions {
  const options = create(MethodOptionsSchema, { idempotencyLevel: MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS });
  setExtension(options, http, rule);
  return options;
}

/** Sends one request to a handler whose rpcs answer with their request; the message comes back as JSON. */
const noStream: ExecuteStream = async () => {
  throw new Error("none of these rpcs streams");
};

async function send(service: DescService, method: string, target: string, body = "") {
  const [path = "", query = ""] = target.split("?");
  const handled: string[] = [];
  const run: ExecuteCall = async (call) => {
    handled.push(call.method.name);
    try {
      return call.encode(call.decode().message);
    } catch (error) {
      throw error instanceof DomainError ? toStatusError(error, "test") : error;
    }
  };
  const refuse: RejectRequest = (error, { requestId }) => toStatusError(error, requestId);
  const answer = await createRestHandler({ services: [service], run, stream: noStream, refuse })({
    method,
    path,
    query,
    headers: body === "" ? {} : { "content-type": "application/json" },
    peerAddress: "127.0.0.1",
    signal: new AbortController().signal,
    readBody: async () => Buffer.from(body),
  });
  const text = Buffer.from(answer && "body" in answer ? answer.body : []).toString();
  const type = answer?.headers["content-type"];
  return { status: answer?.status, rpc: handled[0], type, text, json: type === "application/json" && JSON.parse(text) };
}

const get = (path: string): Rule => ({ pattern: { case: "get", value: path } });
const violations = (json: { details: { fieldViolations?: { field: string; reason: string }[] }[] }) =>
  json.details.flatMap(({ fieldViolations = [] }) => fieldViolations.map(({ field, reason }) => `${field} ${reason}`));

describe("routes", () => {
  it("put variables into nested fields", async () => {
    const books = booksWith({ Get: get("/v1/authors/{author.id}/books/{id}") });
    const { json } = await send(books, "GET", "/v1/authors/a1/books/b1");
    expect(json).toMatchObject({ id: "b1", author: { id: "a1" } });
  });

  it("serve every additional binding", async () => {
    const books = booksWith({
      Get: {
        ...get("/v1/books/{id}"),
        additionalBindings: [
          create(HttpRuleSchema, get("/v1/authors/{author.id}/book")),
          create(HttpRuleSchema, { pattern: { case: "post", value: "/v1/books:get" }, body: "*" }),
        ],
      },
    });
    expect((await send(books, "GET", "/v1/books/b1")).json.id).toBe("b1");
    expect((await send(books, "GET", "/v1/authors/a1/book")).json.author.id).toBe("a1");
    expect((await send(books, "POST", "/v1/books:get", '{"id":"b2"}')).json.id).toBe("b2");
  });

  it("answer with one field where the rule says so, and null where it is unset", async () => {
    const books = booksWith({ Get: { ...get("/v1/books/{id}/author"), responseBody: "author" } });
    expect((await send(books, "GET", "/v1/books/b1/author?author.full_name=Ann")).json).toEqual({
      id: "",
      fullName: "Ann",
    });
    expect((await send(books, "GET", "/v1/books/b1/author")).json).toBeNull();
  });

  it("answer with the plain text that is present, even an empty one", async () => {
    const books = booksWith({ Get: { ...get("/v1/books/{id}/author"), responseBody: "author" } });
    const path = "/v1/books/b1/author";
    const type = "text/plain; charset=utf-8";
    expect(await send(books, "GET", `${path}?summary=Zo%C3%AB`)).toMatchObject({ status: 200, type, text: "Zoë" });
    expect(await send(books, "GET", `${path}?summary=`)).toMatchObject({ status: 200, type, text: "" });
    expect(await send(books, "GET", path)).toMatchObject({ status: 200, type: "application/json", json: null });
  });

  it("read one field from the body and the others from the query", async () => {
    const books = booksWith({ Put: { pattern: { case: "put", value: "/v1/books/{id}/author" }, body: "author" } });
    const good = await send(books, "PUT", "/v1/books/b1/author?pageCount=7", '{"fullName":"Ann"}');
    const conflict = await send(books, "PUT", "/v1/books/b1/author?author.id=x", '{"id":"y","nope":1}');
    expect(good.json).toMatchObject({ id: "b1", pageCount: "7", author: { fullName: "Ann" } });
    expect(violations(conflict.json)).toEqual(["author.id DUPLICATE_FIELD", "author.nope UNKNOWN_FIELD"].reverse());
  });

  it("read every kind of field from the query", async () => {
    const books = booksWith({ List: get("/v1/books") });
    const { json } = await send(
      books,
      "GET",
      "/v1/books?page_count=9007199254740993&inPrint=true&genre=GENRE_NOVEL&keyWords=a&key_words=b+c&author.id=a1&author.fullName=Ann%26Bo",
    );
    expect(json).toMatchObject({
      pageCount: "9007199254740993",
      inPrint: true,
      genre: "GENRE_NOVEL",
      keyWords: ["a", "b c"],
      author: { id: "a1", fullName: "Ann&Bo" },
    });
    expect((await send(books, "GET", "/v1/books?genre=1")).json.genre).toBe("GENRE_NOVEL");
  });

  it("refuse all query parameters whose values do not fit, at once, and ignore names of no field", async () => {
    const books = booksWith({ List: get("/v1/books") });
    const { json, status } = await send(
      books,
      "GET",
      "/v1/books?inPrint=yes&pageCount=x&genre=NOPE&id=1&id=2&editors.id=3&a.b=c&author=x",
    );
    expect(status).toBe(400);
    expect(violations(json).sort()).toEqual([
      "author WRONG_TYPE",
      "genre WRONG_TYPE",
      "id DUPLICATE_FIELD",
      "in_print WRONG_TYPE",
      "page_count INVALID_FORMAT",
    ]);
  });

  it("prefer literals to variables, and a verb to none", async () => {
    const books = booksWith({
      Any: get("/v1/books/{id}"),
      Newest: get("/v1/books/newest"),
      Archive: { pattern: { case: "post", value: "/v1/books/{id}:archive" }, body: "*" },
    });
    expect((await send(books, "GET", "/v1/books/newest")).rpc).toBe("Newest");
    expect((await send(books, "GET", "/v1/books/other")).rpc).toBe("Any");
    expect((await send(books, "POST", "/v1/books/b1:archive", "{}")).rpc).toBe("Archive");
    expect((await send(books, "GET", "/v1/books/b1:archive")).status).toBe(405);
    expect((await send(books, "GET", "/v1/books/b1:other")).status).toBe(404);
    const named = booksWith({
      Any: get("/v1/{id}"),
      Newest: get("/v1/newest"),
      Archive: { pattern: { case: "post", value: "/v1/newest:archive" }, body: "*" },
    });
    for (const [verb, path, rpc] of [
      ["GET", "/v1/newest", "Newest"],
      ["GET", "/v1/other", "Any"],
      ["POST", "/v1/newest%3Aarchive", "Archive"],
      ["GET", "/v1/%7B%7D", "Any"],
    ] as const)
      expect((await send(named, verb, path, verb === "POST" ? "{}" : undefined)).rpc).toBe(rpc);
  });

  it.each([
    ["a path pattern", get("/v1/{id=books/*}")],
    ["an unknown variable", get("/v1/{nope}")],
    ["an unknown nested variable", get("/v1/{author.nope}")],
    ["an unknown body field", { ...get("/v1/x"), body: "nope" }],
    ["an unknown answer field", { ...get("/v1/x"), responseBody: "nope" }],
  ])("refuse to start with %s", (_what, rule) => {
    expect(() => routeTable([booksWith({ Bad: rule })])).toThrow(/test\.v1\.Books\/Bad/);
  });
});
