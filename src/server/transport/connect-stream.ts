import type { DescMethodServerStreaming } from "@bufbuild/protobuf";
import { endStreamFlag, endStreamToJson } from "@connectrpc/connect/protocol-connect";
import { setTrailerStatus, trailerFlag, trailerSerialize } from "@connectrpc/connect/protocol-grpc-web";
import type { Decoded, ExecuteStream } from "../pipeline/call.js";
import type { StatusError } from "../pipeline/status.js";
import { encodeBinary } from "./codec/binary.js";
import { encodeJson } from "./codec/json.js";
import { connectErrorAnswer, connectErrorHeaders, toConnectError } from "./connect-errors.js";
import { framed, type MessageEncoding } from "./connect-input.js";
import { encodeText } from "./grpc-web-text.js";
import { detailTypes, type HttpAnswer, type HttpRequest, type HttpStream, headerOf } from "./http-message.js";
import { type StreamForm, streamedAnswer } from "./http-stream.js";

/** A request whose bytes were read. */
export interface StreamRequest {
  readonly request: HttpRequest;
  readonly form: MessageEncoding;
  readonly timeoutMs?: number;
  decode(): Decoded;
}

/** Serves a request with a stream of responses over Connect or gRPC-Web. */
export function serveConnectStream(
  method: DescMethodServerStreaming,
  { request, form, timeoutMs, decode }: StreamRequest,
  run: ExecuteStream,
): Promise<HttpAnswer | HttpStream> {
  const call = {
    method,
    transport: form.protocol,
    signal: request.signal,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    isCrossSite: request.isCrossSite === true,
    peerAddress: request.peerAddress,
    header: (name: string) => headerOf(request, name),
    decode,
  };
  return form.text === true
    ? streamedAnswer(run, call, asText(streamFormOf(method, form)))
    : streamedAnswer(run, call, streamFormOf(method, form));
}

function streamFormOf({ output }: DescMethodServerStreaming, { protocol, json }: MessageEncoding): StreamForm<Buffer> {
  const contentType = `application/${protocol === "connect" ? "connect" : "grpc-web"}+${json ? "json" : "proto"}`;
  const tail = protocol === "connect" ? endOfConnect : trailersOfGrpcWeb;
  return {
    contentType,
    encode: (message) => framed(0, json ? Buffer.from(encodeJson(output, message)) : encodeBinary(output, message)),
    tail,
    refusal: (error, headers) =>
      protocol === "connect"
        ? {
            status: 200,
            headers: { ...headers, ...connectErrorHeaders(error, protocol), "content-type": contentType },
            body: tail(error),
          }
        : withHeaders(connectErrorAnswer(error, protocol), headers),
  };
}

function endOfConnect(error: StatusError | undefined): Buffer {
  const metadata = new Headers();
  const end = endStreamToJson(metadata, error && toConnectError(error), { registry: detailTypes });
  return framed(endStreamFlag, Buffer.from(JSON.stringify(end)));
}

function trailersOfGrpcWeb(error: StatusError | undefined): Buffer {
  const trailers = new Headers();
  setTrailerStatus(trailers, error && toConnectError(error));
  return framed(trailerFlag, Buffer.from(trailerSerialize(trailers)));
}

function withHeaders(answer: HttpAnswer, headers: Readonly<Record<string, string>>): HttpAnswer {
  return { ...answer, headers: { ...headers, ...answer.headers } };
}

/** The same in base64: each part of the body by itself. */
function asText(form: StreamForm<Buffer>): StreamForm<string> {
  const contentType = "application/grpc-web-text+proto";
  return {
    contentType,
    encode: (message) => encodeText(form.encode(message)),
    tail: (error) => encodeText(form.tail(error)),
    refusal: (error, headers) => {
      const answer = form.refusal(error, headers);
      return { ...answer, headers: { ...answer.headers, "content-type": contentType }, body: encodeText(answer.body) };
    },
  };
}
