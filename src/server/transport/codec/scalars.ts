import { ScalarType } from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";
import {
  type Sink,
  writeBytes,
  writeDouble,
  writeFixed32,
  writeFloat,
  writeText,
  writeVarint,
  writeVarint64,
} from "./sink.js";

export type WriteValue = (sink: Sink, value: unknown) => void;

const allOnes = 0xffff_ffff;

/** Writes a value without its tag. A value that the type cannot hold is a bug of the handler, and throws a TypeError. */
export function scalarWriter(type: ScalarType): WriteValue {
  switch (type) {
    case ScalarType.STRING:
      return (sink, value) => (typeof value === "string" ? writeText(sink, value) : wrong(type));
    case ScalarType.BYTES:
      return (sink, value) => (value instanceof Uint8Array ? writeBytes(sink, value) : wrong(type));
    case ScalarType.BOOL:
      return (sink, value) => (typeof value === "boolean" ? writeVarint(sink, value ? 1 : 0) : wrong(type));
    case ScalarType.DOUBLE:
      return (sink, value) => (typeof value === "number" ? writeDouble(sink, value) : wrong(type));
    case ScalarType.FLOAT:
      return (sink, value) => (typeof value === "number" ? writeFloat(sink, value) : wrong(type));
    case ScalarType.INT32:
      return (sink, value) => writeInt32(sink, signed(type, value));
    case ScalarType.SINT32:
      return (sink, value) => {
        const number = signed(type, value);
        writeVarint(sink, ((number << 1) ^ (number >> 31)) >>> 0);
      };
    case ScalarType.SFIXED32:
      return (sink, value) => writeFixed32(sink, signed(type, value));
    case ScalarType.UINT32:
      return (sink, value) => writeVarint(sink, unsigned(type, value));
    case ScalarType.FIXED32:
      return (sink, value) => writeFixed32(sink, unsigned(type, value));
    case ScalarType.SINT64:
      return (sink, value) => {
        const number = long(type, value);
        write64(sink, BigInt.asUintN(64, (number << 1n) ^ (number >> 63n)), writeVarint64);
      };
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return (sink, value) => write64(sink, long(type, value), writeFixed64);
    default:
      return (sink, value) => {
        const number = Number(value);
        // Most are small, and arithmetic with bigint takes ten times as long.
        if (typeof value === "bigint" && number >= 0 && number <= Number.MAX_SAFE_INTEGER)
          writeVarint64(sink, number >>> 0, Math.floor(number / twoTo32));
        else write64(sink, long(type, value), writeVarint64);
      };
  }
}

const twoTo32 = 2 ** 32;

/** A negative number has 64 bits. */
export function writeInt32(sink: Sink, value: number): void {
  if (value >= 0) writeVarint(sink, value);
  else writeVarint64(sink, value >>> 0, allOnes);
}

function writeFixed64(sink: Sink, low: number, high: number): void {
  writeFixed32(sink, high);
  writeFixed32(sink, low);
}

function write64(sink: Sink, value: bigint, write: (sink: Sink, low: number, high: number) => void): void {
  write(sink, Number(BigInt.asUintN(32, value)), Number(BigInt.asUintN(32, value >> 32n)));
}

/** Enums have no scalar type; they are varints. */
export function wireTypeOfScalar(type: ScalarType | undefined): WireType {
  switch (type) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return WireType.LengthDelimited;
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return WireType.Bit64;
    case ScalarType.FLOAT:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return WireType.Bit32;
    default:
      return WireType.Varint;
  }
}

/** Tells the value with which a field of implicit presence is absent. -0 is not 0. */
export function zeroTest(type: ScalarType): (value: unknown) => boolean {
  switch (type) {
    case ScalarType.STRING:
      return (value) => value === "";
    case ScalarType.BYTES:
      return (value) => value instanceof Uint8Array && value.length === 0;
    case ScalarType.BOOL:
      return (value) => value === false;
    default:
      return (value) => Object.is(value, 0) || value === 0n || value === "0";
  }
}

function signed(type: ScalarType, value: unknown): number {
  return typeof value === "number" && (value | 0) === value ? value : wrong(type);
}

function unsigned(type: ScalarType, value: unknown): number {
  return typeof value === "number" && value >>> 0 === value ? value : wrong(type);
}

function long(type: ScalarType, value: unknown): bigint {
  const isSigned = type === ScalarType.INT64 || type === ScalarType.SINT64 || type === ScalarType.SFIXED64;
  if (typeof value !== "bigint" && typeof value !== "number" && typeof value !== "string") return wrong(type);
  const number = BigInt(value);
  return (isSigned ? BigInt.asIntN(64, number) : BigInt.asUintN(64, number)) === number ? number : wrong(type);
}

/** A bug of the handler. */
export function wrong(type: ScalarType): never {
  throw new TypeError(`Value does not fit ${ScalarType[type]}.`);
}
