import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  fromJson,
  getOption,
  type JsonObject,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { ConnectError, type Transport as ConnectTransport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { type Client, credentials, Metadata, makeGenericClientConstructor, type ServiceError } from "@grpc/grpc-js";
import { http } from "../../src/gen/proto/google/api/annotations_pb.js";
import { StatusSchema } from "../../src/gen/proto/google/rpc/status_pb.js";
import { detailTypes } from "../../src/server/transport/http-message.js";
import { type Answer, type Headers, type Refusal, refusalOf, toRefusal } from "./answer.js";
import { sendRestJson } from "./json-clients.js";
import { restRequestOf } from "./rest-request.js";

export const transports = ["grpc", "grpc-web", "connect-json", "connect-binary", "rest"] as const;

export type Transport = (typeof transports)[number];

/** Sends any rpc of the contract. */
export type Send = <I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  request: MessageInitShape<I>,
  headers: Headers,
) => Promise<Answer<MessageShape<O>>>;

export interface Clients extends Record<Transport, Send> {
  close(): void;
}

const timeoutMs = 20_000;

/** A real client of each transport: grpc-js, connect-node, and fetch on the documented routes. */
export function openClients({ httpUrl, grpcPort }: { httpUrl: string; grpcPort: number }): Clients {
  const RawClient = makeGenericClientConstructor({}, "raw");
  const grpc = new RawClient(`127.0.0.1:${grpcPort}`, credentials.createInsecure());
  const options = { baseUrl: httpUrl, httpVersion: "1.1" as const, jsonOptions: { ignoreUnknownFields: false } };
  return {
    grpc: sendGrpc(grpc),
    "grpc-web": sendConnect(createGrpcWebTransport(options)),
    "connect-json": sendConnect(createConnectTransport({ ...options, useBinaryFormat: false })),
    "connect-binary": sendConnect(createConnectTransport({ ...options, useBinaryFormat: true })),
    rest: async (method, request, headers) => {
      const sent = restRequestOf(method, jsonOf(method.input, request));
      const answer = await sendRestJson(httpUrl, sent, headers);
      return answer.ok ? { ...answer, message: fromJson(method.output, wholeAnswer(method, answer.message)) } : answer;
    },
    close: () => grpc.close(),
  };
}

/** The answer as a message: a route may answer with one field of it alone. */
export function wholeAnswer(method: DescMethodUnary, answer: JsonValue): JsonValue {
  const { responseBody } = getOption(method, http);
  return responseBody === "" ? answer : { [responseBody]: answer };
}

/** A request in proto3 JSON. */
export function jsonOf<I extends DescMessage>(schema: I, request: MessageInitShape<I>): JsonObject {
  const json = toJson(schema, create(schema, request));
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw new Error("a request is an object");
  return json;
}

function sendGrpc(client: Client): Send {
  return (method, request, headers) => {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
    return new Promise((resolve) => {
      let leading: Headers = {};
      client
        .makeUnaryRequest(
          `/${method.parent.typeName}/${method.name}`,
          (message: MessageInitShape<typeof method.input>) =>
            Buffer.from(toBinary(method.input, create(method.input, message))),
          (bytes: Buffer) => fromBinary(method.output, bytes),
          request,
          metadata,
          { deadline: Date.now() + timeoutMs },
          (error, message) => {
            if (error) resolve(grpcRefusal(error, leading));
            else if (message) resolve({ ok: true, message, headers: leading });
          },
        )
        .on("metadata", (given: Metadata) => {
          leading = metadataHeaders(given);
        });
    });
  };
}

function grpcRefusal(error: ServiceError, leading: Headers): Refusal {
  const [bytes] = error.metadata.get("grpc-status-details-bin");
  const headers = { ...leading, ...metadataHeaders(error.metadata) };
  if (!(bytes instanceof Buffer)) {
    return toRefusal({ code: error.code, text: error.details, details: [], headers, wire: error.details });
  }
  return refusalOf(fromBinary(StatusSchema, bytes), headers, bytes.toString("latin1"));
}

function metadataHeaders(metadata: Metadata): Headers {
  return Object.fromEntries(Object.entries(metadata.getMap()).map(([name, value]) => [name, String(value)]));
}

function sendConnect(transport: ConnectTransport): Send {
  return async (method, request, headers) => {
    try {
      const { message, header } = await transport.unary(method, undefined, timeoutMs, headers, request);
      return { ok: true, message, headers: Object.fromEntries(header) };
    } catch (thrown) {
      return connectRefusal(ConnectError.from(thrown));
    }
  };
}

function connectRefusal(error: ConnectError): Refusal {
  const wire = error.details.map((detail) =>
    "value" in detail && detail.value instanceof Uint8Array ? Buffer.from(detail.value).toString("latin1") : "",
  );
  return toRefusal({
    code: error.code,
    text: error.rawMessage,
    details: error.findDetails(detailTypes),
    headers: Object.fromEntries(error.metadata),
    wire: [error.rawMessage, ...wire].join("\n"),
  });
}
