import { Buffer } from "node:buffer";
import { Agent, request } from "node:http";
import { type ClientHttp2Session, connect, constants } from "node:http2";
import { create, type DescMethodUnary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";

// Clients that do as little as possible: on a shared machine, their work reduces that of the server.

/** A request that can be canceled before its response. */
export interface Pending<T> {
  readonly answer: Promise<T>;
  cancel(): void;
}

export interface HttpClient {
  /** POST with a body, GET without. Resolves with the response body; a status other than 200 rejects. */
  call(path: string, body?: string): Pending<string>;
  close(): void;
}

/** Sends requests over HTTP/1.1 with JSON on persistent connections. */
export function httpClient(url: string, secret: string): HttpClient {
  const agent = new Agent({ keepAlive: true });
  const { hostname, port } = new URL(url);
  const authorization = `Bearer ${secret}`;
  return {
    call(path, body) {
      const method = body === undefined ? "GET" : "POST";
      const headers = {
        authorization,
        ...(body === undefined
          ? {}
          : { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) }),
      };
      const sent = request({ agent, hostname, port, path, method, headers });
      const answer = new Promise<string>((resolve, reject) => {
        sent.on("error", reject).on("response", (response) => {
          let text = "";
          response
            .setEncoding("utf8")
            .on("data", (part: string) => {
              text += part;
            })
            .on("error", reject)
            .on("end", () => {
              if (response.statusCode === 200) resolve(text);
              else reject(new Error(`${method} ${path} answered ${response.statusCode}: ${text}`));
            });
        });
      });
      sent.end(body);
      return { answer, cancel: () => sent.destroy() };
    },
    close: () => agent.destroy(),
  };
}

export interface GrpcClient {
  call<M extends DescMethodUnary>(method: M, message: MessageInitShape<M["input"]>): Pending<Buffer>;
  close(): void;
}

const connections = 4;

/** Sends requests over gRPC on a few HTTP/2 connections. A grpc-status other than 0 rejects. */
export function grpcClient(url: string, secret: string): GrpcClient {
  const sessions = Array.from({ length: connections }, () => connect(url));
  let next = 0;
  return {
    call(method, message) {
      next += 1;
      const session = sessions[next % connections];
      if (!session) throw new Error("no connection");
      return callGrpc(session, secret, rpcPath(method), toBinary(method.input, create(method.input, message)));
    },
    close() {
      for (const session of sessions) session.close();
    },
  };
}

function callGrpc(session: ClientHttp2Session, secret: string, path: string, message: Uint8Array): Pending<Buffer> {
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
    authorization: `Bearer ${secret}`,
  });
  const parts: Buffer[] = [];
  let status: unknown;
  const readStatus = (headers: Readonly<Record<string, unknown>>) => {
    status = headers["grpc-status"] ?? status;
  };
  const answer = new Promise<Buffer>((resolve, reject) => {
    stream
      .on("response", readStatus)
      .on("trailers", readStatus)
      .on("data", (part: Buffer) => parts.push(part))
      .on("error", reject)
      .on("close", () => {
        if (status === "0") resolve(Buffer.concat(parts));
        else reject(new Error(`${path} answered grpc-status ${String(status)}`));
      });
  });
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([prefix, message]));
  return { answer, cancel: () => stream.close(constants.NGHTTP2_CANCEL) };
}

/** The path of an rpc, the same for gRPC and Connect. */
export function rpcPath({ parent, name }: DescMethodUnary): string {
  return `/${parent.typeName}/${name}`;
}
