import { create, fromBinary } from "@bufbuild/protobuf";
import { Client, credentials, Metadata as GrpcMetadata, type ServiceError } from "@grpc/grpc-js";
import { ClientError, createChannel, createClientFactory, Metadata, type MethodDefinition, Status } from "nice-grpc";
import { deadlineMiddleware } from "nice-grpc-client-middleware-deadline";
import { retryMiddleware } from "nice-grpc-client-middleware-retry";
import { Code } from "../../src/gen/proto/google/rpc/code_pb.js";
import { StatusSchema } from "../../src/gen/proto/google/rpc/status_pb.js";
import type { ClientLibrary, Told } from "./tried-client.js";

const retryPolicy = {
  maxAttempts: 5,
  initialBackoff: "0.1s",
  maxBackoff: "2s",
  backoffMultiplier: 2,
  retryableStatusCodes: ["RESOURCE_EXHAUSTED", "UNAVAILABLE"],
};
const serviceConfig = JSON.stringify({ methodConfig: [{ name: [{}], retryPolicy }] });

const bytes = (message: Uint8Array) => Buffer.from(message);

export const grpcJs: ClientLibrary = {
  name: "grpc-js",
  hasRetries: true,
  open({ grpcPort }, retries) {
    const options = retries ? { "grpc.service_config": serviceConfig } : { "grpc.enable_retries": 0 };
    const client = new Client(`127.0.0.1:${grpcPort}`, credentials.createInsecure(), options);
    return {
      close: () => client.close(),
      call(method, request, { headers, timeoutMs, signal }) {
        const metadata = new GrpcMetadata();
        for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
        const limit = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
        return new Promise((resolve) => {
          let leading: Told["headers"] = {};
          const path = `/${method.parent.typeName}/${method.name}`;
          const call = client.makeUnaryRequest(path, bytes, bytes, request, metadata, limit, (error, message) => {
            const headers = { ...leading, ...(error ? headersOf(error.metadata) : {}) };
            if (error) resolve({ code: error.code, details: detailsIn(binaryOf(error)), headers });
            else resolve({ code: Code.OK, message: message ?? new Uint8Array(), headers });
          });
          call.on("metadata", (given: GrpcMetadata) => {
            leading = headersOf(given);
          });
          signal?.addEventListener("abort", () => call.cancel());
        });
      },
    };
  },
};

/** With its middleware for deadlines and retries. */
export const niceGrpc: ClientLibrary = {
  name: "nice-grpc",
  hasRetries: true,
  open({ grpcPort }, retries) {
    const channel = createChannel(`127.0.0.1:${grpcPort}`, undefined, { "grpc.enable_retries": 0 });
    const factory = createClientFactory().use(retryMiddleware).use(deadlineMiddleware);
    return {
      close: () => channel.close(),
      async call(method, request, { headers, timeoutMs, signal }) {
        const definition: MethodDefinition<Uint8Array, Uint8Array, Uint8Array, Uint8Array, false, false> = {
          path: `/${method.parent.typeName}/${method.name}`,
          requestStream: false,
          responseStream: false,
          requestSerialize: bytes,
          requestDeserialize: bytes,
          responseSerialize: bytes,
          responseDeserialize: bytes,
          options: {},
        };
        const client = factory.create({ call: definition }, channel);
        let leading: Told["headers"] = {};
        let trailing = new Metadata();
        try {
          const message = await client.call(request, {
            metadata: new Metadata(headers),
            retry: retries,
            retryableStatuses: [Status.RESOURCE_EXHAUSTED, Status.UNAVAILABLE],
            retryMaxAttempts: 5,
            onHeader: (given) => {
              leading = textOf(given);
            },
            onTrailer: (given) => {
              trailing = given;
            },
            ...(timeoutMs === undefined ? {} : { deadline: timeoutMs }),
            ...(signal ? { signal } : {}),
          });
          return { code: Code.OK, message, headers: leading };
        } catch (error) {
          if (signal?.aborted) return { code: Code.CANCELLED, headers: leading };
          if (!(error instanceof ClientError)) throw error;
          const details = detailsIn(trailing.get("grpc-status-details-bin"));
          return { code: error.code, details, headers: { ...leading, ...textOf(trailing) } };
        }
      },
    };
  },
};

/** The details in an encoded google.rpc.Status. */
export function detailsIn(encoded: Uint8Array | undefined): NonNullable<Told["details"]> {
  const status = encoded ? fromBinary(StatusSchema, encoded) : create(StatusSchema);
  return status.details.map(({ typeUrl, value }) => ({ type: typeUrl.replace(/^.*\//, ""), value }));
}

function binaryOf(error: ServiceError): Uint8Array | undefined {
  const [encoded] = error.metadata.get("grpc-status-details-bin");
  return encoded instanceof Buffer ? encoded : undefined;
}

function headersOf(metadata: GrpcMetadata): Told["headers"] {
  return Object.fromEntries(Object.entries(metadata.getMap()).map(([name, value]) => [name, String(value)]));
}

function textOf(metadata: Metadata): Told["headers"] {
  return Object.fromEntries([...metadata].map(([name, values]) => [name, values.map(String).join(", ")]));
}
