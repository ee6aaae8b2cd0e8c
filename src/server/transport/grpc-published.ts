import { Metadata, type MethodDefinition, type Server, type sendUnaryData } from "@grpc/grpc-js";
import { publishedRpcs } from "../../published-rpcs.js";
import { requestIdHeader, requestIdOf } from "../pipeline/call.js";
import { toStatusError } from "../pipeline/status.js";
import { grpcStatusOf } from "./grpc-status.js";
import { publishedRpcError } from "./published.js";

/**
 * Answers the rpcs of the hosted API that this server does not implement. grpc-js would answer them as well, but
 * without details.
 */
export function addPublished(server: Server): void {
  for (const { rpc } of publishedRpcs) {
    const error = publishedRpcError(rpc);
    if (!error) continue;
    const name = rpc.slice(rpc.indexOf("/") + 1);
    server.addService(
      { [name]: definitionOf(rpc) },
      {
        [name]: (call: { readonly metadata: Metadata }, answer: sendUnaryData<Buffer>) => {
          const [proposed] = call.metadata.get(requestIdHeader);
          const requestId = requestIdOf(typeof proposed === "string" ? proposed : undefined);
          const headers = new Metadata();
          headers.set(requestIdHeader, requestId);
          answer(grpcStatusOf(toStatusError(error, requestId), headers));
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
