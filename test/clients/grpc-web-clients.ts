import { createRequire } from "node:module";
import { GrpcWebFetchTransport } from "@protobuf-ts/grpcweb-transport";
import { MessageType } from "@protobuf-ts/runtime";
import grpcWeb from "grpc-web";
import { Code } from "../../src/gen/proto/google/rpc/code_pb.js";
import { detailsIn } from "./grpc-clients.js";
import type { ClientLibrary, Told } from "./tried-client.js";

/** It has no types. */
const XMLHttpRequest: unknown = createRequire(import.meta.url)("xhr2");
const { GrpcWebClientBase, MethodDescriptor } = grpcWeb;

/** The client of gRPC-Web, over the XMLHttpRequest of a browser or of xhr2. */
export const grpcWebText = grpcWebClient("grpc-web, text", "text");
export const grpcWebBinary = grpcWebClient("grpc-web, binary", "binary");
export const protobufTsText = protobufTsClient("protobuf-ts, text", "text");
export const protobufTsBinary = protobufTsClient("protobuf-ts, binary", "binary");

class Bytes {}

function grpcWebClient(name: string, format: string): ClientLibrary {
  return {
    name,
    hasRetries: false,
    open({ httpUrl }) {
      Object.assign(globalThis, { XMLHttpRequest });
      const client = new GrpcWebClientBase({ format });
      return {
        close: () => {},
        call(method, request, { headers, timeoutMs, signal }) {
          const path = `${httpUrl}/${method.parent.typeName}/${method.name}`;
          const same = (bytes: Uint8Array) => bytes;
          const descriptor = new MethodDescriptor(path, grpcWeb.MethodType.UNARY, Bytes, Bytes, same, same);
          const metadata = {
            ...headers,
            ...(timeoutMs === undefined ? {} : { deadline: String(Date.now() + timeoutMs) }),
          };
          return new Promise((resolve) => {
            let leading: Told["headers"] = {};
            const call = client.rpcCall<unknown, unknown>(path, request, metadata, descriptor, (error, message) => {
              if (error) resolve(refusalOf(error.code, error.metadata));
              else if (message instanceof Uint8Array)
                setTimeout(() => resolve({ code: Code.OK, message, headers: leading }));
            });
            call.on("metadata", (given) => {
              leading = given;
            });
            // Its callback is not called after that.
            signal?.addEventListener("abort", () => {
              call.cancel();
              resolve({ code: Code.CANCELLED, headers: {} });
            });
          });
        },
      };
    },
  };
}

/** A message that keeps its bytes: all fields are unknown to it. */
const unread = new MessageType<Record<never, never>>("moego.Unread", []);

function protobufTsClient(name: string, format: "text" | "binary"): ClientLibrary {
  return {
    name,
    hasRetries: false,
    open({ httpUrl }) {
      const transport = new GrpcWebFetchTransport({ baseUrl: httpUrl, format });
      return {
        close: () => {},
        async call(method, request, { headers, timeoutMs, signal }) {
          const info = {
            name: method.name,
            localName: method.localName,
            service: { typeName: method.parent.typeName, methods: [], options: {} },
            serverStreaming: false,
            clientStreaming: false,
            idempotency: undefined,
            options: {},
            I: unread,
            O: unread,
          };
          const options = transport.mergeOptions({
            meta: { ...headers },
            ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
            ...(signal ? { abort: signal } : {}),
          });
          const call = transport.unary(info, unread.fromBinary(request), options);
          try {
            const answer = await call;
            return {
              code: Code.OK,
              message: unread.toBinary(answer.response),
              headers: textOf({ ...answer.headers, ...answer.trailers }),
            };
          } catch (error) {
            if (!isRpcError(error)) throw error;
            return refusalOf(Object.entries(Code).find(([code]) => code === error.code)?.[1], textOf(error.meta));
          }
        },
      };
    },
  };
}

function refusalOf(code: unknown, headers: Told["headers"]): Told {
  const encoded = headers["grpc-status-details-bin"];
  const details = detailsIn(encoded === undefined ? undefined : Buffer.from(encoded, "base64"));
  return { code: Number(code), details, headers };
}

interface RpcError {
  readonly code: string;
  readonly meta: Readonly<Record<string, string | string[]>>;
}

function isRpcError(error: unknown): error is RpcError {
  return error instanceof Error && error.name === "RpcError" && "code" in error && "meta" in error;
}

function textOf(meta: RpcError["meta"]): Told["headers"] {
  return Object.fromEntries(Object.entries(meta).map(([name, value]) => [name, String(value)]));
}
