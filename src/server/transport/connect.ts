import {
  create,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type DescService,
  type Message,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { type ContextValues, createConnectRouter, createContextKey, createContextValues } from "@connectrpc/connect";
import { createAsyncIterable, type UniversalHandler, type UniversalServerRequest } from "@connectrpc/connect/protocol";
import { compressionGzip } from "@connectrpc/connect-node";
import { DomainError } from "../../core/errors.js";
import {
  type Call,
  type Decoded,
  type ExecuteCall,
  type ExecuteStream,
  requestIdHeader,
  requestIdOf,
  type ServedMethod,
} from "../pipeline/call.js";
import { isStream, isUnary } from "../pipeline/contract.js";
import type { RejectRequest } from "../pipeline/observe.js";
import { type ReadBack, readBacksOf } from "../pipeline/read-back.js";
import { StatusError } from "../pipeline/status.js";
import { connectErrorAnswer, connectErrorHeaders, toConnectError } from "./connect-errors.js";
import {
  checkConnectVersion,
  decodeMessage,
  framed,
  type MessageEncoding,
  messageBytes,
  streamFormOf,
  wireFormOf,
} from "./connect-input.js";
import { serveConnectStream } from "./connect-stream.js";
import { encodeText } from "./grpc-web-text.js";
import {
  connectTimeoutHeader,
  detailTypes,
  grpcTimeoutHeader,
  type HttpAnswer,
  type HttpHandler,
  type HttpRequest,
  headerOf,
  originOf,
  timeoutMsOf,
} from "./http-message.js";
import { maxMessageBytes } from "./limits.js";
import { publishedRpcError } from "./published.js";

/** Request data that the implementation behind Connect's handlers needs. */
interface Incoming {
  readonly request: HttpRequest;
  readonly form: MessageEncoding;
  readonly timeoutMs?: number;
  decode(method: ServedMethod, readBack?: ReadBack): Decoded;
}

interface ConnectOptions {
  readonly services: readonly DescService[];
  readonly run: ExecuteCall;
  readonly stream: ExecuteStream;
  readonly refuse: RejectRequest;
}

const incomingKey = createContextKey<Incoming | undefined>(undefined);

const jsonOptions = { alwaysEmitImplicit: true, registry: detailTypes };

/** Connect does not get the body these headers describe, and the pipeline handles the timeout. */
const consumedHeaders = [
  "content-length",
  "content-encoding",
  "transfer-encoding",
  "grpc-encoding",
  connectTimeoutHeader,
  grpcTimeoutHeader,
];

/**
 * Serves Connect (POST, and GET for read-only rpcs) and gRPC-Web on the paths `/package.Service/Method`. Passes all
 * other paths to the next handler.
 *
 * Connect's own handlers would decode the message before the API key is checked, and report malformed input as
 * INTERNAL. So they get an empty message in the same encoding, and the pipeline decodes the real one.
 */
export function createConnectHandler({ services, run, stream, refuse }: ConnectOptions): HttpHandler {
  const handlers = universalHandlers(services, run);
  const streams = streamsByPath(services);

  return async (request) => {
    if (!/^\/[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)+\/[A-Za-z0-9_]+$/.test(request.path)) return undefined;
    const method = streams.get(request.path);
    const form = method ? streamFormOf(request) : wireFormOf(request);
    const handler = handlers.get(request.path);
    const refusal = refusalOf(request, method ? onlyPost : handler, form);
    if (handler && form && !refusal) return answerOf(handler, request, form);
    if (method && form && !refusal) {
      const { decode, ...incoming } = await incomingOf(request, form);
      return serveConnectStream(method, { ...incoming, decode: () => decode(method) }, stream);
    }
    const protocol = form?.protocol ?? "connect";
    const error = refuse(refusal ?? unknownRpc(request.path), {
      transport: protocol,
      requestId: requestIdOf(headerOf(request, requestIdHeader)),
      ...originOf(request),
    });
    const answer = connectErrorAnswer(error, protocol);
    return form?.text === true ? asText(answer) : answer;
  };
}

const onlyPost = { allowedMethods: ["POST"] };

function streamsByPath(services: readonly DescService[]): ReadonlyMap<string, DescMethodServerStreaming> {
  const methods = services.flatMap((service) => service.methods).filter(isStream);
  return new Map(methods.map((method) => [`/${method.parent.typeName}/${method.name}`, method]));
}

function universalHandlers(services: readonly DescService[], run: ExecuteCall): ReadonlyMap<string, UniversalHandler> {
  const router = createConnectRouter({
    grpc: false,
    readMaxBytes: maxMessageBytes,
    acceptCompression: [compressionGzip],
    jsonOptions,
  });
  const readBacks = readBacksOf(services);
  for (const method of services.flatMap((service) => service.methods)) {
    if (!isUnary(method)) continue;
    router.rpc(method, async (_empty, context) => {
      try {
        return await run(callOf(method, context.values, context.responseHeader, readBacks.get(method)));
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        for (const [name, value] of Object.entries(connectErrorHeaders(error, context.protocolName)))
          context.responseHeader.set(name, value);
        throw toConnectError(error);
      }
    });
  }
  return new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
}

function callOf(
  method: DescMethodUnary,
  values: ContextValues,
  responseHeader: Headers,
  readBack: ReadBack | undefined,
): Call<Message> {
  const incoming = values.get(incomingKey);
  if (!incoming) throw new Error("Connect handler called outside createConnectHandler");
  const { request, form, timeoutMs } = incoming;
  return {
    method,
    transport: form.protocol,
    signal: request.signal,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    isCrossSite: request.isCrossSite === true,
    peerAddress: request.peerAddress,
    header: (name) => headerOf(request, name),
    setHeader: (name, value) => responseHeader.set(name, value),
    decode: () => incoming.decode(method, readBack),
    encode: (result) => {
      const message = create(method.output, result);
      // Connect serializes the message again, but would not report why it failed.
      if (form.json) toJson(method.output, message, jsonOptions);
      else toBinary(method.output, message);
      return message;
    },
  };
}

async function answerOf(handler: UniversalHandler, request: HttpRequest, form: MessageEncoding): Promise<HttpAnswer> {
  const contextValues = createContextValues().set(incomingKey, await incomingOf(request, form));
  const { status, header, body } = await handler({ ...emptyRequest(request, form), contextValues });
  const chunks: Uint8Array[] = [];
  for await (const chunk of body ?? []) chunks.push(chunk);
  const answer = { status, headers: Object.fromEntries(header ?? []), body: Buffer.concat(chunks) };
  return form.text === true ? asText(answer) : answer;
}

function asText({ status, headers, body }: HttpAnswer): HttpAnswer {
  return { status, headers: { ...headers, "content-type": "application/grpc-web-text+proto" }, body: encodeText(body) };
}

/** Reads the bytes now, decodes later: errors in the message are reported only after the API key was checked. */
async function incomingOf(request: HttpRequest, form: MessageEncoding): Promise<Incoming> {
  try {
    if (form.protocol === "connect") checkConnectVersion(request);
    const bytes = await messageBytes(request, form);
    const timeoutMs = timeoutMsOf(request, form.protocol === "connect" ? connectTimeoutHeader : grpcTimeoutHeader);
    return {
      request,
      form,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      decode: (method, readBack) => decodeMessage(method.input, bytes, form, readBack),
    };
  } catch (error) {
    return {
      request,
      form,
      decode: () => {
        throw error;
      },
    };
  }
}

/** The request passed to Connect's handler: the same request with an empty message. */
function emptyRequest(
  request: HttpRequest,
  { protocol, json, text }: MessageEncoding,
): Omit<UniversalServerRequest, "contextValues"> {
  const header = new Headers();
  for (const name of Object.keys(request.headers)) {
    const value = headerOf(request, name);
    if (value !== undefined && !name.startsWith(":") && !consumedHeaders.includes(name)) header.set(name, value);
  }
  const empty = Buffer.from(json ? "{}" : "");
  const query = request.method === "GET" ? `?connect=v1&encoding=${json ? "json" : "proto"}&message=${empty}` : "";
  if (protocol === "connect" && json) header.set("content-type", "application/json");
  if (text === true) header.set("content-type", "application/grpc-web+proto");
  return {
    httpVersion: "1.1",
    method: request.method,
    // Connect requires an absolute URL but uses only the query.
    url: `http://localhost${request.path}${query}`,
    header,
    body: createAsyncIterable([protocol === "connect" ? empty : framed(0, empty)]),
    signal: request.signal,
  };
}

function refusalOf(
  request: HttpRequest,
  handler: Pick<UniversalHandler, "allowedMethods"> | undefined,
  form: MessageEncoding | undefined,
): DomainError | undefined {
  const { method, path } = request;
  if (!handler) return unknownRpc(path);
  if (!handler.allowedMethods.includes(method)) {
    const allow = handler.allowedMethods.join(", ");
    return new DomainError("METHOD_NOT_ALLOWED", `Method not allowed. Allowed: ${allow}.`, {
      metadata: { method, path, allow },
    });
  }
  if (form) return undefined;
  return new DomainError("UNSUPPORTED_MEDIA_TYPE", "Unsupported content type for Connect or gRPC-Web.", {
    metadata: { contentType: headerOf(request, "content-type") ?? "" },
  });
}

function unknownRpc(path: string): DomainError {
  const published = publishedRpcError(path.slice(1));
  if (published) return published;
  return new DomainError("METHOD_NOT_IMPLEMENTED", "Unknown RPC.", { metadata: { rpc: path.slice(1) } });
}
