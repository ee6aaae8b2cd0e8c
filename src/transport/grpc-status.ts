import { toBinary } from "@bufbuild/protobuf";
import {
  status as codes,
  type Metadata as GrpcMetadata,
  Metadata,
  ServerInterceptingCall,
  type ServerInterceptor,
} from "@grpc/grpc-js";
import { DomainError } from "../domain/errors.js";
import { StatusSchema } from "../gen/proto/google/rpc/status_pb.js";
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
export const explainOwnAnswers: ServerInterceptor = (_method, call) => {
  const send = call.sendStatus.bind(call);
  call.sendStatus = (status) => send(explained(status));
  return new ServerInterceptingCall(call);
};

function explained(status: StatusObject): StatusObject {
  if (status.code === codes.OK || (status.metadata?.get(detailsKey) ?? []).length > 0) return status;
  const refusal = refusalBehind(status);
  if (!refusal) return status;
  const requestId = requestIdOf(undefined);
  const { code, details, metadata } = grpcStatusOf(toStatusError(refusal, requestId));
  metadata.set(requestIdHeader, requestId);
  return { code, details, metadata };
}

function refusalBehind(status: StatusObject): DomainError | undefined {
  switch (status.code) {
    case codes.RESOURCE_EXHAUSTED:
      return messageTooLarge();
    case codes.DEADLINE_EXCEEDED:
      return deadlineExceeded();
    case codes.INTERNAL:
      // The only ways here are a body that does not decompress and a grpc-timeout that is none: the caller's doing.
      return new DomainError("MALFORMED_REQUEST", "The compression or the timeout of the call cannot be read.");
    case codes.UNIMPLEMENTED:
      // Both for no message and for a second one; the third way, an unknown compression, must stay UNIMPLEMENTED.
      return /request message/.test(status.details ?? "")
        ? new DomainError("MALFORMED_REQUEST", "The call must carry exactly one message.")
        : undefined;
    default:
      return undefined;
  }
}
