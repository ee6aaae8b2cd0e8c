import { create, type DescField, type DescMessage, type Message, ScalarType } from "@bufbuild/protobuf";
import { isReflectMessage, type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";

/** A copy of a request with one field, at any depth, set to a value that the wire can carry and nobody means. */
export interface OddRequest {
  /** Field path and value, for the report. */
  readonly what: string;
  readonly message: Message;
}

const deepest = 4;
const texts = [
  "",
  " ",
  "a\u0000b",
  "x".repeat(20_000),
  "🐶".repeat(200),
  "\u202e\u200b",
  "%_\\",
  "9999-99-99",
  "https://[",
];
const integers = [0, -1, 1, 2_147_483_647, -2_147_483_648];
const longs = [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 253_402_300_800n];
const doubles = [Number.NaN, Number.POSITIVE_INFINITY, 1e308];

/** One request for each odd value of each field that the message has or could have. */
export function oddRequests(schema: DescMessage, request: Message): OddRequest[] {
  return oddCopies(schema, [], request);
}

function oddCopies(schema: DescMessage, path: readonly DescField[], request: Message): OddRequest[] {
  if (path.length >= deepest) return [];
  return schema.fields.flatMap((field) => {
    const here = [...path, field];
    const odd = oddValuesOf(field).map(([name, set]) => ({
      what: `${here.map((step) => step.name).join(".")} = ${name}`,
      message: withSet(here, request, set),
    }));
    const inner = field.fieldKind === "map" ? undefined : field.message;
    return inner && !path.some((step) => step.message === inner) ? [...odd, ...oddCopies(inner, here, request)] : odd;
  });
}

type Set = (holder: ReflectMessage, field: DescField) => void;

function oddValuesOf(field: DescField): (readonly [string, Set])[] {
  switch (field.fieldKind) {
    case "scalar":
      return scalars(field.scalar).map((value) => [show(value), (holder) => holder.set(field, value)]);
    case "enum":
      return [-1, 0, 7, 2_147_483_647].map((value) => [show(value), (holder) => holder.set(field, value)]);
    case "message":
      return [["{}", (holder) => holder.set(field, reflect(field.message))]];
    case "list":
      return listValues(field);
    case "map":
      return mapValues(field);
    default:
      return field satisfies never;
  }
}

function mapValues(field: DescField & { fieldKind: "map" }): (readonly [string, Set])[] {
  switch (field.mapKind) {
    case "message":
      return ["", "__proto__", "\u0000", "x".repeat(300)].map((key) => [
        `{${show(key)}: {}}`,
        (holder) => holder.get(field).set(key, reflect(field.message)),
      ]);
    case "enum":
      return ["", "__proto__", "\u0000", "x".repeat(300)].flatMap((key) =>
        [-1, 0, 7].map((value): readonly [string, Set] => [
          `{${show(key)}: ${value}}`,
          (holder) => holder.get(field).set(key, value),
        ]),
      );
    case "scalar":
      return ["", "__proto__", "\u0000"].map((key) => [
        `{${show(key)}: ""}`,
        (holder) => holder.get(field).set(key, ""),
      ]);
    default:
      return field satisfies never;
  }
}

function listValues(field: DescField & { fieldKind: "list" }): (readonly [string, Set])[] {
  const items =
    field.listKind === "scalar"
      ? scalars(field.scalar).map((value) => [show(value), () => value] as const)
      : field.listKind === "enum"
        ? [-1, 0, 7].map((value) => [show(value), () => value] as const)
        : [["{}", () => reflect(field.message)] as const];
  const setAll =
    (make: () => unknown, count: number): Set =>
    (holder) => {
      holder.clear(field);
      for (let added = 0; added < count; added += 1) holder.get(field).add(make());
    };
  const many = items.slice(0, 1).map(([name, make]) => [`900 x ${name}`, setAll(make, 900)] as const);
  return [
    ["[]", setAll(() => undefined, 0)] as const,
    ...items.map(([name, make]) => [`[${name}]`, setAll(make, 1)] as const),
    ...many,
  ];
}

function scalars(type: ScalarType): readonly (string | number | bigint | boolean | Uint8Array)[] {
  switch (type) {
    case ScalarType.STRING:
      return texts;
    case ScalarType.BOOL:
      return [true, false];
    case ScalarType.BYTES:
      return [new Uint8Array(0), new Uint8Array(300)];
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return doubles;
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return [0, 4_294_967_295];
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return longs;
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return [0n, 2n ** 64n - 1n];
    default:
      return integers;
  }
}

/** A copy in which the last field of the path is set; lists on the way there are given one element where they have none. */
function withSet(path: readonly DescField[], request: Message, set: Set): Message {
  const [root] = path;
  if (!root) return request;
  const copy = reflect(root.parent, structuredClone(request));
  let holder = copy;
  for (const step of path.slice(0, -1)) holder = enter(holder, step);
  const last = path.at(-1);
  if (last) set(holder, last);
  return copy.message;
}

function enter(holder: ReflectMessage, field: DescField): ReflectMessage {
  if (field.fieldKind === "list" && field.listKind === "message") {
    const list = holder.get(field);
    if (list.size === 0) list.add(reflect(field.message, create(field.message)));
    const first = list.get(0);
    if (!isReflectMessage(first)) throw new Error(field.name);
    return first;
  }
  if (field.fieldKind !== "message") throw new Error(`${field.name} holds no message`);
  if (!holder.isSet(field)) holder.set(field, reflect(field.message, create(field.message)));
  return holder.get(field);
}

function show(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 30 ? `${text.slice(0, 30)}... (${text.length})` : text;
}
