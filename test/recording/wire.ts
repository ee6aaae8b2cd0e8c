import { type ClientHttp2Session, connect } from "node:http2";
import {
  create,
  type DescMethodUnary,
  fromBinary,
  fromJson,
  type JsonObject,
  type JsonValue,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { codeFromString } from "@connectrpc/connect/protocol-connect";
import { Code } from "../../src/gen/proto/google/rpc/code_pb.js";
import { type Status, StatusSchema } from "../../src/gen/proto/google/rpc/status_pb.js";
import { detailTypes } from "../../src/server/transport/http-message.js";
import type { Headers } from "../support/answer.js";
import type { Transport } from "../support/clients.js";
import { messageJson } from "../support/message-json.js";
import { restRequestOf } from "../support/rest-request.js";

/** An answer as it came over the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** As the server wrote it where the transport carries JSON, as our client writes it otherwise. */
  readonly message?: JsonValue;
  readonly refusal?: { readonly code: string; readonly text: string; readonly details: readonly JsonValue[] };
}

/** Sends requests on every transport, without a client library that would leave out part of the answer. */
export interface Wire extends Disposable {
  /** Undefined when a REST route cannot carry the request. */
  send(
    transport: Transport,
    method: DescMethodUnary,
    request: JsonObject,
    headers: Headers,
  ): Promise<WireAnswer | undefined>;
}

const timeoutMs = 60_000;

export function openWire({ httpUrl, grpcPort }: { httpUrl: string; grpcPort: number }): Wire {
  const session = connect(`http://127.0.0.1:${grpcPort}`).on("error", () => {});
  const post = (method: DescMethodUnary, type: string, body: Uint8Array | string, headers: Headers) =>
    fetched(`${httpUrl}/${method.parent.typeName}/${method.name}`, "POST", body, { "content-type": type, ...headers });
  return {
    async send(transport, method, request, headers) {
      const bytes = () => toBinary(method.input, fromJson(method.input, request));
      switch (transport) {
        case "grpc":
          return sendGrpc(session, method, enveloped(bytes()), headers);
        case "grpc-web": {
          const {
            status,
            headers: leading,
            body,
          } = await post(method, "application/grpc-web+proto", enveloped(bytes()), headers);
          const { message, trailers } = framesOf(body);
          return grpcAnswer(method, { status, headers: { ...leading, ...trailers }, body: message });
        }
        case "connect-binary": {
          const answer = await post(method, "application/proto", bytes(), headers);
          if (answer.status !== 200) return connectRefusal(answer);
          return { ...seen(answer), message: messageJson(method.output, fromBinary(method.output, answer.body)) };
        }
        case "connect-json": {
          const answer = await post(method, "application/json", JSON.stringify(request), headers);
          return answer.status === 200 ? { ...seen(answer), message: jsonOf(answer.body) } : connectRefusal(answer);
        }
        case "rest": {
          const sent = restRequest(method, request);
          if (!sent) return undefined;
          const type: Headers = sent.body === undefined ? {} : { "content-type": "application/json" };
          const answer = await fetched(`${httpUrl}${sent.target}`, sent.verb, sent.body, { ...type, ...headers });
          if (answer.status === 200) return { ...seen(answer), message: jsonOf(answer.body) };
          return { ...seen(answer), refusal: refusalOf(fromJson(StatusSchema, jsonOf(answer.body), registry)) };
        }
        default:
          throw new Error(`no such transport: ${transport satisfies never}`);
      }
    },
    [Symbol.dispose]: () => session.destroy(),
  };
}

interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

const registry = { registry: detailTypes };

/** What a route has no place for, such as a message in a query, has no REST request. */
function restRequest(method: DescMethodUnary, request: JsonObject) {
  try {
    return restRequestOf(method, request);
  } catch {
    return undefined;
  }
}

async function fetched(url: string, method: string, body: Uint8Array | string | undefined, headers: Headers) {
  const signal = AbortSignal.timeout(timeoutMs);
  const response = await fetch(url, { method, headers, signal, ...(body === undefined ? {} : { body }) });
  const { status } = response;
  return { status, headers: Object.fromEntries(response.headers), body: Buffer.from(await response.arrayBuffer()) };
}

function sendGrpc(
  session: ClientHttp2Session,
  method: DescMethodUnary,
  body: Uint8Array,
  headers: Headers,
): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const path = `/${method.parent.typeName}/${method.name}`;
    const fixed = { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" };
    const stream = session.request({ ...fixed, ...headers });
    const chunks: Buffer[] = [];
    let received: Record<string, string> = {};
    const note = (given: object) => {
      const entries = Object.entries(given).map(([name, value]) => [name, String(value)]);
      received = { ...received, ...Object.fromEntries(entries) };
    };
    stream.on("response", note);
    stream.on("trailers", note);
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", reject);
    stream.on("close", () => {
      const { ":status": status, ...rest } = received;
      const [message] = [framesOf(Buffer.concat(chunks)).message];
      resolve(grpcAnswer(method, { status: Number(status), headers: rest, body: message }));
    });
    stream.end(body);
  });
}

function grpcAnswer(method: DescMethodUnary, answer: Received): WireAnswer {
  const { headers, body } = answer;
  if (headers["grpc-status"] === "0") {
    return { ...seen(answer), message: messageJson(method.output, fromBinary(method.output, body)) };
  }
  const details = headers["grpc-status-details-bin"];
  const status = details
    ? fromBinary(StatusSchema, Buffer.from(details, "base64"))
    : create(StatusSchema, { code: Number(headers["grpc-status"]), message: headers["grpc-message"] ?? "" });
  return { ...seen(answer), refusal: refusalOf(status) };
}

interface ConnectErrorJson {
  readonly code: string;
  readonly message?: string;
  readonly details?: readonly { readonly type: string; readonly value: string }[];
}

function connectRefusal(answer: Received): WireAnswer {
  const error: ConnectErrorJson = JSON.parse(answer.body.toString());
  const details = (error.details ?? []).map(({ type, value }) => ({
    typeUrl: `type.googleapis.com/${type}`,
    value: Buffer.from(value, "base64"),
  }));
  const code = codeFromString(error.code) ?? Code.UNKNOWN;
  return { ...seen(answer), refusal: refusalOf(create(StatusSchema, { code, message: error.message ?? "", details })) };
}

function refusalOf({ code, message, details }: Status): NonNullable<WireAnswer["refusal"]> {
  const written = toJson(StatusSchema, create(StatusSchema, { details }), registry);
  const list = typeof written === "object" && written !== null && !Array.isArray(written) ? written["details"] : [];
  return { code: Code[code] ?? String(code), text: message, details: Array.isArray(list) ? list : [] };
}

/** What differs from call to call, or says again what the refusal says, is left out. */
const leftOut = /^(date|content-length|connection|keep-alive|transfer-encoding|grpc-message|grpc-status-details-bin)$/;

function seen({ status, headers }: Received): Pick<WireAnswer, "status" | "headers"> {
  const kept = Object.entries(headers).filter(([name]) => !leftOut.test(name));
  return { status, headers: Object.fromEntries(kept) };
}

function enveloped(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** The message and, by gRPC-Web, the trailers of a body. */
function framesOf(body: Buffer): { readonly message: Buffer; readonly trailers: Headers } {
  let message: Buffer = Buffer.alloc(0);
  let trailers: Headers = {};
  for (let at = 0; at + 5 <= body.length; ) {
    const end = at + 5 + body.readUInt32BE(at + 1);
    const part = body.subarray(at + 5, end);
    if (body.readUInt8(at) & 0x80) {
      const lines = [...part.toString().matchAll(/^([^:\r\n]+):\s*([^\r\n]*)/gm)];
      trailers = Object.fromEntries(lines.map(([, name = "", value = ""]) => [name.toLowerCase(), value]));
    } else message = part;
    at = end;
  }
  return { message, trailers };
}

function jsonOf(body: Buffer): JsonValue {
  return JSON.parse(body.toString());
}
