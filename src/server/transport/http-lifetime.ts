import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { TLSSocket, Server as TlsServer } from "node:tls";
import type { HttpListener } from "./http-listener.js";
import { peerOf } from "./tls.js";

/** Tracks connections and requests of a server, for a graceful shutdown. */
export interface HttpLifetime {
  /** True once shutdown has begun; every response then closes its connection. */
  isDraining(): boolean;
  /** Call when an HTTP/1 request arrives; call the returned function when its response was sent. */
  begin(socket: Socket): () => void;
  /** Accepts no new connections, waits for the requests in flight, and terminates them after the timeout. */
  stop(timeoutMs: number): Promise<void>;
}

/** Tracks connections itself, because a connection of HTTP/2 belongs to two servers. */
export function watchLifetime({ http1, http2 }: HttpListener): HttpLifetime {
  /** HTTP/1 connections and their number of requests in flight. */
  const sockets = new Map<Socket, number>();
  const sessions = new Set<ServerHttp2Session>();
  /**
   * TCP connections with an unfinished TLS handshake, by peer: the TCP and the TLS socket have only the peer address in
   * common.
   */
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
  if (http1 instanceof TlsServer) http1.on("connection", watchHandshake).on("secureConnection", watchSocket);
  else http1.on("connection", watchSocket);
  http2.on("session", (session: ServerHttp2Session) => {
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
      const closed = new Promise<void>((resolve) => http1.close(() => resolve()));
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
