import { type DescField, type DescMessage, type MessageInitShape, ScalarType } from "@bufbuild/protobuf";
import { DurationSchema, isWrapperDesc, StructSchema, TimestampSchema, ValueSchema } from "@bufbuild/protobuf/wkt";

/** From 0 to 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Random = () => number;

const texts = [
  "",
  "a",
  "Ada",
  "é",
  "日本",
  "🐕",
  'a "quoted" \\ line\n\u0001',
  "0",
  "__proto__",
  "\u2028",
  "10",
  "x".repeat(200),
  "ä".repeat(9_000),
];
const signed = [
  0,
  1,
  -1,
  127,
  128,
  16_383,
  16_384,
  2_097_151,
  2_097_152,
  268_435_455,
  268_435_456,
  2 ** 31 - 1,
  -(2 ** 31),
];
const unsigned = [0, 1, 127, 128, 2 ** 28 - 1, 2 ** 28, 2 ** 31, 2 ** 32 - 1];
const longs = [
  0n,
  1n,
  -1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 35n - 1n,
  2n ** 35n,
  2n ** 53n,
  2n ** 63n - 1n,
  -(2n ** 63n),
];
const doubles = [0, -0, 1.5, -1e300, 5e-324, 1e21, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

/** What a message can be created from: about half of its fields, with values at the edges of their types. */
export function drawnMessage(schema: DescMessage, random: Random, depth = 0): MessageInitShape<DescMessage> {
  const drawn: Record<string, unknown> = {};
  if (schema.typeName === TimestampSchema.typeName) return drawnTimestamp(random);
  if (schema.typeName === DurationSchema.typeName) return drawnDuration(random);
  for (const field of schema.fields) {
    if (random() < 0.5 || (field.message && depth > 2)) continue;
    const value = drawnField(field, random, depth);
    if (field.oneof) drawn[field.oneof.localName] = { case: field.localName, value };
    else drawn[field.localName] = value;
  }
  return drawn;
}

function drawnTimestamp(random: Random) {
  const seconds = pick([0n, 1n, -62_135_596_800n, 253_402_300_799n, 1_795_910_400n], random);
  return { seconds, nanos: pick([0, 1, 1_000, 120_000, 5_000_000, 120_000_000, 999_999_999], random) };
}

/** Both parts have the same sign. */
function drawnDuration(random: Random) {
  const [seconds, nanos] = pick(
    [
      [0n, 0],
      [1n, 0],
      [0n, 1_000],
      [3_600n, 120_000_000],
      [315_576_000_000n, 0],
    ] as const,
    random,
  );
  return random() < 0.3 ? { seconds: -seconds, nanos: nanos && -nanos } : { seconds, nanos };
}

function drawnField(field: DescField, random: Random, depth: number): unknown {
  const draw = () => drawnItem(field, random, depth);
  const count = Math.floor(random() * (depth === 0 ? 4 : 2));
  if (field.fieldKind === "list") return Array.from({ length: count }, draw);
  if (field.fieldKind !== "map") return draw();
  return Object.fromEntries(Array.from({ length: count }, () => [String(drawnKey(field.mapKey, random)), draw()]));
}

function drawnKey(type: ScalarType, random: Random): unknown {
  const key = drawnScalar(type, random);
  // protobuf-es loses this key in JSON.
  return key === "__proto__" || (typeof key === "string" && key.length > 300) ? "key" : key;
}

function drawnItem(field: DescField, random: Random, depth: number): unknown {
  const { message } = field;
  if (!message) return field.enum ? pick(field.enum.values, random).number : drawnScalar(field.scalar, random);
  const [wrapped] = message.fields;
  if (field.fieldKind === "message" && !field.oneof && isWrapperDesc(message))
    return drawnScalar(wrapped?.scalar, random);
  if (message.typeName === StructSchema.typeName && field.parent.typeName !== ValueSchema.typeName)
    return drawnJson(random);
  return drawnMessage(message, random, depth + 1);
}

function drawnScalar(type: ScalarType | undefined, random: Random): unknown {
  switch (type) {
    case ScalarType.STRING:
      return pick(texts, random);
    case ScalarType.BYTES:
      return Uint8Array.from({ length: Math.floor(random() * 5) }, () => Math.floor(random() * 256));
    case ScalarType.BOOL:
      return random() < 0.5;
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return Math.fround(pick(doubles, random));
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return pick(unsigned, random);
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return pick(longs, random);
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return BigInt.asUintN(64, pick(longs, random));
    default:
      return pick(signed, random);
  }
}

function drawnJson(random: Random) {
  const leaf = () => pick([null, true, false, 0, -1.5, 1e21, "", "é", 'a"b', {}, []], random);
  const inner = { a: leaf(), "10": leaf() };
  return random() < 0.2
    ? {}
    : {
        text: "Ada",
        list: [leaf(), [leaf()], inner],
        inner,
        leaf: leaf(),
        ...(random() < 0.5 ? { ["é".repeat(70)]: "ä".repeat(9_000) } : {}),
      };
}

function pick<T>(values: readonly T[], random: Random): T {
  const [first] = values.slice(Math.floor(random() * values.length));
  if (first === undefined) throw new Error("nothing to pick from");
  return first;
}
