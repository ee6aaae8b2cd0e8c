import { type ClientHttp2Session, connect, constants } from "node:http2";

// A process of its own: `node open-load.js <json>`. It sends calls of gRPC by bare HTTP/2, since on a machine that it shares
// with the service its work is taken from the service's own, and prints what it saw, a line of JSON a second.

interface Order {
  readonly url: string;
  readonly path: string;
  /** The request, with its prefix of five bytes, in base64. */
  readonly message: string;
  readonly authorization: string;
  /** Calls a second, whether or not earlier ones were answered. */
  readonly perSecond?: number;
  /** Or so many calls at once, each sent when one is answered. */
  readonly inFlight?: number;
  readonly seconds: number;
  readonly connections: number;
  /** An answer after this is worth nothing: the caller has gone. */
  readonly deadlineMs: number;
}

interface Second {
  sent: number;
  good: number;
  refused: number;
  /** Not sent: the connection had all the calls under way that the server takes. */
  heldOff: number;
  late: number;
  failed: number;
}

const order: Order = JSON.parse(process.argv[2] ?? "{}");
const message = Buffer.from(order.message, "base64");
const startedAt = performance.now();
const seconds: Second[] = [];
const newSession = () => connect(order.url).on("error", () => {});
const sessions: ClientHttp2Session[] = Array.from({ length: order.connections }, newSession);
/** Calls under way on each connection. */
const open = new Map<ClientHttp2Session, number>();
let next = 0;
let underWay = 0;

/** The second in which a call was sent. */
function second(): Second {
  const index = Math.floor((performance.now() - startedAt) / 1_000);
  for (let missing = seconds.length; missing <= index; missing += 1) {
    seconds.push({ sent: 0, good: 0, refused: 0, heldOff: 0, late: 0, failed: 0 });
  }
  return seconds[index] ?? { sent: 0, good: 0, refused: 0, heldOff: 0, late: 0, failed: 0 };
}

function send(done: () => void): void {
  next = (next + 1) % sessions.length;
  let session = sessions[next];
  if (!session || session.closed || session.destroyed) {
    session = newSession();
    sessions[next] = session;
  }
  const of = second();
  of.sent += 1;
  // What the server says of how much it takes at once holds callers off before anything is sent.
  if ((open.get(session) ?? 0) >= (session.remoteSettings?.maxConcurrentStreams ?? Number.POSITIVE_INFINITY)) {
    of.heldOff += 1;
    done();
    return;
  }
  open.set(session, (open.get(session) ?? 0) + 1);
  underWay += 1;
  const sentAt = performance.now();
  let status: unknown;
  const read = (headers: Readonly<Record<string, unknown>>) => {
    status = headers["grpc-status"] ?? status;
  };
  const stream = session.request({
    ":method": "POST",
    ":path": order.path,
    "content-type": "application/grpc",
    te: "trailers",
    "grpc-timeout": `${order.deadlineMs}m`,
    authorization: order.authorization,
  });
  const patience = setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), order.deadlineMs);
  stream
    .on("response", read)
    .on("trailers", read)
    .on("error", () => {})
    .on("close", () => {
      underWay -= 1;
      clearTimeout(patience);
      open.set(session, (open.get(session) ?? 1) - 1);
      const isLate = performance.now() - sentAt > order.deadlineMs;
      if (status === "0" && !isLate) of.good += 1;
      else if (status === "14" && !isLate) of.refused += 1;
      else if (isLate || status === "4") of.late += 1;
      else of.failed += 1;
      done();
    });
  stream.resume().end(message);
}

const isOver = () => performance.now() - startedAt >= order.seconds * 1_000;

if (order.inFlight) {
  const again = () => {
    if (!isOver()) send(again);
  };
  for (let call = 0; call < order.inFlight; call += 1) again();
}
let sent = 0;
const timer = setInterval(() => {
  if (isOver()) {
    if (underWay > 0 && performance.now() - startedAt < order.seconds * 1_000 + order.deadlineMs + 1_000) return;
    clearInterval(timer);
    process.stdout.write(`${JSON.stringify(seconds)}\n`, () => process.exit(0));
    return;
  }
  const due = ((performance.now() - startedAt) / 1_000) * (order.perSecond ?? 0);
  for (; sent < due; sent += 1) send(() => {});
}, 5);
