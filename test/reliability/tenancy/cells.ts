import type { Message } from "@bufbuild/protobuf";
import { isReadOnly, scopesOf } from "../../../src/server/pipeline/contract.js";
import { services } from "../../../src/services.js";
import type { Headers } from "../../support/answer.js";
import { type FixtureKey, keys } from "../../support/fixture-keys.js";
import { type Expectation, type IdField, idFieldsOf, idsOfTenant } from "./id-fields.js";
import { absentId, foreignId, type Generation, neighbour } from "./neighbour.js";
import { withText } from "./requests.js";
import { keyLacking, type Rpc } from "./world.js";

/** One call that must not reach what is not the caller's. */
export interface Cell {
  /** `foreign tags.id` */
  readonly name: string;
  readonly key: Pick<FixtureKey, "secret"> | null;
  readonly headers?: Headers;
  readonly request: Message;
  /** What must be answered: a code, `*` for whatever the plain request is answered with. */
  readonly expected: Expected;
  /** The same call about what never existed, whose answer must be the same but for the ids. */
  readonly twin?: { readonly request: Message; readonly id: string; readonly foreign: string };
  /** An id of the neighbour that the caller gives to what it makes. */
  readonly chosenId?: string;
}

export interface Expected {
  readonly code: string;
  readonly reason?: string;
  /** The field that a violation must name, without positions in lists. */
  readonly field?: string;
  /** Whether the answer must be the call's own. */
  readonly isNoReplay?: boolean;
}

const scopeOf = scopesOf(services);
const unauthenticated = (reason: string): Expected => ({ code: "UNAUTHENTICATED", reason });
const denied = (reason: string): Expected => ({ code: "PERMISSION_DENIED", reason });

/** The cells in which the key itself is refused. */
export function keyCells({ method, request }: Rpc): readonly Cell[] {
  const scope = scopeOf.get(method);
  if (!scope) throw new Error(`${method.name} has no scope`);
  const garbage = { secret: "garbage-that-is-as-long-as-a-secret-of-ours" };
  return [
    { name: "no key", key: null, request, expected: unauthenticated("KEY_MISSING") },
    { name: "garbage key", key: garbage, request, expected: unauthenticated("KEY_UNKNOWN") },
    { name: "expired key", key: keys.expired, request, expected: unauthenticated("KEY_EXPIRED") },
    { name: "revoked key", key: keys.revoked, request, expected: unauthenticated("KEY_REVOKED") },
    { name: "wrong IP", key: keys.distant, request, expected: denied("IP_NOT_ALLOWED") },
    { name: "wrong scope", key: keyLacking(scope), request, expected: denied("SCOPE_REQUIRED") },
  ];
}

/** The cells in which an id is the neighbour's: each field by itself, and all that name the resource together. */
export function foreignCells(rpc: Rpc, generation: Generation): readonly Cell[] {
  const fields = idFieldsOf(rpc.method);
  const named = fields.filter(({ expectation, fields: [top] }) => expectation === "named" && !top?.oneof);
  return [
    ...fields.map((field) => foreignCell(rpc, [field], generation)),
    ...(named.length > 1 ? [foreignCell(rpc, named, generation)] : []),
  ];
}

function foreignCell(rpc: Rpc, fields: readonly IdField[], spare: Generation): Cell {
  const [first] = fields;
  if (!first) throw new Error("a cell is about a field");
  const generation = first.expectation === "free" ? spare : 1;
  const path = fields.map((field) => field.path).join(" and ");
  const sent: { foreign: string; absent: string }[] = [];
  const foreign = fields.reduce(
    (request, field) =>
      withText(rpc.method.input, request, field.fields, (present) => {
        const ids = idsFor(field, present, generation);
        sent.push(ids);
        return ids.foreign;
      }),
    rpc.request,
  );
  const absent = fields.reduce(
    (request, field) =>
      withText(rpc.method.input, request, field.fields, (present) => idsFor(field, present, generation).absent),
    rpc.request,
  );
  const ids = sent[0] ?? { foreign: "", absent: "" };
  return {
    name: `foreign ${path}`,
    key: rpc.key,
    request: foreign,
    expected: expectedOf(first.expectation, first.path),
    twin: { request: absent, id: ids.absent, foreign: ids.foreign },
    ...(first.expectation === "free" ? { chosenId: ids.foreign } : {}),
  };
}

function idsFor(field: IdField, present: string | undefined, generation: Generation) {
  if (field.expectation === "outside") return { foreign: "out.1", absent: "out.2" };
  const { kind } = field;
  const id = present ?? field.id ?? idsOfTenant[kind ?? ""] ?? "any";
  if (id === "cmp_a") return { foreign: neighbour, absent: "cmp_z" };
  return { foreign: foreignId(id, generation), absent: absentId(id, generation) };
}

function expectedOf(expectation: Expectation, field: string): Expected {
  switch (expectation) {
    case "company":
      return { code: "PERMISSION_DENIED", reason: "COMPANY_NOT_ALLOWED" };
    case "named":
      return { code: "NOT_FOUND", reason: "RESOURCE_NOT_FOUND" };
    case "reference":
      return { code: "INVALID_ARGUMENT", reason: "INVALID_REQUEST", field };
    case "REACH_EXCEEDED":
    case "SCOPE_REQUIRED":
      return { code: "PERMISSION_DENIED", reason: expectation };
    case "taken":
      return { code: "ALREADY_EXISTS" };
    case "outside":
      return { code: "*" };
    case "free":
    case "ignored":
      return { code: "OK" };
    default:
      return expectation satisfies never;
  }
}

/**
 * The tenant's calls about what is its own, which must be answered although the neighbour holds the same ids: as it
 * stands, and under each filter by an id.
 */
export function ownCells(rpc: Rpc): readonly Cell[] {
  const filters = idFieldsOf(rpc.method).filter(({ expectation }) => expectation === "ignored");
  const requests = isReadOnly(rpc.method)
    ? filters.map(({ fields, kind }) =>
        withText(rpc.method.input, rpc.request, fields, () => idsOfTenant[kind ?? ""] ?? "any"),
      )
    : [];
  return [rpc.request, ...requests].map((request) => ({
    ...{ name: "own", key: rpc.key, request, expected: { code: "OK" } },
  }));
}
