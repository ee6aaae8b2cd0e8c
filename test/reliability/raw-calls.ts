import { Agent, request as httpRequest } from "node:http";
import { type ClientHttp2Session, connect, constants } from "node:http2";
import type { DescMethodUnary } from "@bufbuild/protobuf";
import { codeFromString } from "@connectrpc/connect/protocol-connect";
import { Code } from "../../src/gen/proto/google/rpc/code_pb.js";
import type { Headers } from "../support/answer.js";
import type { Transport } from "../support/clients.js";

/** A request as it goes over the wire, well-formed or not. */
export interface RawRequest {
  readonly transport: Transport;
  readonly method: DescMethodUnary;
  /** Message, or envelopes of messages, as the transport has them. */
  readonly body: Uint8Array;
  readonly headers: Headers;
  /** Verb and target of REST. */
  readonly verb?: string;
  readonly target?: string;
}

/** Sends bytes that no client library would send. Answers are told as canonical codes, what is none as `NO_ANSWER ...`. */
export interface RawCalls extends Disposable {
  send(request: RawRequest): Promise<string>;
}

const timeoutMs = 20_000;
const contentTypes: Readonly<Record<Transport, string>> = {
  grpc: "application/grpc",
  "grpc-web": "application/grpc-web+proto",
  "connect-json": "application/json",
  "connect-binary": "application/proto",
  rest: "application/json",
};

export function openRawCalls({ httpUrl, grpcPort }: { httpUrl: string; grpcPort: number }): RawCalls {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  let session: ClientHttp2Session | undefined;
  const grpcSession = () => {
    if (session && !session.closed && !session.destroyed) return session;
    session = connect(`http://127.0.0.1:${grpcPort}`).on("error", () => {});
    return session;
  };
  return {
    send: (raw) => (raw.transport === "grpc" ? sendGrpc(grpcSession(), raw) : sendHttp(httpUrl, agent, raw)),
    [Symbol.dispose]: () => {
      agent.destroy();
      session?.destroy();
    },
  };
}

/** One message as gRPC frames it. */
export function enveloped(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function sendGrpc(session: ClientHttp2Session, { method, body, headers }: RawRequest): Promise<string> {
  return new Promise((resolve) => {
    const stream = session.request({
      ":method": "POST",
      ":path": `/${method.parent.typeName}/${method.name}`,
      ...{ "content-type": contentTypes.grpc, te: "trailers", ...headers },
    });
    let status: unknown;
    stream.on("response", (given) => {
      status ??= given["grpc-status"];
    });
    stream.on("trailers", (given) => {
      status ??= given["grpc-status"];
    });
    stream.setTimeout(timeoutMs, () => stream.close(constants.NGHTTP2_CANCEL));
    stream.on("error", () => {});
    stream.on("close", () => resolve(status === undefined ? `NO_ANSWER ${stream.rstCode}` : codeName(Number(status))));
    stream.resume();
    stream.end(body);
  });
}

function sendHttp(httpUrl: string, agent: Agent, raw: RawRequest): Promise<string> {
  const { transport, method, body, verb = "POST", target = `/${method.parent.typeName}/${method.name}` } = raw;
  const type: Headers = body.length > 0 || transport !== "rest" ? { "content-type": contentTypes[transport] } : {};
  const headers = { ...type, ...raw.headers };
  return new Promise((resolve) => {
    const lost = (error: Error) => resolve(`NO_ANSWER ${error.message}`);
    const request = httpRequest(`${httpUrl}${target}`, { agent, method: verb, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", lost);
      response.on("end", () => {
        const trailing = Buffer.concat(chunks).toString("latin1");
        const status = response.headers["grpc-status"] ?? /grpc-status: *(\d+)/i.exec(trailing)?.[1];
        if (transport === "grpc-web") resolve(status ? codeName(Number(status)) : `NO_ANSWER ${response.statusCode}`);
        else resolve(response.statusCode === 200 ? "OK" : codeOfJson(Buffer.concat(chunks).toString()));
      });
    });
    request.setTimeout(timeoutMs, () => request.destroy(new Error("timeout")));
    request.on("error", lost);
    request.end(body);
  });
}

function codeOfJson(text: string): string {
  try {
    const { code }: { code?: unknown } = JSON.parse(text);
    if (typeof code === "number") return codeName(code);
    return codeName(codeFromString(String(code)) ?? Code.UNKNOWN);
  } catch {
    return `NO_ANSWER ${text.slice(0, 100)}`;
  }
}

function codeName(code: number): string {
  return Code[code] ?? `NO_ANSWER code ${code}`;
}
