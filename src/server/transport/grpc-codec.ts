import type { DescMethod } from "@bufbuild/protobuf";
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
