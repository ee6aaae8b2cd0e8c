import type { DescMessage, DescMethod, Message } from "@bufbuild/protobuf";
import type { MethodDefinition } from "@grpc/grpc-js";
import { toBinaryWithTexts } from "./struct-binary.js";

/**
 * An rpc as grpc-js registers it. Requests and answers are bytes: grpc-js would decode before any handler runs, and
 * answer what it cannot decode or encode by itself.
 *
 * @param service full name of the service; another than the rpc's own serves it under a second name
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

/** The binary form as grpc-js takes it, without a copy: the buffer is a view of the bytes. */
export function encodeBinary(schema: DescMessage, message: Message): Buffer {
  const bytes = toBinaryWithTexts(schema, message);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
