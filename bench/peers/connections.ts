import { Buffer } from "node:buffer";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { flags, frame, frameTypes, grant, grpcHeaders, headBytes, opening, windowBytes } from "./http2-frames.js";

// Clients on bare sockets: on a shared machine, what a client costs is lost to the server that it measures.

/**
 * Tells the next request, undefined for none. Gets the answer to the one before: undefined before the first request, and
 * for a request that failed, with what was answered instead over REST.
 */
export type NextRequest = (answer: Buffer | undefined, refusal?: Buffer) => Uint8Array | undefined;

const emptyLine = Buffer.from("\r\n\r\n");

/** One HTTP/1.1 connection with one request in flight. Resolves when there is no further request. */
export async function overHttp1(port: number, next: NextRequest): Promise<void> {
  const socket = await open(port);
  const closed = once(socket, "close");
  let received = Buffer.alloc(0);
  socket.on("data", (part) => {
    received = received.length === 0 ? part : Buffer.concat([received, part]);
    const head = received.indexOf(emptyLine);
    if (head === -1) return;
    const body = bodyOf(received, head + emptyLine.length);
    if (!body) return;
    const isOk = received.toString("latin1", 9, 12) === "200";
    received = Buffer.alloc(0);
    send(socket, isOk ? next(body) : next(undefined, body));
  });
  send(socket, next(undefined));
  await closed;
}

/** The body, once it is complete: of a stated length, or in chunks up to the last one. */
function bodyOf(received: Buffer, start: number): Buffer | undefined {
  const head = received.toString("latin1", 0, start);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined) return received.subarray(-5).toString("latin1") === "0\r\n\r\n" ? received : undefined;
  return received.length >= start + Number(length) ? received.subarray(start) : undefined;
}

function send(socket: Socket, request: Uint8Array | undefined): void {
  if (request) socket.write(request);
  else socket.end();
}

interface GrpcCalls {
  readonly path: string;
  readonly authorization: string;
  /** Tells the requests of one stream after another. */
  readonly streams: readonly NextRequest[];
}

interface Stream {
  readonly next: NextRequest;
  readonly parts: Buffer[];
}

/** One HTTP/2 connection with several gRPC calls in flight. Resolves when none of them has a further message. */
export async function overGrpc(port: number, { path, authorization, streams }: GrpcCalls): Promise<void> {
  const socket = await open(port);
  const closed = once(socket, "close");
  const headers = grpcHeaders(path, authorization);
  const running = new Map<number, Stream>();
  let lastId = -1;
  let ungranted = 0;

  const start = (next: NextRequest, answer: Buffer | undefined) => {
    const message = next(answer);
    if (!message) {
      if (running.size === 0) socket.end();
      return;
    }
    lastId += 2;
    running.set(lastId, { next, parts: [] });
    const data = frame(frameTypes.data, flags.endStream, lastId, withPrefix(message));
    socket.write(Buffer.concat([frame(frameTypes.headers, flags.endHeaders, lastId, headers), data]));
  };
  const finish = (id: number) => {
    const stream = running.get(id);
    if (!stream) return;
    running.delete(id);
    const answer = Buffer.concat(stream.parts);
    start(stream.next, answer.length > prefixBytes ? answer.subarray(prefixBytes) : undefined);
  };
  onFrames(socket, ({ type, flag, id, payload }) => {
    const isAnswer = (flag & flags.ack) !== 0;
    if (type === frameTypes.settings && !isAnswer) socket.write(frame(type, flags.ack, 0, Buffer.alloc(0)));
    if (type === frameTypes.ping && !isAnswer) socket.write(frame(type, flags.ack, 0, payload));
    if (type === frameTypes.data) {
      running.get(id)?.parts.push(payload);
      ungranted += payload.length;
      if (ungranted > windowBytes / 4) {
        socket.write(grant(ungranted));
        ungranted = 0;
      }
    }
    const mayEnd = type === frameTypes.headers || type === frameTypes.data;
    if (type === frameTypes.reset || (mayEnd && (flag & flags.endStream) !== 0)) finish(id);
  });
  socket.write(opening());
  for (const next of streams) start(next, undefined);
  await closed;
}

const prefixBytes = 5;

/** A message with the five bytes of gRPC before it. */
function withPrefix(message: Uint8Array): Buffer {
  const head = Buffer.alloc(prefixBytes);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

interface Frame {
  readonly type: number;
  readonly flag: number;
  /** Of the stream. */
  readonly id: number;
  readonly payload: Buffer;
}

function onFrames(socket: Socket, onFrame: (received: Frame) => void): void {
  let received = Buffer.alloc(0);
  socket.on("data", (part) => {
    received = received.length === 0 ? part : Buffer.concat([received, part]);
    let at = 0;
    while (received.length - at >= headBytes) {
      const start = at + headBytes;
      const end = start + received.readUIntBE(at, 3);
      if (received.length < end) break;
      onFrame({
        type: received.readUInt8(at + 3),
        flag: received.readUInt8(at + 4),
        id: received.readUInt32BE(at + 5),
        payload: received.subarray(start, end),
      });
      at = end;
    }
    received = received.subarray(at);
  });
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  return socket;
}
