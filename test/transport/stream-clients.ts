import {
  create,
  fromBinary,
  fromJson,
  fromJsonString,
  type JsonValue,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { codeFromString } from "@connectrpc/connect/protocol-connect";
import { credentials, Metadata, makeGenericClientConstructor, type ServiceError } from "@grpc/grpc-js";
import { Code } from "../../src/gen/proto/google/rpc/code_pb.js";
import { StatusSchema } from "../../src/gen/proto/google/rpc/status_pb.js";
import {
  ExportCompanyRequestSchema,
  type ExportCompanyResponse,
  ExportCompanyResponseSchema,
} from "../../src/gen/proto/moego/admin/v1/export_service_pb.js";
import { detailTypes } from "../../src/server/transport/http-message.js";
import { enveloped, type Refusal, refusalOf } from "./clients.js";
import { authorization, type World } from "./world.js";

export const streamTransports = ["grpc", "connect-proto", "connect-json", "grpc-web", "grpc-web-text", "rest"] as const;
export type StreamTransport = (typeof streamTransports)[number];

export interface Streamed {
  readonly messages: readonly ExportCompanyResponse[];
  /** The error that ended the stream. */
  readonly refusal: Refusal | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly httpStatus: number;
}

export interface StreamOptions {
  readonly companyId?: string;
  readonly resumeToken?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly authorization?: string | null;
  readonly signal?: AbortSignal;
  readonly onMessage?: () => void;
}

const path = "/moego.admin.v1.ExportService/ExportCompany";

export function callStream(world: World, transport: StreamTransport, options: StreamOptions = {}): Promise<Streamed> {
  return transport === "grpc" ? callGrpc(world, options) : callHttp(world, transport, options);
}

function requestOf({ companyId = "cmp_001", resumeToken = "" }: StreamOptions) {
  return create(ExportCompanyRequestSchema, { companyId, resumeToken });
}

function headersOf(options: StreamOptions): Record<string, string> {
  const credential = options.authorization === undefined ? authorization : options.authorization;
  return { ...(credential === null ? {} : { authorization: credential }), ...options.headers };
}

const contentTypes = {
  "connect-proto": "application/connect+proto",
  "connect-json": "application/connect+json",
  "grpc-web": "application/grpc-web+proto",
  "grpc-web-text": "application/grpc-web-text",
  rest: "application/json",
} as const;

async function callHttp(world: World, transport: keyof typeof contentTypes, options: StreamOptions): Promise<Streamed> {
  const request = requestOf(options);
  const bytes = enveloped(
    transport === "connect-json"
      ? Buffer.from(toJsonString(ExportCompanyRequestSchema, request))
      : toBinary(ExportCompanyRequestSchema, request),
  );
  const { companyId, ...body } = JSON.parse(toJsonString(ExportCompanyRequestSchema, request));
  const response = await fetch(
    transport === "rest" ? `${world.url}/v1/admin/companies/${companyId}:export` : `${world.url}${path}`,
    {
      method: "POST",
      headers: { "content-type": contentTypes[transport], ...headersOf(options) },
      body:
        transport === "rest" ? JSON.stringify(body) : transport === "grpc-web-text" ? bytes.toString("base64") : bytes,
      signal: options.signal ?? AbortSignal.timeout(10_000),
    },
  );
  const text: Buffer[] = [];
  for await (const chunk of response.body ?? []) {
    text.push(Buffer.from(chunk));
    options.onMessage?.();
  }
  const answer = Buffer.concat(text);
  const known = { headers: Object.fromEntries(response.headers), httpStatus: response.status };
  if (transport === "rest")
    return { ...known, ...(response.ok ? lines(answer) : whole(JSON.parse(answer.toString()))) };
  const framed = transport === "grpc-web-text" ? decodedParts(answer) : answer;
  return { ...known, ...frames(framed, transport === "connect-json", response) };
}

function whole(json: JsonValue) {
  return { messages: [], refusal: refusalOf(fromJson(StatusSchema, json, { registry: detailTypes })) };
}

function lines(answer: Buffer) {
  const all = answer.toString().split("\n");
  expectEmpty(all.pop());
  const last = all.at(-1) ?? "";
  const hasFailed = last.startsWith('{"error":');
  return {
    messages: (hasFailed ? all.slice(0, -1) : all).map((line) => fromJsonString(ExportCompanyResponseSchema, line)),
    refusal: hasFailed ? whole(JSON.parse(last).error).refusal : undefined,
  };
}

function expectEmpty(rest: string | undefined): void {
  if (rest !== "") throw new Error(`the last line has no end: ${rest}`);
}

/** Each part of the body is base64 by itself. */
function decodedParts(answer: Buffer): Buffer {
  const parts = answer.toString().match(/[^=]+=*/g) ?? [];
  return Buffer.concat(parts.map((part) => Buffer.from(part, "base64")));
}

function frames(answer: Buffer, isJson: boolean, response: Response) {
  const messages: ExportCompanyResponse[] = [];
  let refusal: Refusal | undefined;
  const inHeaders = response.headers.get("grpc-status-details-bin");
  if (inHeaders !== null) refusal = refusalOf(fromBinary(StatusSchema, Buffer.from(inHeaders, "base64")));
  for (let at = 0; at < answer.length; ) {
    const flags = answer.readUInt8(at);
    const length = answer.readUInt32BE(at + 1);
    const body = answer.subarray(at + 5, at + 5 + length);
    at += 5 + length;
    if (flags === 0 && isJson) messages.push(fromJsonString(ExportCompanyResponseSchema, body.toString()));
    else if (flags === 0) messages.push(fromBinary(ExportCompanyResponseSchema, body));
    else if (flags === 2) refusal = endOfConnect(JSON.parse(body.toString()));
    else refusal = trailersOf(body.toString());
  }
  return { messages, refusal };
}

function endOfConnect({
  error,
}: {
  error?: { code: string; message?: string; details?: { type: string; value: string }[] };
}) {
  if (!error) return undefined;
  const details = (error.details ?? []).map(({ type, value }) => ({
    typeUrl: `type.googleapis.com/${type}`,
    value: Buffer.from(value, "base64"),
  }));
  return refusalOf(
    create(StatusSchema, { code: codeFromString(error.code) ?? Code.UNKNOWN, message: error.message ?? "", details }),
  );
}

function trailersOf(text: string): Refusal | undefined {
  const details = /^grpc-status-details-bin: ?(.*)$/im.exec(text)?.[1];
  if (/^grpc-status: ?0$/im.test(text)) return undefined;
  return refusalOf(fromBinary(StatusSchema, Buffer.from((details ?? "").trim(), "base64")));
}

function callGrpc(world: World, options: StreamOptions): Promise<Streamed> {
  const Client = makeGenericClientConstructor({}, "raw");
  const client = new Client(`127.0.0.1:${world.grpcPort}`, credentials.createInsecure());
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headersOf(options))) metadata.set(name, value);
  const call = client.makeServerStreamRequest(
    path,
    (bytes: Buffer) => bytes,
    (bytes: Buffer) => bytes,
    Buffer.from(toBinary(ExportCompanyRequestSchema, requestOf(options))),
    metadata,
    { deadline: Date.now() + 10_000 },
  );
  options.signal?.addEventListener("abort", () => call.cancel());
  const messages: ExportCompanyResponse[] = [];
  let headers: Record<string, string> = {};
  call.on("metadata", (given: Metadata) => {
    headers = Object.fromEntries(Object.entries(given.getMap()).map(([name, value]) => [name, String(value)]));
  });
  call.on("data", (bytes: Buffer) => {
    messages.push(fromBinary(ExportCompanyResponseSchema, bytes));
    options.onMessage?.();
  });
  return new Promise((resolve) => {
    const end = (refusal?: Refusal) => {
      client.close();
      resolve({ messages, refusal, headers, httpStatus: 200 });
    };
    call.on("end", () => end());
    call.on("error", (error: ServiceError) => {
      const details = error.metadata?.get("grpc-status-details-bin")[0];
      const bare = create(StatusSchema, { code: error.code, message: error.details });
      end(refusalOf(details instanceof Buffer ? fromBinary(StatusSchema, details) : bare));
    });
  });
}
