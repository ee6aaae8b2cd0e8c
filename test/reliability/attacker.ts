import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import {
  attack,
  begin,
  dial,
  flood,
  getCustomer,
  grpcCall,
  isOver,
  once,
  repeat,
  send,
  start,
  tell,
} from "./hostile-connections.js";
import { callFields, endHeaders, endStream, fields, frame } from "./http2-frames.js";

/*
 * Attacks a service in a process of its own, so that the honest client measures the service and not this. Prints a line
 * when the attack is on, and what it did when its time is over.
 */
const { httpPort, grpcPort, authorization } = attack;
/** Between two of 500 openings by each port. */
const openingMs = 8;
const limitBytes = 4 * 1024 * 1024;
const common = `host: 127.0.0.1\r\nauthorization: ${authorization}\r\n`;
const post = `POST /v1/customers:list HTTP/1.1\r\n${common}content-type: application/json\r\n`;

const attacks: Readonly<Record<string, () => Promise<unknown>>> = {
  "4 MiB + 1": () => {
    const body = Buffer.alloc(limitBytes + 1, 0x20);
    const rest = Buffer.concat([Buffer.from(`${post}content-length: ${body.length}\r\n\r\n`), body]);
    const grpc = grpcCall(body);
    return repeat(2, () => {
      once(httpPort, rest);
      once(grpcPort, grpc);
    });
  },
  "gzip bomb": () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20));
    const head = `${post}content-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`;
    const rest = Buffer.concat([Buffer.from(head), bomb]);
    const grpc = grpcCall(bomb, { isCompressed: true, more: fields([["grpc-encoding", "gzip"]]) });
    return repeat(4, () => {
      once(httpPort, rest);
      once(grpcPort, grpc);
    });
  },
  "1,001 headers": () => {
    const many = Array.from({ length: 1_001 }, (_, index) => [`x-${index}`, "1"] as const);
    const lines = many.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    const rest = Buffer.from(`GET /v1/customers/cus_a1 HTTP/1.1\r\n${common}${lines}\r\n`);
    const grpc = grpcCall(Buffer.alloc(0), { more: fields(many) });
    return repeat(20, () => {
      once(httpPort, rest);
      once(grpcPort, grpc);
    });
  },
  "rapid reset": () => {
    const payload = callFields(getCustomer, authorization);
    const cancel = Buffer.from([0, 0, 0, 8]);
    return flood(50, (first) => {
      const streams = Array.from({ length: 100 }, (_, index) => first + 2 * index);
      return Buffer.concat(
        streams.flatMap((stream) => [
          frame({ type: "headers", flags: endHeaders, stream, payload }),
          frame({ type: "reset", stream, payload: cancel }),
        ]),
      );
    });
  },
  "CONTINUATION flood": () => {
    const opening = frame({ type: "headers", stream: 1, payload: callFields(getCustomer, authorization) });
    const piece = frame({ type: "continuation", stream: 1, payload: fields([["x", "y".repeat(100)]]) });
    const pieces = Buffer.concat(Array.from({ length: 100 }, () => piece));
    return flood(50, (stream) => (stream === 1 ? Buffer.concat([opening, pieces]) : pieces));
  },
  "PING flood": () => {
    const ping = frame({ type: "ping", payload: Buffer.alloc(8) });
    const pings = Buffer.concat(Array.from({ length: 200 }, () => ping));
    return flood(50, () => pings);
  },
  "1,000 slow readers": async () => {
    const request = `GET /v1/customers/cus_a1 HTTP/1.1\r\n${common}\r\n`;
    const message = Buffer.from([0, 0, 0, 0, 8, 10, 6, ...Buffer.from("cus_a1")]);
    const payload = callFields(getCustomer, authorization);
    const head = frame({ type: "headers", flags: endHeaders, stream: 1, payload });
    const call = Buffer.concat([head, frame({ type: "data", flags: endStream, stream: 1, payload: message })]);
    begin();
    for (let count = 0; count < 500; count += 1) {
      const socket = dial(httpPort).pause();
      send(socket, request);
      const other = dial(grpcPort).pause();
      send(other, Buffer.concat([start(0), call]));
      await sleep(openingMs);
    }
    while (!isOver()) await sleep(50);
  },
  "1,000 slow writers": async () => {
    const head = `POST /v1/customers HTTP/1.1\r\n${common}content-type: application/json\r\n`;
    const call = frame({
      ...{ type: "headers", flags: endHeaders, stream: 1 },
      payload: callFields(getCustomer, authorization),
    });
    const byte = frame({ type: "data", stream: 1, payload: Buffer.from([0]) });
    const writers: [Socket, string | Buffer][] = [];
    begin();
    for (let count = 0; count < 500; count += 1) {
      const isBody = count % 2 === 0;
      const socket = dial(httpPort);
      send(socket, isBody ? `${head}content-length: 1000\r\n\r\n{` : head);
      writers.push([socket, isBody ? " " : `x-${count}: 1\r\n`]);
      const other = dial(grpcPort);
      send(other, Buffer.concat([start(), call]));
      writers.push([other, byte]);
      await sleep(openingMs);
    }
    let at = 0;
    // Each of them once a second, one after another as if they did not know of each other.
    await repeat(50, () => {
      for (const [socket, piece] of writers.slice(at, at + 20)) send(socket, piece);
      at = (at + 20) % writers.length;
    });
  },
  /** As many calls as a key may make where no rate limit is set: all of them good. */
  "unlimited requests": () => {
    const message = Buffer.from([0, 0, 0, 0, 8, 10, 6, ...Buffer.from("cus_a1")]);
    const payload = callFields(getCustomer, authorization);
    const calls = Array.from({ length: 90 }, (_, index) => index * 2 + 1).flatMap((stream) => [
      frame({ type: "headers", flags: endHeaders, stream, payload }),
      frame({ type: "data", flags: endStream, stream, payload: message }),
    ]);
    return repeat(20, () => once(grpcPort, Buffer.concat([start(), ...calls])));
  },
};

const run = attacks[attack.kind];
if (!run) throw new Error(`no such attack: ${attack.kind}`);
await run();
tell();
process.exit(0);
