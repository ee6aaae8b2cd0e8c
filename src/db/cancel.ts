import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import pg from "pg";

/** Message codes of PostgreSQL's frontend protocol, "Canceling Requests in Progress" and "SSL Session Encryption". */
const cancelRequestCode = 80_877_102;
const sslRequestCode = 80_877_103;
const budgetMs = 2_000;

/** Identifies the backend of a client. The driver stores it, but its types do not declare it. */
interface BackendKey {
  readonly processID: number;
  readonly secretKey: number;
}

/** The process id of the backend of a client. Undefined before it is connected. */
export function backendPid(client: pg.ClientBase): number | undefined {
  return hasBackendKey(client) ? client.processID : undefined;
}

/**
 * Asks PostgreSQL to cancel what the client's backend is running. Resolves when the server has closed the connection of
 * the request: only then can the request no longer hit a later statement of the backend, and the client can be
 * released. Never rejects: if the request is lost, the statement runs to its end.
 */
export async function cancelStatement(client: pg.ClientBase): Promise<void> {
  if (!(client instanceof pg.Client) || !hasBackendKey(client)) return;
  const { processID, secretKey } = client;
  try {
    const socket = await openSocket(client);
    await new Promise<void>((closed) => {
      socket.setTimeout(budgetMs, () => socket.destroy());
      socket.once("error", () => {});
      socket.once("close", () => closed());
      socket.resume();
      socket.write(message(cancelRequestCode, processID, secretKey));
    });
  } catch {
    // The request could not connect. The statement ends with its timeout or its connection.
  }
}

function hasBackendKey(client: object): client is BackendKey {
  return (
    "processID" in client &&
    typeof client.processID === "number" &&
    "secretKey" in client &&
    typeof client.secretKey === "number"
  );
}

/** A connection to the client's server, encrypted if the client's is. */
async function openSocket(client: pg.Client): Promise<Socket> {
  const { host, port, ssl } = client;
  const plain = connectTcp(host.startsWith("/") ? { path: `${host}/.s.PGSQL.${port}` } : { host, port });
  await event(plain, "connect");
  if (!ssl) return plain;
  plain.write(message(sslRequestCode));
  const answer = await event(plain, "data");
  if (!Buffer.isBuffer(answer) || answer.toString("latin1") !== "S") {
    plain.destroy();
    throw new Error("The database server refused a TLS connection.");
  }
  const secure = connectTls({ ...(ssl === true ? {} : ssl), socket: plain, host });
  await event(secure, "secureConnect");
  return secure;
}

/** The first value of an event. Rejects on an error, when the connection closes, or after the time limit. */
function event(socket: Socket, name: "connect" | "data" | "secureConnect"): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = () => {
      socket.destroy();
      reject(new Error("The cancel request could not be sent."));
    };
    const timer = setTimeout(fail, budgetMs);
    const settle = (value: unknown) => {
      clearTimeout(timer);
      socket.off("error", fail).off("close", fail);
      resolve(value);
    };
    socket.once(name, settle).once("error", fail).once("close", fail);
  });
}

/** A startup-phase message: its length, then its 32-bit values. */
function message(...words: readonly number[]): Buffer {
  const buffer = Buffer.alloc(4 + 4 * words.length);
  buffer.writeInt32BE(buffer.length, 0);
  for (const [index, word] of words.entries()) buffer.writeInt32BE(word, 4 + 4 * index);
  return buffer;
}
