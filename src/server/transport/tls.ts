import type { Server as NetServer, Socket } from "node:net";
import { type SecureContextOptions, Server as TlsServer } from "node:tls";

/** PEM. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

/** A client that sends no byte of its TLS handshake would occupy a connection for two minutes. */
export const handshakeTimeoutMs = 10_000;

/** Renews the certificate of a server; connections that exist keep theirs. */
export type RenewCertificate = (files: TlsFiles) => void;

/** For a server without TLS there is nothing to renew. */
export function renewalOf(server: NetServer): RenewCertificate {
  return ({ certificate, key }) => {
    if (server instanceof TlsServer) server.setSecureContext(contextOf({ certificate, key }));
  };
}

function contextOf({ certificate, key }: TlsFiles): SecureContextOptions {
  return { cert: certificate, key };
}

/**
 * Closes connections that do not finish their TLS handshake in time, for a server that was created without this limit.
 * The TCP and the TLS socket have only the address of their peer in common.
 */
export function limitHandshakes(server: NetServer, timeoutMs = handshakeTimeoutMs): void {
  if (!(server instanceof TlsServer)) return;
  const timers = new Map<string, NodeJS.Timeout>();
  const finish = (peer: string): void => {
    clearTimeout(timers.get(peer));
    timers.delete(peer);
  };
  server.on("connection", (socket: Socket) => {
    const peer = peerOf(socket);
    timers.set(
      peer,
      setTimeout(() => socket.destroy(), timeoutMs),
    );
    socket.once("close", () => finish(peer));
  });
  server.on("secureConnection", (socket: Socket) => finish(peerOf(socket)));
}

export function peerOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}
