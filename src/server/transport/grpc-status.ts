import { toBinary } from "@bufbuild/protobuf";
import {
  status as codes,
  type Metadata as GrpcMetadata,
  Metadata,
  ServerInterceptingCall,
  type ServerInterceptor,
} from "@grpc/grpc-js";
import { DomainError } from "../../core/errors.js";
import { StatusSchema } from "../../gen/proto/google/rpc/status_pb.js";
import { requestIdHeader, requestIdOf } from "../pipeline/call.js";
import { deadlineExceeded } from "../pipeline/deadline.js";
import { type StatusError, toStatusError } from "../pipeline/status.js";
import { messageTooLarge } from "./limits.js";

const detailsKey = "grpc-status-details-bin";

/**
 * When a client whose retry policy has this code retries, in milliseconds; negative = it does not. gRFC A6,
 * https://github.com/grpc/proposal/blob/master/A6-client-retries.md.
 */
const retryPushbackKey = "grpc-retry-pushback-ms";
const neverRetry = -1;

/**
 * Codes of the usual retry policies that some reasons share although a retry would do harm or fail again:
 * OUTCOME_UNKNOWN, MESSAGE_TOO_LARGE, CUSTOMER_QUOTA_EXCEEDED, ETAG_MISMATCH.
 */
const retriedCodes: ReadonlySet<number> = new Set([codes.UNAVAILABLE, codes.RESOURCE_EXHAUSTED, codes.ABORTED]);

type StatusObject = Parameters<ServerInterceptingCall["sendStatus"]>[0];

/**
 * The error as grpc-js sends it, with its details in the trailers.
 *
 * @param metadata what the trailers have besides; the details are added to it
 */
export function grpcStatusOf(
  error: StatusError,
  metadata = new Metadata(),
): { code: number; details: string; metadata: GrpcMetadata } {
  metadata.set(detailsKey, Buffer.from(toBinary(StatusSchema, error.toStatus())));
  const pushbackMs = error.retryDelayMs ?? (retriedCodes.has(error.code) ? neverRetry : undefined);
  if (pushbackMs !== undefined) metadata.set(retryPushbackKey, String(pushbackMs));
  return { code: error.code, details: error.message, metadata };
}

/**
 * Adds error details to the errors that grpc-js creates itself (message too large, deadline, a body that cannot be
 * decompressed). They bypass the responders of interceptors and pass only through `sendStatus` of the innermost call,
 * so they are intercepted there.
 */
export const addErrorDetails: ServerInterceptor = (_method, call) => {
  let isCancelled = false;
  const send = call.sendStatus.bind(call);
  call.sendStatus = (status) => {
    const refusal = refusalBehind(status);
    if (refusal !== messageCount) return send(refusal ? explained(refusal()) : status);
    // A call that the client resets looks like one without a message until grpc-js reports the reset. Waiting one turn
    // avoids building details that nobody reads, in case of a flood of resets.
    setImmediate(() => send(isCancelled ? status : explained(refusal())));
  };
  const onCancel = () => {
    isCancelled = true;
  };
  return new ServerInterceptingCall(call, { start: (next) => next({ onCancel }) });
};

function explained(refusal: DomainError): StatusObject {
  const requestId = requestIdOf(undefined);
  const { code, details, metadata } = grpcStatusOf(toStatusError(refusal, requestId));
  metadata.set(requestIdHeader, requestId);
  return { code, details, metadata };
}

/** The error that grpc-js created itself; undefined for an error of the pipeline. */
function refusalBehind({ code, details, metadata }: StatusObject): (() => DomainError) | undefined {
  if (code === codes.OK || (metadata?.get(detailsKey) ?? []).length > 0) return undefined;
  switch (code) {
    case codes.RESOURCE_EXHAUSTED:
      return messageTooLarge;
    case codes.DEADLINE_EXCEEDED:
      return deadlineExceeded;
    case codes.INTERNAL:
      return unreadable;
    case codes.UNIMPLEMENTED:
      // The third cause of this code, an unknown compression, must stay UNIMPLEMENTED.
      return /request message/.test(details ?? "") ? messageCount : undefined;
    default:
      return undefined;
  }
}

/** The client sent a body that cannot be decompressed, or an invalid grpc-timeout. */
function unreadable(): DomainError {
  return new DomainError("MALFORMED_REQUEST", "Invalid grpc-encoding or grpc-timeout.");
}

/** The request has no message, or more than one. */
function messageCount(): DomainError {
  return new DomainError("MALFORMED_REQUEST", "The request must contain exactly one message.");
}
