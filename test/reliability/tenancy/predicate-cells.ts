import { clone, type Message, mergeFromJson } from "@bufbuild/protobuf";
import { isReadOnly } from "../../../src/server/pipeline/contract.js";
import { idempotencyKeyHeader } from "../../../src/server/pipeline/idempotency-key.js";
import { entryOf } from "../../resources/all-entries.js";
import type { NeighbourCall } from "../../resources/tenancy.js";
import { keys } from "../../support/fixture-keys.js";
import type { TestServer } from "../../support/server.js";
import type { Cell } from "./cells.js";
import { idFieldsOf, idsOfTenant } from "./id-fields.js";
import { secondPage } from "./more-cells.js";
import { foreignId } from "./neighbour.js";
import { withText } from "./requests.js";
import { keyOfTenantsCalls, type Rpc, worldKeys } from "./world.js";

/** Calls that make a tenant predicate decide; what they answer is compared with what they answer when it is there. */
export async function predicateCells(server: TestServer, rpc: Rpc): Promise<readonly Cell[]> {
  const { method, request, key } = rpc;
  const cell = (name: string, sent: Message, more: Partial<Cell> = {}): Cell => ({
    ...{ name, key, request: sent, expected: { code: "*" } },
    ...more,
  });
  const second = await secondPage(server, rpc);
  const free = idFieldsOf(method).filter(({ expectation }) => expectation === "free");
  // A list in the record and the same one beside it exclude each other.
  const isBeside = (path: string) => path.includes(".") && free.some((other) => other.path === path);
  const chosen = free.filter(({ path }) => !isBeside(path.slice(path.indexOf(".") + 1)));
  const taken = chosen.reduce(
    (sent, { fields, kind }) =>
      withText(method.input, sent, fields, () => foreignId(idsOfTenant[kind ?? ""] ?? "any", 2)),
    request,
  );
  return [
    cell("own by a key of another location", request, { key: worldKeys.location }),
    cell("own by a key of its location", request, { key: keys.businessA1 }),
    ...(second ? [cell("own second page", second)] : []),
    ...(chosen.length > 0 ? [cell("ids that the neighbour has", taken)] : []),
    ...(isReadOnly(method) ? [] : [cell("own sent again", rpc.done, { headers: sentAgain })]),
    ...(await Promise.all(
      (entryOf(method).tenancy?.calls ?? []).map(async (call) =>
        cell(call.name, await pageOf(server, { ...rpc, request: requestOf(rpc, call) }, call), manner(call)),
      ),
    )),
  ];
}

async function pageOf(server: TestServer, rpc: Rpc, { name, isSecondPage }: NeighbourCall): Promise<Message> {
  if (!isSecondPage) return rpc.request;
  const second = await secondPage(server, rpc);
  if (!second) throw new Error(`${rpc.name} has one page only: ${name}`);
  return second;
}

function requestOf(rpc: Rpc, { request, ids = {}, json = {}, isRepeated, repeats }: NeighbourCall): Message {
  if (isRepeated || repeats !== undefined) return rpc.done;
  const { input } = rpc.method;
  const named = withIds(rpc, request ?? rpc.request, ids);
  return mergeFromJson(input, clone(input, named), json);
}

function manner({ key, isRepeated, repeats }: NeighbourCall): Partial<Cell> {
  const used = repeats === undefined ? sentAgain : { [idempotencyKeyHeader]: repeats };
  return { ...(key ? { key } : {}), ...(isRepeated || repeats !== undefined ? { headers: used } : {}) };
}

function withIds({ method }: Rpc, request: Message, ids: Readonly<Record<string, string>>): Message {
  const fields = idFieldsOf(method);
  return Object.entries(ids).reduce((sent, [path, id]) => {
    const field = fields.find((one) => one.path === path);
    if (!field) throw new Error(`${method.name} has no ${path}`);
    return withText(method.input, sent, field.fields, () => id);
  }, request);
}

const sentAgain = { [idempotencyKeyHeader]: keyOfTenantsCalls };
