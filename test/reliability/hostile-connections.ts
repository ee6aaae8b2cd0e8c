import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { callFields, endHeaders, endStream, frame, preface, settings } from "./http2-frames.js";

/** What an attacker is told, as JSON in its one argument. */
export interface Attack {
  readonly kind: string;
  readonly httpPort: number;
  readonly grpcPort: number;
  /** Counted from the moment at which the attack is on. */
  readonly seconds: number;
  readonly authorization: string;
}

export const attack: Attack = JSON.parse(process.argv[2] ?? "{}");

const open = new Set<Socket>();
const done = { connections: 0, bytes: 0, terminated: 0 };
let begunAt: number | undefined;

/** Says that the attack is on; its time runs from here. */
export function begin(): void {
  if (begunAt !== undefined) return;
  begunAt = Date.now();
  process.stdout.write("begun\n");
}

export function isOver(): boolean {
  return begunAt !== undefined && Date.now() >= begunAt + attack.seconds * 1_000;
}

/** Says what was done. */
export function tell(): void {
  process.stdout.write(`${JSON.stringify({ ...done, open: open.size })}\n`);
}

export function dial(port: number): Socket {
  const socket = connect(port, "127.0.0.1");
  open.add(socket);
  done.connections += 1;
  socket.on("error", () => {});
  socket.on("end", () => {
    done.terminated += 1;
  });
  socket.on("close", () => open.delete(socket));
  return socket;
}

export function send(socket: Socket, bytes: Uint8Array | string): void {
  if (socket.destroyed || socket.writableEnded) return;
  done.bytes += bytes.length;
  socket.write(bytes);
}

/** Does it so often a second until the time is over. */
export async function repeat(perSecond: number, act: () => void): Promise<void> {
  begin();
  while (!isOver()) {
    act();
    await sleep(1_000 / perSecond);
  }
}

/** Sends one request on a connection of its own and hangs up after a second. */
export function once(port: number, bytes: Uint8Array): void {
  const socket = dial(port).resume();
  send(socket, bytes);
  setTimeout(() => socket.destroy(), 1_000).unref();
}

/** Calls on one connection that is kept until the server ends it, then on the next one. */
export async function flood(perSecond: number, packet: (stream: number) => Uint8Array): Promise<void> {
  const renewed = () => {
    // Read, so that its end is seen.
    const fresh = dial(attack.grpcPort).resume();
    send(fresh, start());
    return fresh;
  };
  let socket = renewed();
  let stream = 1;
  await repeat(perSecond, () => {
    if (socket.destroyed || socket.readableEnded) {
      socket = renewed();
      stream = 1;
    }
    send(socket, packet(stream));
    stream += 200;
  });
}

/** How an HTTP/2 connection starts whose streams may be answered with so many bytes. */
export function start(windowBytes?: number): Buffer {
  return Buffer.concat([preface, settings(windowBytes)]);
}

export const getCustomer = "/moego.business.customer.v1.CustomerService/GetCustomer";

export interface CallParts {
  readonly isCompressed?: boolean;
  /** Header fields beside the usual ones. */
  readonly more?: Uint8Array;
}

/** A connection with one gRPC call. */
export function grpcCall(
  message: Uint8Array,
  { isCompressed = false, more = new Uint8Array() }: CallParts = {},
): Buffer {
  const envelope = Buffer.alloc(5);
  envelope[0] = isCompressed ? 1 : 0;
  envelope.writeUInt32BE(message.length, 1);
  const data = Buffer.concat([envelope, message]);
  const chunks: Buffer[] = [];
  for (let at = 0; at < data.length; at += 16_384) {
    const flags = at + 16_384 >= data.length ? endStream : 0;
    chunks.push(frame({ type: "data", flags, stream: 1, payload: data.subarray(at, at + 16_384) }));
  }
  const payload = Buffer.concat([callFields(getCustomer, attack.authorization), more]);
  return Buffer.concat([start(), frame({ type: "headers", flags: endHeaders, stream: 1, payload }), ...chunks]);
}
