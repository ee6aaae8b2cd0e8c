import { Buffer } from "node:buffer";

/** The frame types of RFC 9113 that the load client sends or reads. */
export const frameTypes = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goAway: 7, windowUpdate: 8 };
export const flags = { ack: 1, endStream: 1, endHeaders: 4 };

/** Length of a frame before its payload. */
export const headBytes = 9;

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const headerTableSize = 1;
const initialWindowSize = 4;
/** What the load client lets a server send before it must be granted more, per stream and at once. */
export const windowBytes = 2 ** 30;

/** A frame of RFC 9113, section 4.1. */
export function frame(type: number, flag: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flag, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** What opens a connection: no table of headers, so that header blocks need no state, and large windows. */
export function opening(): Buffer {
  const settings = Buffer.alloc(12);
  settings.writeUInt16BE(headerTableSize, 0);
  settings.writeUInt32BE(0, 2);
  settings.writeUInt16BE(initialWindowSize, 6);
  settings.writeUInt32BE(windowBytes, 8);
  return Buffer.concat([preface, frame(frameTypes.settings, 0, 0, settings), grant(windowBytes - 65_535)]);
}

/** Lets the server send more on the connection. */
export function grant(bytes: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(bytes);
  return frame(frameTypes.windowUpdate, 0, 0, payload);
}

/** The header block of RFC 7541 of a gRPC request, of literals that enter no table. */
export function grpcHeaders(path: string, authorization: string): Buffer {
  const indexed = { methodPost: 0x83, schemeHttp: 0x86 };
  const names = { authority: 1, path: 4, authorization: 23, contentType: 31 };
  return Buffer.concat([
    Buffer.of(indexed.methodPost, indexed.schemeHttp),
    literal(prefixed(names.path, 4), path),
    literal(prefixed(names.authority, 4), "localhost"),
    literal(prefixed(names.contentType, 4), "application/grpc"),
    literal(prefixed(names.authorization, 4), authorization),
    literal(Buffer.concat([Buffer.of(0), text("te")]), "trailers"),
  ]);
}

function literal(name: Buffer, value: string): Buffer {
  return Buffer.concat([name, text(value)]);
}

function text(value: string): Buffer {
  return Buffer.concat([prefixed(value.length, 7), Buffer.from(value, "latin1")]);
}

/** An integer in the low bits of a byte, and in further bytes if it needs them (RFC 7541, section 5.1). */
function prefixed(value: number, bits: number): Buffer {
  const most = 2 ** bits - 1;
  if (value < most) return Buffer.of(value);
  const bytes = [most];
  let rest = value - most;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}
