import type { Metadata, ServerUnaryCall } from "@grpc/grpc-js";

/** What both served and unserved rpcs read of a call. */
export type GrpcCall = Pick<ServerUnaryCall<Buffer, Buffer>, "metadata" | "getPeer">;

/** All values of a header, as one text. Undefined if it is absent or binary. */
export function textOf(metadata: Metadata, name: string): string | undefined {
  const all = metadata.get(name);
  if (all.length === 1 && typeof all[0] === "string") return all[0];
  const values = all.filter((value) => typeof value === "string");
  return values.length > 0 ? values.join(", ") : undefined;
}

/** grpc-js formats the peer as `address:port`, with IPv6 addresses not in brackets. */
export function peerAddressOf(call: GrpcCall): string {
  const peer = call.getPeer();
  return /^(.*):\d+$/.exec(peer)?.[1] ?? peer;
}
