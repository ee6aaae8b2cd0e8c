import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { interceptorsOf, type Moego, moegoOver } from "./moego.js";
import type { MoegoOptions } from "./options.js";

export * from "./exports.js";

export interface NodeOptions extends MoegoOptions {
  /** `connect` for the HTTP port, `grpc` for the gRPC port. Default: `connect`. */
  readonly protocol?: "connect" | "grpc";
}

/** A client for Node.js. */
export function createMoego({ protocol = "connect", ...options }: NodeOptions): Moego {
  const { baseUrl } = options;
  const interceptors = interceptorsOf(options);
  const transport =
    protocol === "grpc"
      ? createGrpcTransport({ baseUrl, interceptors })
      : createConnectTransport({ baseUrl, httpVersion: "1.1", interceptors });
  return moegoOver(transport, options);
}
