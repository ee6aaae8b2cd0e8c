import {
  type DescField,
  type DescMessage,
  fromBinary,
  isMessage,
  type MessageShape,
  ScalarType,
} from "@bufbuild/protobuf";
import { BinaryReader, configureTextEncoding, WireType } from "@bufbuild/protobuf/wire";
import { DomainError, invalidRequest } from "../../core/errors.js";
import { readValidBinary } from "./codec/binary-reader.js";
import { wireTypeOfScalar } from "./codec/scalars.js";
import { maxItemsOf, maxValuesOf, tooManyItems, tooManyValues } from "./limits.js";
import { memberPath } from "./member-path.js";

/**
 * Decodes a binary protobuf request.
 *
 * @throws DomainError MALFORMED_REQUEST, INVALID_REQUEST
 */
export function decodeBinary<Schema extends DescMessage>(schema: Schema, bytes: Uint8Array): MessageShape<Schema> {
  const valid = readValidBinary(schema, bytes);
  return isMessage(valid, schema) ? valid : decodeAnyBinary(schema, bytes);
}

/** The same without a shortcut for what most requests are. */
export function decodeAnyBinary<Schema extends DescMessage>(schema: Schema, bytes: Uint8Array): MessageShape<Schema> {
  try {
    checkBinary(schema, bytes);
    return fromBinary(schema, bytes);
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw new DomainError("MALFORMED_REQUEST", "The request is not a valid protobuf message of this type.");
  }
}

const tolerant = new TextDecoder("utf-8", { ignoreBOM: true });
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

// By default protobuf drops a byte order mark (U+FEFF) at the start of every string, but JSON keeps it.
configureTextEncoding({
  // The same bytes as TextEncoder, which takes four times as long for a short string.
  encodeUtf8: (text) => Buffer.from(text),
  decodeUtf8: (bytes, isStrict) => (isStrict ? strict : tolerant).decode(bytes),
  checkUtf8: (text) => !/\p{Cs}/u.test(text),
});

/**
 * Scans a binary protobuf message without building objects, and stops at the first limit. Also rejects what protobuf's
 * reader would misread or lose: fields with the wrong wire type, and the map key `__proto__`.
 *
 * @throws DomainError INVALID_REQUEST
 * @throws Error if the bytes are not a message of this type
 */
function checkBinary(schema: DescMessage, bytes: Uint8Array): void {
  new BinaryWalk(schema, bytes).message(schema, bytes.length, "");
}

class BinaryWalk {
  private readonly reader: BinaryReader;
  private values = 0;
  private readonly maxValues: number;

  constructor(
    private readonly request: DescMessage,
    private readonly bytes: Uint8Array,
  ) {
    this.reader = new BinaryReader(bytes);
    this.maxValues = maxValuesOf(request);
  }

  message(schema: DescMessage, end: number, path: string): void {
    const { reader } = this;
    const items = new Map<DescField, number>();
    while (reader.pos < end) {
      const [number, wireType] = reader.tag();
      this.count();
      const field = schema.fields.find((known) => known.number === number);
      if (!field) this.unknown(number, wireType);
      else if (field.fieldKind !== "list" && field.fieldKind !== "map")
        this.value(field, wireType, memberPath(path, field.name));
      else {
        const at = memberPath(path, field.name);
        const index = items.get(field) ?? 0;
        const max = maxItemsOf(field);
        const packed = isPacked(field, wireType) ? this.packedItems(field, max - index) : undefined;
        const given = index + (packed ?? 1);
        if (given > max) throw invalidRequest([tooManyItems(at, max)]);
        items.set(field, given);
        if (packed === undefined) this.value(field, wireType, field.fieldKind === "map" ? at : `${at}[${index}]`);
      }
    }
    if (reader.pos !== end) throw new RangeError("Field exceeds its message");
  }

  private value(field: DescField, wireType: WireType, path: string): void {
    if (wireType !== wireTypeOf(field)) throw new TypeError("Wrong wire type for the field");
    if (field.fieldKind === "map") this.entry(field, this.end(), path);
    else if (field.message) this.message(field.message, this.end(), path);
    else this.reader.skip(wireType);
  }

  /** A map entry is a message with the key as field 1 and the value as field 2. */
  private entry(field: DescField & { readonly fieldKind: "map" }, end: number, path: string): void {
    const { reader } = this;
    while (reader.pos < end) {
      const [number, wireType] = reader.tag();
      this.count();
      if (number !== 1 && number !== 2) throw new TypeError("Map entry has extra fields");
      if (number === 2 && field.message) {
        if (wireType !== WireType.LengthDelimited) throw new TypeError("Wrong wire type for the map value");
        this.message(field.message, this.end(), `${path}[]`);
        continue;
      }
      const scalar = number === 1 ? field.mapKey : field.scalar;
      if (wireType !== wireTypeOfScalar(scalar)) throw new TypeError("Wrong wire type for the map entry");
      const start = reader.pos;
      reader.skip(wireType);
      // JavaScript would treat this key as the prototype of the map object, and the entry would be lost.
      if (number === 1 && scalar === ScalarType.STRING && this.text(start) === "__proto__") {
        const key = `${path}["__proto__"]`;
        throw invalidRequest([{ field: key, reason: "NOT_ALLOWED", description: "Reserved key." }]);
      }
    }
    if (reader.pos !== end) throw new RangeError("Value exceeds its map entry");
  }

  /** A field this schema does not have, counted like any other. Groups are counted at every depth. */
  private unknown(number: number, wireType: WireType): void {
    if (wireType !== WireType.StartGroup) return void this.reader.skip(wireType);
    for (;;) {
      const [inner, innerType] = this.reader.tag();
      this.count();
      if (innerType === WireType.EndGroup) {
        if (inner !== number) throw new TypeError("Unmatched end-group tag");
        return;
      }
      this.unknown(inner, innerType);
    }
  }

  /** Counts the items of the packed list at the current position, up to one more than the limit. */
  private packedItems(field: DescField, max: number): number {
    const { reader } = this;
    const wireType = wireTypeOfScalar(field.scalar);
    const end = this.end();
    let items = 0;
    if (wireType === WireType.Varint) {
      for (let at = reader.pos; at < end && items <= max; at += 1) if ((this.bytes[at] ?? 0) < 0x80) items += 1;
    } else items = Math.floor((end - reader.pos) / (wireType === WireType.Bit64 ? 8 : 4));
    reader.pos = end;
    this.count(Math.min(items, max + 1) - 1);
    return items;
  }

  /** End position of the length-delimited value at the current position. */
  private end(): number {
    const length = this.reader.uint32();
    const end = this.reader.pos + length;
    if (end > this.bytes.length) throw new RangeError("Value exceeds its message");
    return end;
  }

  /** The string just skipped, if it is short enough for a one-byte length. */
  private text(start: number): string | undefined {
    const length = this.bytes[start] ?? 0;
    return length < 0x80 ? Buffer.from(this.bytes.subarray(start + 1, this.reader.pos)).toString("latin1") : undefined;
  }

  private count(values = 1): void {
    this.values += values;
    if (this.values > this.maxValues) throw tooManyValues(this.request, []);
  }
}

function isPacked(field: DescField, wireType: WireType): boolean {
  if (field.fieldKind !== "list" || field.listKind === "message") return false;
  return wireType === WireType.LengthDelimited && wireTypeOfScalar(field.scalar) !== WireType.LengthDelimited;
}

function wireTypeOf(field: DescField): WireType {
  return field.fieldKind === "map" || field.message ? WireType.LengthDelimited : wireTypeOfScalar(field.scalar);
}
