import { toBinary } from "@bufbuild/protobuf";
import {
  status as codes,
  type Metadata as GrpcMetadata,
  Metadata,
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
} from "@grpc/grpc-js";
import { DomainError } from "../../core/errors.js";
import { StatusSchema } from "../../gen/proto/google/rpc/status_pb.js";
import { deadlineExceeded } from "../pipeline/deadline.js";
import { requestIdHeader, requestIdOf } from "../pipeline/request-id.js";
import { type StatusError, toStatusError } from "../pipeline/status.js";
import { messageTooLarge } from "./limits.js";

const detailsKey = "grpc-status-details-bin";

type StatusObject = Parameters<ServerInterceptingCall["sendStatus"]>[0];

/** The status of a refusal with its details, as grpc-js sends it. */
export function grpcStatusOf(error: StatusError): { code: number; details: string; metadata: GrpcMetadata } {
  const metadata = new Metadata();
  metadata.set(detailsKey, Buffer.from(toBinary(StatusSchema, error.toStatus())));
  return { code: error.code, details: error.message, metadata };
}

/**
 * Gives the answers that grpc-js makes by itself (message too large, deadline, a body that cannot be decompressed) the
 * details of all our others. They do not pass through the responders of interceptors, only through `sendStatus` of the
 * innermost call, so that is where they are caught.
 */
export const addErrorDetails: ServerInterceptor = (_method, call) => {
  let isCancelled = false;
  const send = call.sendStatus.bind(call);
  call.sendStatus = (status) => {
    const refusal = refusalBehind(status);
    if (refusal !== messageCount) return send(refusal ? explained(refusal()) : status);
    // A call that its caller reset ends like one without a message, before grpc-js tells of the reset. A flood of them
    // must not cost details that nobody reads.
    setImmediate(() => send(isCancelled ? status : explained(refusal())));
  };
  const listener = new ServerListenerBuilder()
    .withOnCancel(() => {
      isCancelled = true;
    })
    .build();
  return new ServerInterceptingCall(call, new ResponderBuilder().withStart((next) => next(listener)).build());
};

function explained(refusal: DomainError): StatusObject {
  const requestId = requestIdOf(undefined);
  const { code, details, metadata } = grpcStatusOf(toStatusError(refusal, requestId));
  metadata.set(requestIdHeader, requestId);
  return { code, details, metadata };
}

/** What grpc-js refused by itself; undefined for an answer of ours. */
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
      // The third way here, an unknown compression, must stay UNIMPLEMENTED.
      return /request message/.test(details ?? "") ? messageCount : undefined;
    default:
      return undefined;
  }
}

/** A body that does not decompress or a grpc-timeout that is none: the caller's doing. */
function unreadable(): DomainError {
  return new DomainError("MALFORMED_REQUEST", "Invalid grpc-encoding or grpc-timeout.");
}

/** No message, or a second one. */
function messageCount(): DomainError {
  return new DomainError("MALFORMED_REQUEST", "The request must contain exactly one message.");
}
