import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Random } from "./run.js";

/** Bytes that are nearly the ones given. */
export function mutated(good: Uint8Array, random: Random): Uint8Array {
  const bytes = Buffer.from(good);
  const at = random.below(bytes.length + 1);
  const to = at + random.below(bytes.length - at + 1);
  const noise = Buffer.from(Array.from({ length: 1 + random.below(12) }, () => random.below(256)));
  switch (random.below(7)) {
    case 0: {
      for (let count = random.below(4); count >= 0 && bytes.length > 0; count -= 1) {
        const place = random.below(bytes.length);
        bytes[place] = (bytes[place] ?? 0) ^ (1 << random.below(8));
      }
      return bytes;
    }
    case 1:
      return bytes.subarray(0, at);
    case 2:
      return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]);
    case 4:
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(at)]);
    case 5:
      return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(Math.min(bytes.length, at + noise.length))]);
    default:
      return Buffer.concat([bytes.subarray(0, at), random.pick(nasty), bytes.subarray(at)]);
  }
}

/** Varints without end, lengths beyond everything, groups in groups, the number 0, text that is no UTF-8. */
const nasty: readonly Buffer[] = [
  Buffer.alloc(11, 0xff),
  Buffer.from("0affffffff07", "hex"),
  Buffer.from("0affffffffffffffff7f", "hex"),
  Buffer.alloc(20_000, 0x0b),
  Buffer.alloc(3, 0),
  Buffer.from("0a04c3280000", "hex"),
  Buffer.from("0a03eda080", "hex"),
  Buffer.concat([Buffer.from("0a808040", "hex"), Buffer.alloc(1024 * 1024, 0x78)]),
];

/** Fields of a message with values at the edges of their kinds, and now and then of a wrong kind. */
export function malformedFields(schema: DescMessage, random: Random, depth = 3): Uint8Array {
  const writer = new BinaryWriter();
  for (let count = random.below(4); count > 0; count -= 1) {
    if (schema.fields.length > 0) writeField(writer, random.pick(schema.fields), random, depth);
  }
  return writer.finish();
}

function writeField(writer: BinaryWriter, field: DescField, random: Random, depth: number): void {
  const { number } = field;
  if (random.below(12) === 0) writeAny(writer, number, random);
  else if (field.fieldKind === "map" || field.message) {
    const inner = field.message && depth > 0 ? malformedFields(field.message, random, depth - 1) : random.pick(nasty);
    const entry = new BinaryWriter();
    if (field.fieldKind === "map") entry.tag(1, WireType.LengthDelimited).bytes(random.pick(texts));
    const whole = field.fieldKind === "map" ? entry.tag(2, WireType.LengthDelimited).bytes(inner).finish() : inner;
    writer.tag(number, WireType.LengthDelimited).bytes(whole);
  } else if (field.scalar === ScalarType.STRING || field.scalar === ScalarType.BYTES) {
    writer.tag(number, WireType.LengthDelimited).bytes(random.pick(texts));
  } else if (field.scalar === ScalarType.DOUBLE) {
    writer
      .tag(number, WireType.Bit64)
      .double(
        random.pick([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 5e-324, Number.MAX_VALUE]),
      );
  } else writer.tag(number, WireType.Varint).raw(random.pick(varints));
}

function writeAny(writer: BinaryWriter, number: number, random: Random): void {
  const wire = random.pick([
    WireType.Varint,
    WireType.Bit64,
    WireType.LengthDelimited,
    WireType.StartGroup,
    WireType.Bit32,
  ]);
  writer.tag(number, wire).raw(random.pick([...varints, ...nasty.slice(0, 3)]));
}

const varints: readonly Buffer[] = [
  ...["00", "01", "ffffffff07", "8080808008", "ffffffffffffffff7f", "80808080808080808001"],
  ...["ffffffffffffffffff01", "8092b8c398feffffff01", "ff94e4c8d0a1f3ff7f"],
].map((hex) => Buffer.from(hex, "hex"));

const texts: readonly Buffer[] = [
  ...[
    "",
    "a",
    "cmp_a",
    "cus_a1",
    "biz_a1",
    "tag_a1",
    "lcus_a1",
    "\u0000",
    "a\u0000b",
    "\ufeff",
    "1",
    "true",
    "a.b",
    "*",
  ],
  ...["+12125550101", "x@example.com", "__proto__", "constructor", "\u{1F468}\u200D\u{1F469}", "field_short", "%"],
]
  .map((text) => Buffer.from(text))
  .concat([Buffer.from("c328", "hex"), Buffer.from("eda080", "hex"), Buffer.alloc(70_000, 0x78)]);
