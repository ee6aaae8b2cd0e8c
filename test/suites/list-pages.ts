import { clone, create, type Message, type MessageInitShape } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { expect } from "vitest";
import { PaginationSchema } from "../../src/gen/proto/moego/common/v1/pagination_pb.js";
import type { Walk } from "../resources/walk.js";
import type { Refusal } from "../support/answer.js";
import { type CallOptions, refused, succeeded, type TestServer } from "../support/server.js";

export type PageInit = MessageInitShape<typeof PaginationSchema>;

export interface Reading {
  readonly server: Pick<TestServer, "call">;
  readonly walk: Walk;
  /** Undefined sends none. */
  readonly pagination: PageInit | undefined;
  readonly options: CallOptions;
}

export interface PageRead {
  readonly ids: readonly string[];
  readonly nextPageToken: string;
}

/** One page of a list that must be given. */
export async function pageOf({ server, walk, pagination, options }: Reading): Promise<PageRead> {
  const { method } = walk;
  const { message } = succeeded(method, await server.call(method, paged(walk, pagination), options));
  const answer = reflect(method.output, message);
  let ids: string[] = [];
  let nextPageToken = "";
  for (const field of method.output.fields) {
    if (field.fieldKind === "list" && field.listKind === "message") {
      ids = [...answer.get(field)].map(idOf);
    } else if (field.name === "next_page_token") nextPageToken = textOf(answer.get(field));
  }
  return { ids, nextPageToken };
}

/** The refusal of a page that must not be given. */
export async function refusalOf({ server, walk, pagination, options }: Reading): Promise<Refusal> {
  return refused(walk.method, await server.call(walk.method, paged(walk, pagination), options));
}

/** The request of a page. */
export function paged({ method, request }: Walk, pagination: PageInit | undefined): Message {
  if (!pagination) return request;
  const field = method.input.field["pagination"];
  if (!field) throw new Error(`${method.name} has no pagination`);
  const copy = reflect(method.input, clone(method.input, request));
  copy.set(field, reflect(PaginationSchema, create(PaginationSchema, pagination)));
  return copy.message;
}

export function expectInvalidToken({ code, reason, violations }: Refusal): void {
  expect({ code, reason }).toEqual({ code: "INVALID_ARGUMENT", reason: "PAGE_TOKEN_INVALID" });
  expect(violations).toEqual([{ field: "pagination.page_token", reason: "INVALID_FORMAT" }]);
}

/** Of the item, or of the message that it begins with. */
function idOf(item: unknown): string {
  if (!isReflected(item)) throw new Error("expected a message");
  const field = item.desc.field["id"] ?? item.desc.fields[0];
  if (field?.fieldKind === "scalar") return textOf(item.get(field));
  if (field?.fieldKind === "message") return idOf(item.get(field));
  throw new Error(`${item.desc.typeName} has no id`);
}

function isReflected(value: unknown): value is ReturnType<typeof reflect> {
  return typeof value === "object" && value !== null && "desc" in value && "message" in value;
}

function textOf(value: unknown): string {
  if (typeof value !== "string") throw new Error("expected a text");
  return value;
}
