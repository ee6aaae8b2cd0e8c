import type { DescMethodServerStreaming } from "@bufbuild/protobuf";
import { status as codes, Metadata, type ServerWritableStream } from "@grpc/grpc-js";
import { createCallSignal } from "../../core/call-signal.js";
import type { ExecuteStream } from "../pipeline/call.js";
import { callCancelled, deadlineExceeded } from "../pipeline/deadline.js";
import { StatusError } from "../pipeline/status.js";
import { decodeBinary } from "./binary-input.js";
import { encodeBinary } from "./codec/binary.js";
import { peerAddressOf, textOf } from "./grpc-peer.js";
import { grpcStatusOf } from "./grpc-status.js";

/**
 * Serves a call with a stream of responses. grpc-js holds at most 16 of them for a client that does not read, and then
 * asks to wait.
 */
export async function serveStream(
  method: DescMethodServerStreaming,
  grpcCall: ServerWritableStream<Buffer, Buffer>,
  run: ExecuteStream,
): Promise<void> {
  const headers = new Metadata();
  const gone = createCallSignal();
  const leave = () => gone.abort(Date.now() >= Number(grpcCall.getDeadline()) ? deadlineExceeded() : callCancelled());
  grpcCall.on("cancelled", leave);
  let hasBegun = false;
  const begin = () => {
    if (!hasBegun) grpcCall.sendMetadata(headers);
    hasBegun = true;
  };
  const deadlineMs = Number(grpcCall.getDeadline());
  try {
    await run({
      method,
      transport: "grpc",
      signal: gone.signal,
      ...(Number.isFinite(deadlineMs) ? { timeoutMs: deadlineMs - Date.now() } : {}),
      peerAddress: peerAddressOf(grpcCall),
      header: (name) => textOf(grpcCall.metadata, name),
      setHeader: (name, value) => headers.set(name, value),
      decode: () => ({ message: decodeBinary(method.input, grpcCall.request) }),
      encode: (message) => encodeBinary(method.output, message),
      send(bytes) {
        begin();
        return grpcCall.write(bytes) ? undefined : new Promise((resolve) => grpcCall.once("drain", resolve));
      },
    });
    begin();
    grpcCall.end();
  } catch (error) {
    // Before the first response, the headers of an error go with its status, as for any other call.
    const trailers = hasBegun ? new Metadata() : headers;
    const isKnown = error instanceof StatusError;
    const internal = { code: codes.INTERNAL, details: "Internal error.", metadata: trailers };
    grpcCall.emit("error", isKnown ? grpcStatusOf(error, trailers) : internal);
  } finally {
    grpcCall.off("cancelled", leave);
  }
}
