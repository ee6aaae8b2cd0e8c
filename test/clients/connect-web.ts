import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ConnectError, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { Code } from "../../src/gen/proto/google/rpc/code_pb.js";
import type { ClientLibrary, Told } from "./tried-client.js";

/** connect-web, in Node and in browsers. */
export const connectWeb: readonly ClientLibrary[] = [
  library("connect-web, Connect JSON", (baseUrl) => createConnectTransport({ baseUrl })),
  library("connect-web, Connect binary", (baseUrl) => createConnectTransport({ baseUrl, useBinaryFormat: true })),
  library("connect-web, gRPC-Web", (baseUrl) => createGrpcWebTransport({ baseUrl })),
];

function library(name: string, transportTo: (baseUrl: string) => Transport): ClientLibrary {
  return {
    name,
    hasRetries: false,
    open({ httpUrl }) {
      const transport = transportTo(httpUrl);
      return {
        close: () => {},
        async call(method, request, { headers, timeoutMs, signal }) {
          try {
            const message = create(method.input, fromBinary(method.input, request));
            const answer = await transport.unary(method, signal, timeoutMs, headers, message);
            return {
              code: Code.OK,
              message: toBinary(method.output, answer.message),
              headers: { ...Object.fromEntries(answer.header), ...Object.fromEntries(answer.trailer) },
            };
          } catch (thrown) {
            return toldOf(ConnectError.from(thrown));
          }
        },
      };
    },
  };
}

function toldOf(error: ConnectError): Told {
  const details = error.details.flatMap((detail) =>
    "type" in detail ? [{ type: detail.type, value: detail.value }] : [],
  );
  return { code: error.code, details, headers: Object.fromEntries(error.metadata) };
}
