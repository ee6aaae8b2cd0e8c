import { type DescMessage, type DescMethod, type Message, toBinary } from "@bufbuild/protobuf";
import { StructSchema } from "@bufbuild/protobuf/wkt";
import type { MethodDefinition } from "@grpc/grpc-js";

/**
 * The method definition for grpc-js. Requests and responses stay bytes, because grpc-js would decode before any handler
 * runs, and would answer decoding and encoding errors itself.
 *
 * @param service full name of the gRPC service; pass another one to serve the method under a second name
 */
export function grpcMethodOf(method: DescMethod, service = method.parent.typeName): MethodDefinition<Buffer, Buffer> {
  return {
    path: `/${service}/${method.name}`,
    requestStream: method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming",
    responseStream: method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming",
    requestSerialize: (bytes) => bytes,
    requestDeserialize: (bytes) => bytes,
    responseSerialize: (bytes) => bytes,
    responseDeserialize: (bytes) => bytes,
  };
}

/** Encodes without copying: the buffer is a view of the bytes. */
export function encodeBinary(schema: DescMessage, message: Message): Buffer {
  const bytes = toBinaryWithTexts(schema, message);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Encodes a message whose Struct contains only strings, writing the Struct separately: protobuf allows fields in any
 * order. Protobuf's own writer allocates several objects and buffers per string. For the 40 strings of a call center
 * response that took a tenth of the whole request (docs/measurements.md).
 */
export function toBinaryWithTexts(schema: DescMessage, message: Message): Uint8Array {
  const field = schema.fields.find((known) => known.message?.typeName === StructSchema.typeName);
  if (field?.fieldKind !== "message" || field.oneof) return toBinary(schema, message);
  // The property is the JSON of the Struct. Reading it by reflection would create a message for each string.
  const texts = textsOf(Reflect.get(message, field.localName));
  if (!texts) return toBinary(schema, message);
  const rest = { ...message, [field.localName]: undefined };
  return Buffer.concat([structField(field.number, texts), toBinary(schema, rest)]);
}

type Texts = readonly (readonly [key: string, text: string])[];

/** Undefined if there is no Struct, or it contains anything but strings. */
function textsOf(struct: unknown): Texts | undefined {
  if (typeof struct !== "object" || struct === null) return undefined;
  const texts: [string, string][] = [];
  for (const [key, value] of Object.entries(struct)) {
    if (typeof value !== "string") return undefined;
    texts.push([key, value]);
  }
  return texts;
}

/**
 * Tags of Struct.fields, of key and value of its entries, and of Value.string_value: number * 8 + 2, since all are
 * length-delimited.
 */
const tags = { entry: 0x0a, key: 0x0a, value: 0x12, text: 0x1a } as const;

function structField(number: number, texts: Texts): Buffer {
  const entries = texts.map(([key, text]) => {
    const value = delimitedBytes(Buffer.byteLength(text));
    return { key, text, value, entry: delimitedBytes(Buffer.byteLength(key)) + delimitedBytes(value) };
  });
  const length = entries.reduce((sum, { entry }) => sum + delimitedBytes(entry), 0);
  const bytes = Buffer.allocUnsafe(varintBytes(number * 8 + 2) + varintBytes(length) + length);
  let at = 0;
  const varint = (value: number) => {
    for (let left = value; ; left >>>= 7) {
      bytes[at++] = left > 0x7f ? (left & 0x7f) | 0x80 : left;
      if (left <= 0x7f) return;
    }
  };
  const string = (tag: number, text: string) => {
    varint(tag);
    varint(Buffer.byteLength(text));
    at += bytes.write(text, at);
  };
  varint(number * 8 + 2);
  varint(length);
  for (const { key, text, value, entry } of entries) {
    varint(tags.entry);
    varint(entry);
    string(tags.key, key);
    varint(tags.value);
    varint(value);
    string(tags.text, text);
  }
  return bytes;
}

/** Size of a length-delimited field with a one-byte tag. */
function delimitedBytes(bytes: number): number {
  return 1 + varintBytes(bytes) + bytes;
}

function varintBytes(value: number): number {
  return value > 0x7f ? 1 + varintBytes(value >>> 7) : 1;
}
