import { clone, create, type DescMethodUnary, type Message } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { PaginationSchema } from "../../../src/gen/proto/moego/common/v1/pagination_pb.js";
import { isReadOnly, scopesOf } from "../../../src/server/pipeline/contract.js";
import { idempotencyKeyHeader } from "../../../src/server/pipeline/idempotency-key.js";
import { services } from "../../../src/services.js";
import { entryOf } from "../../resources/all-entries.js";
import type { Transport } from "../../support/clients.js";
import { pathFieldsOf } from "../../support/rest-request.js";
import { succeeded, type TestServer } from "../../support/server.js";
import type { Cell, Expected } from "./cells.js";
import { asNeighbour, claimsOfNeighbour, type Rpc, usedKey, worldKeys } from "./world.js";

/** The neighbour's page token: its list goes on, the tenant's does not begin there. */
export async function pageTokenCells(server: TestServer, rpc: Rpc): Promise<readonly Cell[]> {
  const { method, name, request } = rpc;
  const paging = method.input.field["pagination"];
  if (!paging || entryOf(method).tenancy?.hasNoPageToken) return [];
  const theirs = page(method, asNeighbour(method, request), { pageSize: 1 });
  const { message } = succeeded(method, await server.call(method, theirs, { key: worldKeys.neighbour }));
  const token = reflect(method.output, message).get(tokenField(method));
  if (typeof token !== "string" || token === "") throw new Error(`the neighbour has one page only of ${name}`);
  return [
    {
      name: "foreign page token",
      key: rpc.key,
      request: page(method, request, { pageSize: 1, pageToken: token }),
      expected: { code: "INVALID_ARGUMENT", reason: "PAGE_TOKEN_INVALID" },
    },
  ];
}

/** The tenant's request for its second page; undefined where the first one is all. */
export async function secondPage(server: TestServer, { method, request, key }: Rpc): Promise<Message | undefined> {
  if (!method.input.field["pagination"]) return undefined;
  const answer = await server.call(method, page(method, request, { pageSize: 1 }), { key });
  const token = reflect(method.output, succeeded(method, answer).message).get(tokenField(method));
  return typeof token === "string" && token !== ""
    ? page(method, request, { pageSize: 50, pageToken: token })
    : undefined;
}

/** The key under which the neighbour has done the same: the tenant's call happens, and is no replay. */
export async function idempotencyCells(rpc: Rpc, transport: Transport): Promise<readonly Cell[]> {
  if (isReadOnly(rpc.method) || !claimsOfNeighbour(rpc, transport)) return [];
  return [
    {
      name: "foreign idempotency key",
      key: rpc.key,
      headers: { [idempotencyKeyHeader]: `${usedKey}-${transport}` },
      request: await rpc.fresh(),
      expected: { code: "OK", isNoReplay: true },
    },
  ];
}

const scopeOf = scopesOf(services);

/** A key for another location of the company asks for what is of this one. */
export function locationCells({ method, request }: Rpc): readonly Cell[] {
  const expected = locationRule(method);
  return expected ? [{ name: "another location's key", key: worldKeys.location, request, expected }] : [];
}

/** Undefined where the answer depends on more than the rpc. */
function locationRule(method: DescMethodUnary): Expected | undefined {
  const scope = scopeOf.get(method) ?? "";
  const named = pathFieldsOf(method).filter((field) => field !== "company_id");
  if (/^(customer|lead|pet|package|consent):/.test(scope) && named.length > 0) {
    return { code: "NOT_FOUND", reason: "RESOURCE_NOT_FOUND" };
  }
  if (/^(setting|directory):write$/.test(scope)) return { code: "PERMISSION_DENIED" };
  return undefined;
}

function page(
  method: DescMethodUnary,
  request: Message,
  pagination: { readonly pageSize: number; readonly pageToken?: string },
): Message {
  const field = method.input.field["pagination"];
  if (!field) throw new Error(`${method.name} has no pagination`);
  const copy = reflect(method.input, clone(method.input, request));
  copy.set(field, reflect(PaginationSchema, create(PaginationSchema, pagination)));
  return copy.message;
}

function tokenField(method: DescMethodUnary) {
  const field = method.output.fields.find(({ name }) => name === "next_page_token");
  if (!field) throw new Error(`${method.name} answers without next_page_token`);
  return field;
}
