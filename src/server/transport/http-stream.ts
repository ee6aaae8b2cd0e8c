import { ServerResponse } from "node:http";
import type { Http2ServerResponse } from "node:http2";
import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import type { ExecuteStream, StreamCall } from "../pipeline/call.js";
import { StatusError } from "../pipeline/status.js";
import { createHandover } from "./handover.js";
import { commonHeaders } from "./http-body.js";
import type { HttpAnswer, HttpStream } from "./http-message.js";

/** How a protocol writes a stream of responses. */
export interface StreamForm<Chunk> {
  readonly contentType: string;
  encode(message: MessageInitShape<DescMessage>): Chunk;
  /** What follows the responses: the end of the stream, or the error that ended it. Empty for nothing. */
  tail(error: StatusError | undefined): Chunk;
  /** The response to a request that failed before its first response. */
  refusal(error: StatusError, headers: Readonly<Record<string, string>>): HttpAnswer;
}

type Incoming = Omit<StreamCall<never>, "encode" | "send" | "setHeader">;

/** Runs the call until its first response or its error, which decides the status and the headers. */
export async function streamedAnswer<Chunk extends Uint8Array | string>(
  run: ExecuteStream,
  call: Incoming,
  form: StreamForm<Chunk>,
  headers: Record<string, string> = {},
): Promise<HttpAnswer | HttpStream> {
  const handover = createHandover<Chunk>();
  let begin = () => {};
  const begun = new Promise<undefined>((resolve) => {
    begin = () => resolve(undefined);
  });
  const finished = run<Chunk>({
    ...call,
    setHeader: (name, value) => {
      headers[name.toLowerCase()] = value;
    },
    encode: form.encode,
    send(chunk) {
      begin();
      return handover.send(chunk);
    },
  })
    .then(() => undefined, statusOf)
    .finally(handover.end);
  const failure = await Promise.race([begun, finished]);
  if (failure) return form.refusal(failure, headers);
  return {
    status: 200,
    headers: { "content-type": form.contentType, ...headers },
    chunks: withTail(handover, async () => form.tail(await finished)),
    finished,
  };
}

/** The pipeline rejects with a StatusError only. */
function statusOf(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  throw error;
}

async function* withTail<Chunk extends Uint8Array | string>(
  chunks: AsyncIterable<Chunk>,
  tail: () => Promise<Chunk>,
): AsyncGenerator<Chunk> {
  yield* chunks;
  const last = await tail();
  if (last.length > 0) yield last;
}

/** Time for a client to read the end of a stream whose responses it did not read. */
const unreadGraceMs = 5_000;

/** Sends the responses as fast as the client reads them, with at most one of them waiting in memory. */
export async function sendStream(
  response: ServerResponse | Http2ServerResponse,
  { status, headers, chunks, finished }: HttpStream,
  { isLast }: { readonly isLast: boolean },
): Promise<void> {
  const sent = { ...commonHeaders, ...headers, ...(isLast ? { connection: "close" } : {}) };
  response.statusCode = status;
  for (const [name, value] of Object.entries(sent)) response.setHeader(name, value);
  for await (const chunk of chunks) {
    if (hasClosed(response)) continue;
    // A client that does not read would keep the end of the stream from being written.
    if (!written(response, chunk)) await Promise.race([drained(response), finished]);
  }
  if (hasClosed(response)) return;
  const timer = setTimeout(() => response.destroy(), unreadGraceMs);
  response.once("close", () => clearTimeout(timer));
  response.end();
}

function written(response: ServerResponse | Http2ServerResponse, chunk: Uint8Array | string): boolean {
  return response instanceof ServerResponse ? response.write(chunk) : response.write(chunk);
}

function hasClosed(response: ServerResponse | Http2ServerResponse): boolean {
  return response instanceof ServerResponse ? response.destroyed : response.stream.destroyed;
}

function drained(response: ServerResponse | Http2ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      response.off("drain", stop);
      response.off("close", stop);
      resolve();
    };
    response.on("drain", stop);
    response.on("close", stop);
  });
}
