import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { createServer, type Server } from "node:net";
import { listening } from "./request.js";

/** Two witnesses of what leaves: a listener on every loopback address, and Node's own notice of each socket it makes. */
export interface Packets extends AsyncDisposable {
  /** Of the listener, for both families. */
  readonly port: number;
  /** Connections that arrived. */
  arrived(): number;
  /** Client sockets that were made in this process, whatever they were to connect to. */
  sockets(): number;
}

export async function watchPackets(): Promise<Packets> {
  let arrived = 0;
  let sockets = 0;
  const accept = () =>
    createServer((socket) => {
      arrived += 1;
      socket.on("error", () => {}).destroy();
    });
  const made = () => {
    sockets += 1;
  };
  const v4 = accept();
  const port = await listening(v4, "0.0.0.0");
  const v6 = accept();
  await new Promise<void>((started, failed) => {
    v6.once("error", failed).listen({ port, host: "::", ipv6Only: true }, started);
  });
  subscribe("net.client.socket", made);
  return {
    port,
    arrived: () => arrived,
    sockets: () => sockets,
    async [Symbol.asyncDispose]() {
      unsubscribe("net.client.socket", made);
      await Promise.all([v4, v6].map(close));
    },
  };
}

function close(server: Server) {
  return new Promise((closed) => server.close(closed));
}
