import type { Server as HttpServer } from "node:http";
import type { Http2SecureServer, ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";

/** What is under way on a server, so that it can stop without cutting anything off. */
export interface HttpLifetime {
  /** True from the moment the server stops: answers then close their connection. */
  isDraining(): boolean;
  /** To be called when an HTTP/1 request arrives; the result is to be called when it was answered. */
  begin(socket: Socket): () => void;
  /** Takes no new connections, lets the requests under way finish, and cuts them off after the timeout. */
  stop(timeoutMs: number): Promise<void>;
}

/** Watches the connections of a server. Counted here, since `node:http2` knows nothing of its idle HTTP/1 connections. */
export function watchLifetime(server: HttpServer | Http2SecureServer): HttpLifetime {
  /** HTTP/1 connections with the number of their requests under way. */
  const sockets = new Map<Socket, number>();
  const sessions = new Set<ServerHttp2Session>();
  /** TCP connections whose TLS handshake is not finished, by peer: TLS and TCP are two sockets, and have nothing else in common. */
  const handshakes = new Map<string, Socket>();
  let draining = false;

  function watchHandshake(socket: Socket): void {
    const peer = peerOf(socket);
    handshakes.set(peer, socket);
    socket.once("close", () => handshakes.delete(peer));
  }

  function watchSocket(socket: Socket): void {
    handshakes.delete(peerOf(socket));
    if (socket instanceof TLSSocket && socket.alpnProtocol === "h2") return;
    sockets.set(socket, 0);
    socket.once("close", () => sockets.delete(socket));
  }
  if ("setSecureContext" in server) server.on("connection", watchHandshake).on("secureConnection", watchSocket);
  else server.on("connection", watchSocket);
  server.on("session", (session: ServerHttp2Session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });

  function count(socket: Socket, change: number): void {
    const requests = (sockets.get(socket) ?? 0) + change;
    if (sockets.has(socket)) sockets.set(socket, requests);
    if (draining && requests === 0) socket.end();
  }

  return {
    isDraining: () => draining,
    begin(socket) {
      count(socket, 1);
      return () => count(socket, -1);
    },
    async stop(timeoutMs) {
      draining = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const session of sessions) session.close();
      for (const socket of handshakes.values()) socket.destroy();
      for (const [socket, requests] of sockets) if (requests === 0) socket.destroy();
      const timer = setTimeout(() => {
        for (const session of sessions) session.destroy();
        for (const socket of sockets.keys()) socket.destroy();
      }, timeoutMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

function peerOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}
