import type { Http2Server } from "node:http2";
import { Server as NetServer } from "node:net";
import type { Server } from "@grpc/grpc-js";

/**
 * The HTTP/2 servers behind a gRPC server that is bound. grpc-js has no options for their connections.
 *
 * @throws Error if a new version of grpc-js keeps them elsewhere
 */
export function http2ServersOf(server: Server): readonly Http2Server[] {
  const servers: unknown = Reflect.get(server, "http2Servers");
  const found = servers instanceof Map ? [...servers.keys()].filter(isHttp2Server) : [];
  if (found.length === 0) throw new Error("grpc-js keeps its HTTP/2 servers elsewhere");
  return found;
}

/** `node:http2` does not export the class. */
function isHttp2Server(value: unknown): value is Http2Server {
  return value instanceof NetServer;
}
