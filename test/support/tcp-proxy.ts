import { connect, createServer, type Socket } from "node:net";

/** A proxy between a client and a server that can lose an answer at a chosen moment. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /**
   * The next request that holds these bytes is delivered, and when its answer comes both ends are cut instead of passing
   * it on: the server has acted, the client does not know.
   */
  loseAnswerTo(bytes: string): void;
  /** The next request that holds these bytes is not delivered: both ends are cut. */
  loseRequest(bytes: string): void;
}

export async function openProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  let answerLostOf: string | undefined;
  let requestLost: string | undefined;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target);
    let losing = false;
    const cut = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket
        .on("error", () => {})
        .on("close", () => {
          sockets.delete(socket);
          cut();
        });
    }
    client.on("data", (data) => {
      if (requestLost && data.includes(requestLost)) {
        requestLost = undefined;
        return cut();
      }
      if (answerLostOf && data.includes(answerLostOf)) {
        answerLostOf = undefined;
        losing = true;
      }
      upstream.write(data);
    });
    upstream.on("data", (data) => (losing ? cut() : client.write(data)));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  return {
    port: address && typeof address === "object" ? address.port : 0,
    loseAnswerTo(bytes) {
      answerLostOf = bytes;
    },
    loseRequest(bytes) {
      requestLost = bytes;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}
