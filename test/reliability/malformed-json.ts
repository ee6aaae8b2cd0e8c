import { type DescField, type DescMessage, type JsonObject, ScalarType } from "@bufbuild/protobuf";
import fc, { type Arbitrary } from "fast-check";
import { once } from "./memory.js";

/** JSON texts, not values: only a text can hold a key twice or half a surrogate. */
type Text = string;

const quoted = (text: string): Text => JSON.stringify(text);
const long = "x".repeat(1024 * 1024);

/** Texts that something somewhere reads in its own way. */
const strings: Arbitrary<Text> = fc.oneof(
  fc.constantFrom(
    ...['"\\ud800"', '"\\udc00x"', '"a\\ud83d"', '"\\u0000"', '"a\\u0000b"', '"\\uffff"', '"\\ufeff"', '"\\u202e"'],
    ...["", " ", "null", "NaN", "Infinity", "-0", "1e400", "0x10", "01", "true", "__proto__", "constructor"].map(
      quoted,
    ),
    ...["9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551616"].map(quoted),
    ...["0001-01-01", "0000-00-00", "9999-12-31", "10000-01-01", "2024-02-30", "0001-01-01T00:00:00Z"].map(quoted),
    ...["9999-12-31T23:59:59.999999999Z", "0000-01-01T00:00:00Z", "2024-01-01T00:00:60Z", "999999999s"].map(quoted),
    ...["cmp_a", "cmp_c", "biz_a1", "cus_a1", "cus_both", "lcus_a1", "tag_a1", "staff_a1", "a.b.c", "*"].map(quoted),
    ...["+12125550101", "x@example.com", "#112233", "US", "America/New_York", "https://a.example/"].map(quoted),
    ...["'; DROP TABLE customer; --", "%", "_", "\\", "{}", "$1", "\u{1F468}\u200D\u{1F469}"].map(quoted),
  ),
  fc.string({ unit: "binary", maxLength: 40 }).map(quoted),
  fc.base64String({ maxLength: 40 }).map(quoted),
);

const numbers: Arbitrary<Text> = fc.oneof(
  fc.constantFrom("0", "-0", "-1", "1", "2147483647", "2147483648", "-2147483649", "4294967296", "9007199254740993"),
  fc.constantFrom("9223372036854775807", "-9223372036854775809", "1e400", "-1e400", "1e-400", "0.1", "1.5e10"),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.integer().map(String),
);

const enormous: Arbitrary<Text> = fc.constantFrom(
  quoted(long),
  `${"[".repeat(5_000)}${"]".repeat(5_000)}`,
  `${'{"a":'.repeat(500)}1${"}".repeat(500)}`,
  `[${"{},".repeat(20_000)}{}]`,
  "9".repeat(10_000),
);

/** Any JSON, or nearly JSON, whatever the field wants. */
const anything: Arbitrary<Text> = fc.oneof(
  { weight: 30, arbitrary: strings },
  { weight: 20, arbitrary: numbers },
  { weight: 20, arbitrary: fc.constantFrom("null", "true", "false", "{}", "[]", "[null]", "[[]]", "[{}]", '{"a":1}') },
  { weight: 20, arbitrary: fc.json({ maxDepth: 3 }) },
  {
    weight: 4,
    arbitrary: fc.constantFrom("NaN", "Infinity", "-", "01", "+1", ".5", "'a'", '"\\x"', '"\t"', "tru", ""),
  },
  { weight: 1, arbitrary: enormous },
);

/** Keys that no message has. */
const strangeKeys: Arbitrary<Text> = fc.oneof(
  fc.constantFrom(...["__proto__", "constructor", "toString", "", "$typeName", "a.b", "@type", "\u0000"].map(quoted)),
  fc.constant('"\\ud800"'),
  fc.string({ maxLength: 10 }).map(quoted),
);

/** An object of a message: what is good of it by chance, and members of the descriptor with right and wrong values. */
export function malformedJson(schema: DescMessage, good: JsonObject): Arbitrary<Text> {
  const kept = fc.subarray(
    Object.entries(good).map(([key, value]) => [quoted(key), JSON.stringify(value)] as const),
    {
      minLength: Math.ceil(Object.keys(good).length / 2),
    },
  );
  return fc.tuple(kept, membersOf(schema, 3), fc.nat(5)).map(([some, members, chance]) => {
    const given = new Set(members.map(([key]) => key));
    return object([...some.filter(([key]) => chance === 0 || !given.has(key)), ...members]);
  });
}

type Member = readonly [key: Text, value: Text];

function object(members: readonly Member[]): Text {
  return `{${members.map(([key, value]) => `${key}:${value}`).join(",")}}`;
}

const membersOf = once((schema: DescMessage, depth: number): Arbitrary<Member[]> => {
  const strange = fc.tuple(strangeKeys, anything);
  const known = schema.fields.map((field) =>
    fc.tuple(fc.constantFrom(quoted(field.jsonName), quoted(field.name)), valueFor(field, depth)),
  );
  if (known.length === 0) return fc.array(strange, { maxLength: 2 });
  const member = fc.oneof({ weight: 40, arbitrary: fc.oneof(...known) }, { weight: 1, arbitrary: strange });
  return fc.array(member, { minLength: 1, maxLength: 3 });
});

function valueFor(field: DescField, depth: number): Arbitrary<Text> {
  const right = rightOf(field, depth);
  return fc.oneof({ weight: 8, arbitrary: right }, { weight: 1, arbitrary: anything });
}

/** A value of the kind that the field has, at its edges. */
function rightOf(field: DescField, depth: number): Arbitrary<Text> {
  const item = itemOf(field, depth);
  if (field.fieldKind === "list") return fc.array(item, { maxLength: 4 }).map((items) => `[${items.join(",")}]`);
  if (field.fieldKind !== "map") return item;
  return fc.array(fc.tuple(fc.oneof(strings, strangeKeys), item), { maxLength: 3 }).map(object);
}

function itemOf(field: DescField, depth: number): Arbitrary<Text> {
  if (field.message && depth > 0 && !field.message.typeName.startsWith("google.protobuf.")) {
    return membersOf(field.message, depth - 1).map(object);
  }
  if (field.message) return fc.oneof(strings, anything);
  if (field.enum) return fc.oneof(fc.constantFrom(...field.enum.values.map(({ name }) => quoted(name))), numbers);
  if (field.scalar === ScalarType.BOOL) return fc.constantFrom("true", "false", '"true"', "1");
  if (field.scalar === ScalarType.STRING || field.scalar === ScalarType.BYTES) return strings;
  return fc.oneof(numbers, numbers.map(quoted));
}
