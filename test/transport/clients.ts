import { create, fromBinary, fromJson, type JsonValue } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { codeFromString } from "@connectrpc/connect/protocol-connect";
import { credentials, Metadata, makeGenericClientConstructor, type ServiceError } from "@grpc/grpc-js";
import { Code } from "../../src/gen/proto/google/rpc/code_pb.js";
import { type Status, StatusSchema } from "../../src/gen/proto/google/rpc/status_pb.js";
import { detailTypes } from "../../src/server/transport/http-message.js";
import { authorization, type World } from "./world.js";

/** An error as any client can see it, whatever the transport. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly reason: string | undefined;
  readonly domain: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly { readonly field: string; readonly reason: string }[];
  readonly detailTypes: readonly string[];
}

export interface Outcome {
  readonly httpStatus: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes of a success. */
  readonly body: Buffer;
  readonly refusal: Refusal | undefined;
}

export interface RawCall {
  /** `CustomerService/GetCustomer` of the customer package, or a full name. */
  readonly rpc: string;
  readonly body: Uint8Array | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** No header when null; the good key when absent. */
  readonly authorization?: string | null;
  readonly signal?: AbortSignal;
}

const customerPackage = "moego.business.customer.v1";
const fullName = (rpc: string) => (rpc.includes(".") ? rpc : `${customerPackage}.${rpc}`);
const httpTimeoutMs = 10_000;

function sentHeaders(
  call: Pick<RawCall, "headers" | "authorization">,
  own: Record<string, string>,
): Record<string, string> {
  const credential = call.authorization === undefined ? authorization : call.authorization;
  return { ...own, ...(credential === null ? {} : { authorization: credential }), ...call.headers };
}

/** One call by the REST route of its own; `path` and `method` beside the body. */
export async function callRest(
  world: World,
  path: string,
  options: Partial<RawCall> & { readonly method?: string } = {},
): Promise<Outcome> {
  const response = await fetch(`${world.url}${path}`, {
    method: options.method ?? (options.body === undefined ? "GET" : "POST"),
    headers: sentHeaders(options, options.body === undefined ? {} : { "content-type": "application/json" }),
    ...(options.body === undefined ? {} : { body: options.body }),
    signal: options.signal ?? AbortSignal.timeout(httpTimeoutMs),
  });
  const body = Buffer.from(await response.arrayBuffer());
  const headers = Object.fromEntries(response.headers);
  if (response.ok) return { httpStatus: response.status, headers, body, refusal: undefined };
  const status = body.length > 0 ? fromJson(StatusSchema, jsonOf(body), { registry: detailTypes }) : undefined;
  return { httpStatus: response.status, headers, body, refusal: status && refusalOf(status) };
}

export async function callConnect(world: World, form: "json" | "proto", call: RawCall): Promise<Outcome> {
  const response = await fetch(`${world.url}/${fullName(call.rpc)}`, {
    method: "POST",
    headers: sentHeaders(call, { "content-type": `application/${form}` }),
    body: call.body,
    signal: call.signal ?? AbortSignal.timeout(httpTimeoutMs),
  });
  return connectOutcome(response);
}

export async function connectOutcome(response: Response): Promise<Outcome> {
  const body = Buffer.from(await response.arrayBuffer());
  const headers = Object.fromEntries(response.headers);
  if (response.ok) return { httpStatus: response.status, headers, body, refusal: undefined };
  const error = JSON.parse(body.toString());
  const details = (error.details ?? []).map((detail: { type: string; value: string }) => ({
    typeUrl: `type.googleapis.com/${detail.type}`,
    value: Buffer.from(detail.value, "base64"),
  }));
  const code = codeFromString(error.code) ?? Code.UNKNOWN;
  const status = create(StatusSchema, { code, message: error.message ?? "", details });
  return { httpStatus: response.status, headers, body, refusal: refusalOf(status) };
}

export async function callGrpcWeb(world: World, call: RawCall & { readonly enveloped?: boolean }): Promise<Outcome> {
  const message = Buffer.from(call.body);
  const response = await fetch(`${world.url}/${fullName(call.rpc)}`, {
    method: "POST",
    headers: sentHeaders(call, { "content-type": "application/grpc-web+proto" }),
    body: call.enveloped === false ? message : enveloped(message),
    signal: call.signal ?? AbortSignal.timeout(httpTimeoutMs),
  });
  return grpcWebOutcome(response, Buffer.from(await response.arrayBuffer()));
}

function grpcWebOutcome(response: Response, body: Buffer): Outcome {
  const headers = Object.fromEntries(response.headers);
  const { message: answer, trailers } = grpcWebParts(body);
  const status = trailers["grpc-status"] ?? headers["grpc-status"] ?? "?";
  if (status === "0") return { httpStatus: response.status, headers, body: answer, refusal: undefined };
  const details = trailers["grpc-status-details-bin"] ?? headers["grpc-status-details-bin"];
  return {
    httpStatus: response.status,
    headers,
    body: answer,
    refusal: details
      ? refusalOf(fromBinary(StatusSchema, Buffer.from(details, "base64")))
      : bareRefusal(Number(status), trailers["grpc-message"] ?? headers["grpc-message"] ?? ""),
  };
}

/** gRPC-Web in base64. Chunks of `chunkBytes` are encoded one by one, so that padding is in the middle; default: one. */
export async function callGrpcWebText(
  world: World,
  call: RawCall & { readonly chunkBytes?: number; readonly contentType?: string; readonly asIs?: boolean },
): Promise<Outcome> {
  const { chunkBytes = Number.POSITIVE_INFINITY, contentType = "application/grpc-web-text" } = call;
  const whole = enveloped(Buffer.from(call.body));
  const chunks: string[] = [];
  for (let at = 0; at < whole.length; at += chunkBytes)
    chunks.push(whole.subarray(at, at + chunkBytes).toString("base64"));
  const response = await fetch(`${world.url}/${fullName(call.rpc)}`, {
    method: "POST",
    headers: sentHeaders(call, { "content-type": contentType, "x-grpc-web": "1" }),
    body: call.asIs === true ? call.body : chunks.join(""),
    signal: call.signal ?? AbortSignal.timeout(httpTimeoutMs),
  });
  return grpcWebOutcome(response, Buffer.from(await response.text(), "base64"));
}

export function callGrpc(
  world: World,
  call: RawCall & { readonly deadlineMs?: number; readonly cancelAfterMs?: number },
): Promise<Outcome> {
  const Client = makeGenericClientConstructor({}, "raw");
  const client = new Client(`127.0.0.1:${world.grpcPort}`, credentials.createInsecure(), {
    "grpc.max_send_message_length": -1,
  });
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(sentHeaders(call, {}))) metadata.set(name, value);
  const deadline = Date.now() + (call.deadlineMs ?? httpTimeoutMs);
  return new Promise((resolve) => {
    let headers: Record<string, string> = {};
    const asHeaders = (given: Metadata) =>
      Object.fromEntries(Object.entries(given.getMap()).map(([name, value]) => [name, String(value)]));
    const pending = client.makeUnaryRequest(
      `/${fullName(call.rpc)}`,
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      Buffer.from(call.body),
      metadata,
      { deadline },
      (error: ServiceError | null, body?: Buffer) => {
        const details = error?.metadata?.get("grpc-status-details-bin")[0];
        const status = details instanceof Buffer ? fromBinary(StatusSchema, details) : undefined;
        if (error) headers = { ...headers, ...asHeaders(error.metadata) };
        client.close();
        resolve({
          httpStatus: 200,
          headers,
          body: body ?? Buffer.alloc(0),
          refusal: error ? (status ? refusalOf(status) : bareRefusal(error.code, error.details)) : undefined,
        });
      },
    );
    pending.on("metadata", (given) => {
      headers = { ...headers, ...asHeaders(given) };
    });
    if (call.cancelAfterMs !== undefined) setTimeout(() => pending.cancel(), call.cancelAfterMs);
  });
}

export function enveloped(message: Uint8Array, flags = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(flags, 0);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function grpcWebParts(body: Buffer): { message: Buffer; trailers: Record<string, string> } {
  let message: Buffer = Buffer.alloc(0);
  let trailers: Record<string, string> = {};
  for (let at = 0; at + 5 <= body.length; ) {
    const length = body.readUInt32BE(at + 1);
    const part = body.subarray(at + 5, at + 5 + length);
    if (body.readUInt8(at) & 0x80) {
      const lines = part
        .toString()
        .split("\r\n")
        .filter((line) => line.includes(":"));
      trailers = Object.fromEntries(
        lines.map((line) => [line.split(":", 1)[0]?.toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
      );
    } else message = part;
    at += 5 + length;
  }
  return { message, trailers };
}

export function refusalOf(status: Status): Refusal {
  const details = status.details.map((any) => anyUnpack(any, detailTypes));
  const info = details.find((detail) => detail?.$typeName === "google.rpc.ErrorInfo");
  const badRequest = details.find((detail) => detail?.$typeName === "google.rpc.BadRequest");
  const read = (message: unknown) => JSON.parse(JSON.stringify(message ?? {}));
  return {
    code: Code[status.code] ?? String(status.code),
    message: status.message,
    reason: read(info).reason,
    domain: read(info).domain,
    metadata: read(info).metadata ?? {},
    violations: (read(badRequest).fieldViolations ?? []).map(
      ({ field, reason }: { field: string; reason: string }) => ({ field, reason }),
    ),
    detailTypes: status.details.map(({ typeUrl }) => typeUrl.replace(/^.*\//, "")),
  };
}

function bareRefusal(code: number, message: string): Refusal {
  return {
    code: Code[code] ?? String(code),
    message,
    reason: undefined,
    domain: undefined,
    metadata: {},
    violations: [],
    detailTypes: [],
  };
}

function jsonOf(body: Buffer): JsonValue {
  return JSON.parse(body.toString());
}
