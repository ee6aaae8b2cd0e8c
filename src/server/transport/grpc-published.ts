import { Metadata, type MethodDefinition, type Server, type sendUnaryData } from "@grpc/grpc-js";
import { publishedRpcs } from "../../published-rpcs.js";
import { requestIdHeader, requestIdOf } from "../pipeline/call.js";
import { forwardedForHeader } from "../pipeline/client-address.js";
import type { RejectRequest } from "../pipeline/observe.js";
import { type GrpcCall, peerAddressOf, textOf } from "./grpc-peer.js";
import { grpcStatusOf } from "./grpc-status.js";
import { publishedRpcError } from "./published.js";

/**
 * Answers the rpcs of the hosted API that this server does not implement. grpc-js would answer them as well, but
 * without details, and neither log nor count them.
 */
export function addPublished(server: Server, refuse: RejectRequest): void {
  for (const { rpc } of publishedRpcs) {
    const error = publishedRpcError(rpc);
    if (!error) continue;
    const name = rpc.slice(rpc.indexOf("/") + 1);
    server.addService(
      { [name]: definitionOf(rpc) },
      {
        [name]: (call: GrpcCall, answer: sendUnaryData<Buffer>) => {
          const requestId = requestIdOf(textOf(call.metadata, requestIdHeader));
          const headers = new Metadata();
          headers.set(requestIdHeader, requestId);
          const origin = { peerAddress: peerAddressOf(call), forwardedFor: textOf(call.metadata, forwardedForHeader) };
          answer(grpcStatusOf(refuse(error, { transport: "grpc", requestId, ...origin }), headers));
        },
      },
    );
  }
}

function definitionOf(rpc: string): MethodDefinition<Buffer, Buffer> {
  const asIs = (bytes: Buffer): Buffer => bytes;
  return {
    path: `/${rpc}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
}
