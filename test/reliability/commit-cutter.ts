import { connect, createServer, type Socket } from "node:net";
import { MessageReader } from "./postgres-messages.js";

/** When a connection is cut: after the server has answered a commit, or as soon as the commit was handed to it. */
export type Cut = "answered" | "unanswered";

/** A proxy before PostgreSQL that delivers a commit, and cuts both ends instead of passing the answer on. */
export interface CommitCutter extends AsyncDisposable {
  readonly port: number;
  /** How many connections were cut. */
  readonly cuts: Readonly<Record<Cut, number>>;
}

/** Opens the proxy; `decide` is asked at every commit. */
export async function openCommitCutter(
  target: { readonly host: string; readonly port: number },
  decide: () => Cut | undefined,
): Promise<CommitCutter> {
  const cuts = { answered: 0, unanswered: 0 };
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target);
    const cut = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true).on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        cut();
      });
    }
    let losing = false;
    const commits = new CommitFinder();
    const requests = new MessageReader({ startsUntyped: true });
    client.on("data", (data) => {
      for (const message of requests.read(data)) {
        const decided = commits.isCommit(message) ? decide() : undefined;
        if (decided) cuts[decided] += 1;
        losing ||= decided === "answered";
        if (decided === "unanswered") upstream.write(message.bytes, cut);
        else upstream.write(message.bytes);
      }
    });
    const answers = new MessageReader({ startsUntyped: false });
    upstream.on("data", (data) => {
      for (const message of answers.read(data)) {
        if (!losing) client.write(message.bytes);
        else if (message.type === "Z") cut();
      }
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  return {
    port: address && typeof address === "object" ? address.port : 0,
    cuts,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** Whether a statement is a transaction by itself: it stores its idempotency record beside all else that it writes. */
function isWholeWrite(text: string): boolean {
  return text.startsWith("WITH ") && text.includes("INSERT INTO idempotency");
}

/** Whether a statement belongs to the log of key uses, whose transaction is of no call and comes at any time. */
function isKeyUse(text: string): boolean {
  return text.includes("INSERT INTO key_use");
}

/** Follows what a client asks for, to know which request ends a transaction that a call writes in. */
class CommitFinder {
  readonly #texts = new Map<string, string>();
  #isOfLog = false;
  #ends = false;

  isCommit({ type, strings }: { readonly type: string; readonly strings: () => readonly string[] }): boolean {
    switch (type) {
      case "Q":
        return strings()[0] === "COMMIT" && !this.#endsLog();
      case "P": {
        const [name = "", text = ""] = strings();
        this.#texts.set(name, text);
        return false;
      }
      case "B": {
        const [, name = ""] = strings();
        const text = this.#texts.get(name) ?? "";
        this.#isOfLog ||= isKeyUse(text);
        this.#ends = isWholeWrite(text) || (text === "COMMIT" && !this.#endsLog());
        return false;
      }
      case "S": {
        const ends = this.#ends;
        this.#ends = false;
        return ends;
      }
      default:
        return false;
    }
  }

  #endsLog(): boolean {
    const isOfLog = this.#isOfLog;
    this.#isOfLog = false;
    return isOfLog;
  }
}
