import {
  type DescField,
  type DescMessage,
  type DescMethodUnary,
  type JsonObject,
  type JsonValue,
  ScalarType,
} from "@bufbuild/protobuf";
import { idFieldsOf, idsOfTenant, messageOf } from "../reliability/tenancy/id-fields.js";
import { pathFieldsOf } from "../support/rest-request.js";

/** A request that is sent beside the good one of an rpc, made from it. */
export interface OtherRequest {
  readonly name: string;
  madeOf(good: JsonObject): JsonObject;
}

/** A field of a request that holds no message of ours, by the names on the way to it. */
interface Leaf {
  readonly fields: readonly DescField[];
  readonly kind:
    | "text"
    | "enum"
    | "number"
    | "count"
    | "long"
    | "flag"
    | "bytes"
    | "time"
    | "mask"
    | "free"
    | "duration";
}

type Values = Partial<Record<Leaf["kind"], JsonValue>>;

const oddText = " caf\u00e9 '--\u0007 ";

/** In every field of a kind at once, so that all complaints of an rpc are seen. */
const bad: Readonly<Record<string, Values>> = {
  "every text absurdly long": { text: "x".repeat(20_001) },
  "every text odd": { text: oddText },
  "every text empty": { text: "" },
  "every text an id that names nothing": { text: "zz_unknown" },
  "every enum at 99": { enum: 99 },
  "every enum at 0": { enum: 0 },
  "every number negative": { number: -1, long: "-1" },
  "every number huge": { number: 2_147_483_647, count: 4_294_967_295, long: "9007199254740993" },
  "every number 0": { number: 0, count: 0, long: "0" },
  "every time long ago": { time: "0001-01-01T00:00:00Z" },
  "an update_mask of an unknown field": { mask: "noSuchField" },
};

/** Requests that are refused, or ought to be: each says something bad wherever its message can. */
export function badRequestsOf(method: DescMethodUnary): readonly OtherRequest[] {
  const leaves = leavesOf(method.input, []);
  // Who is not let in, names what is not there or asks for no page of the list hears nothing of the rest.
  const first = ["company_id", "pagination.page_token", ...pathFieldsOf(method)];
  const isFirst = ({ fields }: Leaf) => first.includes(pathOf(fields));
  const path = leaves.filter(isFirst).map((leaf): Change => [leaf, oddText]);
  const within = leaves.filter((leaf) => !isFirst(leaf));
  const all = Object.entries(bad).flatMap(([name, values]) => {
    const changes = firstOfOneofs(within).flatMap((leaf): Change[] => {
      const value = values[leaf.kind];
      return value === undefined ? [] : [[leaf, value]];
    });
    return changes.length === 0 ? [] : [{ name, madeOf: changing(changes) }];
  });
  const named = path.map((change) => ({ name: `${pathOf(change[0].fields)} odd`, madeOf: changing([change]) }));
  return [{ name: "empty", madeOf: () => ({}) }, ...named, ...all];
}

/** The good request with one field more, or with another value of it; under `filter` with two. */
export function variedRequestsOf(method: DescMethodUnary): readonly OtherRequest[] {
  const leaves = leavesOf(method.input, []);
  const changes = leaves.map((leaf) => plausible(method, leaf).map((value): Change => [leaf, value]));
  const filters = changes
    .filter(([first]) => first?.[0].fields[0]?.name === "filter")
    .flatMap((list) => list.slice(0, 1));
  const pairs = filters.flatMap((one, place) => filters.slice(place + 1).map((other) => [one, other]));
  return [...changes.flat().map((change) => [change]), ...pairs].map((list) => ({
    name: list.map(([{ fields }, value]) => `${pathOf(fields)} = ${JSON.stringify(value)}`).join(" and "),
    madeOf: changing(list),
  }));
}

type Change = readonly [leaf: Leaf, value: JsonValue];

function changing(changes: readonly Change[]): OtherRequest["madeOf"] {
  return (good) => {
    const json = structuredClone(good);
    for (const [{ fields }, value] of changes) set(json, fields, value);
    return json;
  };
}

function plausible(method: DescMethodUnary, { fields, kind }: Leaf): readonly JsonValue[] {
  const path = pathOf(fields);
  const name = fields.at(-1)?.name ?? "";
  switch (kind) {
    case "text": {
      const known = idFieldsOf(method).find((field) => field.path === path);
      if (known) return [known.id ?? idsOfTenant[known.kind ?? ""] ?? "zz_unknown"];
      if (/email/.test(name)) return ["ada@example.com"];
      if (name === "extension") return ["12"];
      if (/phone|tel|^number$/.test(name)) return ["+12125550111"];
      if (/url|website/.test(name)) return ["https://api.example.com/x"];
      return name === "page_token" ? ["garbage"] : ["Text"];
    }
    case "enum":
      return (
        fields
          .at(-1)
          ?.enum?.values.map(({ number }) => number)
          .filter((number) => number > 0) ?? []
      );
    case "number":
    case "count":
      return [1];
    case "long":
      return ["1"];
    case "flag":
      return [true];
    case "bytes":
      return ["AAEC"];
    case "time":
      return ["2024-03-01T10:00:00Z"];
    case "mask":
      return ["noSuchField"];
    case "duration":
      return ["1s"];
    case "free":
      return [{ string: "Text" }];
    default:
      throw new Error(`no such kind: ${kind satisfies never}`);
  }
}

function leavesOf(schema: DescMessage, above: readonly DescField[]): Leaf[] {
  return schema.fields.flatMap((field): Leaf[] => {
    const fields = [...above, field];
    const message = messageOf(field);
    if (message) {
      const kind = wellKnown[message.typeName];
      if (kind) return [{ fields, kind }];
      const isWithin = above.some((known) => messageOf(known)?.typeName === message.typeName);
      return isWithin || above.length > 4 ? [] : leavesOf(message, fields);
    }
    return [{ fields, kind: field.enum ? "enum" : scalarKind(field.scalar) }];
  });
}

const wellKnown: Readonly<Record<string, Leaf["kind"]>> = {
  "google.protobuf.Timestamp": "time",
  "google.protobuf.FieldMask": "mask",
  "google.protobuf.Struct": "free",
  "google.protobuf.Value": "free",
  "google.protobuf.Duration": "duration",
};

function scalarKind(scalar: ScalarType | undefined): Leaf["kind"] {
  switch (scalar) {
    case ScalarType.STRING:
      return "text";
    case ScalarType.BOOL:
      return "flag";
    case ScalarType.BYTES:
      return "bytes";
    case ScalarType.UINT32:
      return "count";
    case ScalarType.INT64:
    case ScalarType.SINT64:
      return "long";
    default:
      return "number";
  }
}

/** Of the members of a oneof only one can be said. */
function firstOfOneofs(leaves: readonly Leaf[]): Leaf[] {
  const chosen = new Map<string, string>();
  return leaves.filter(({ fields }) =>
    fields.every((field, depth) => {
      if (!field.oneof) return true;
      const place = `${pathOf(fields.slice(0, depth))}:${field.oneof.name}`;
      const member = chosen.get(place) ?? field.name;
      chosen.set(place, member);
      return member === field.name;
    }),
  );
}

/** Writes the value at the path; a oneof's other members, which JSON cannot say as well, go. */
function set(json: JsonObject, [field, ...below]: readonly DescField[], value: JsonValue): void {
  if (!field) return;
  for (const other of field.oneof?.fields ?? []) if (other !== field) delete json[other.jsonName];
  if (field.fieldKind === "map") {
    json[field.jsonName] = { key: within(undefined, below, value) };
  } else if (field.fieldKind === "list") {
    const present = json[field.jsonName];
    const [first, ...more] = Array.isArray(present) ? present : [];
    json[field.jsonName] = [within(first, below, value), ...more];
  } else json[field.jsonName] = within(json[field.jsonName], below, value);
}

function within(present: JsonValue | undefined, below: readonly DescField[], value: JsonValue): JsonValue {
  if (below.length === 0) return value;
  const json = typeof present === "object" && present !== null && !Array.isArray(present) ? present : {};
  set(json, below, value);
  return json;
}

/** A REST route needs what stands in its path. */
export function withPath(method: DescMethodUnary, json: JsonObject, good: JsonObject): JsonObject {
  const copy = { ...json };
  for (const { name, jsonName } of method.input.fields) {
    const given = good[jsonName];
    if (pathFieldsOf(method).includes(name) && !copy[jsonName] && given !== undefined) copy[jsonName] = given;
  }
  return copy;
}

function pathOf(fields: readonly DescField[]): string {
  return fields.map(({ name }) => name).join(".");
}
