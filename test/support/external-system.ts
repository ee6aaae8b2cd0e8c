import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import {
  constants,
  createBrotliCompress,
  createDeflate,
  createGzip,
  deflateRawSync,
  deflateSync,
  gzipSync,
} from "node:zlib";

export interface ReceivedRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** Plays a system of others on loopback, in every mood. Its paths are the members of `moods`. */
export interface ExternalSystem extends AsyncDisposable {
  readonly port: number;
  /** Without a slash at its end. */
  readonly origin: string;
  /** For EXTERNAL_API_ALLOW. */
  readonly hostPort: string;
  /** Requests that arrived whole, in their order. */
  readonly requests: readonly ReceivedRequest[];
  /** Connections that are open now. */
  openConnections(): number;
  /** What `/normal` answers from now on. */
  answerWith(json: unknown): void;
}

interface Mood {
  readonly response: ServerResponse;
  readonly request: ReceivedRequest;
  readonly json: unknown;
}

export async function startExternalSystem(): Promise<ExternalSystem> {
  let json: unknown = { customer: { name: "Ada", level: 3 }, tags: ["a", "b"] };
  const requests: ReceivedRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const request = await receive(incoming).catch(() => undefined);
    if (!request) return;
    requests.push(request);
    const name = new URL(request.url, "http://mood").pathname.slice(1);
    const mood = moods[name] ?? moods["status/404"];
    mood?.({ response, request, json });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  const port = address && typeof address === "object" ? address.port : 0;
  let open = 0;
  server.on("connection", (socket) => {
    open += 1;
    socket
      .on("error", () => {})
      .on("close", () => {
        open -= 1;
      });
  });
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    hostPort: `127.0.0.1:${port}`,
    requests,
    openConnections: () => open,
    answerWith(answer) {
      json = answer;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((done) => server.close(done));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function receive(incoming: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  const { method = "", url = "", headers } = incoming;
  return { method, url, headers, body: Buffer.concat(chunks).toString() };
}

const bombBytes = 256 * 1024 * 1024;
const zeros = Buffer.alloc(1024 * 1024);

/** By path: each answers, or fails to, in one way. */
const moods: Readonly<Record<string, (mood: Mood) => void>> = {
  normal: ({ response, json }) => sendJson(response, json),
  echo: ({ response, request }) => sendJson(response, request),
  // What JSON can say and a double cannot.
  "long-integers": ({ response }) =>
    void response.end(
      '{"id":12345678901234567890,"negative":-9007199254740993,"text":"9007199254740993 \\" 1","e":1e20}',
    ),
  empty: ({ response }) => void response.writeHead(204).end(),
  // Never answers.
  slow: () => {},
  // Answers after a while.
  late: ({ response, json }) => void setTimeout(() => sendJson(response, json), 1_000),
  // Headers at once, then a byte now and then, without end.
  drip: ({ response }) => {
    response.writeHead(200, { "content-type": "application/json" }).write("[");
    const timer = setInterval(() => response.write(" "), 20);
    response.on("close", () => clearInterval(timer));
  },
  huge: ({ response }) => pour(response, 100 * 1024 * 1024),
  limit: ({ response }) => void response.end("x".repeat(65_536)),
  "over-limit": ({ response }) => void response.end("x".repeat(65_537)),
  "bomb/gzip": ({ response }) => bomb(response, "gzip"),
  "bomb/deflate": ({ response }) => bomb(response, "deflate"),
  "bomb/br": ({ response }) => bomb(response, "br"),
  // Compressed blocks that hold nothing, without end.
  "coded/nothing": ({ response }) => {
    response.writeHead(200, { "content-encoding": "deflate" });
    response.on("error", () => {});
    const blocks = Buffer.concat(Array.from({ length: 10_000 }, () => Buffer.from([0, 0, 0, 0xff, 0xff])));
    const timer = setInterval(() => response.write(blocks), 5);
    response.on("close", () => clearInterval(timer));
  },
  "coded/gzip": ({ response, json }) => sendCoded(response, "gzip", gzipSync(JSON.stringify(json))),
  "coded/deflate": ({ response, json }) => sendCoded(response, "deflate", deflateSync(JSON.stringify(json))),
  "coded/raw-deflate": ({ response, json }) => sendCoded(response, "deflate", deflateRawSync(JSON.stringify(json))),
  "coded/empty": ({ response }) => sendCoded(response, "gzip", Buffer.alloc(0)),
  "coded/unknown": ({ response }) => sendCoded(response, "zstd-of-mine", Buffer.from("x")),
  "coded/twice": ({ response, json }) =>
    sendCoded(response, "gzip, gzip", gzipSync(gzipSync(Buffer.from(JSON.stringify(json))))),
  "coded/lie": ({ response }) => sendCoded(response, "gzip", Buffer.from("this is plain text")),
  "coded/cut": ({ response }) => sendCoded(response, "gzip", gzipSync("x".repeat(5_000)).subarray(0, 20)),
  text: ({ response }) => void response.writeHead(200, { "content-type": "text/html" }).end("<p>Not JSON</p>"),
  "not-utf8": ({ response }) => void response.end(Buffer.from([0x61, 0xff, 0x62])),
  redirect: ({ response, request }) => {
    const port = request.headers.host?.split(":")[1];
    response.writeHead(302, { location: `http://127.0.0.1:${port}/normal?redirected` }).end();
  },
  "status/404": ({ response }) => void response.writeHead(404).end("not found"),
  "status/500": ({ response }) => void response.writeHead(500).end('{"error":"internal"}'),
  "status/503": ({ response }) => void response.writeHead(503).end(),
  reset: ({ response }) => void response.socket?.resetAndDestroy(),
  close: ({ response }) => void response.socket?.destroy(),
  "half-headers": ({ response }) => raw(response, "HTTP/1.1 200 OK\r\nContent-Ty"),
  "half-body": ({ response }) => raw(response, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
  "half-chunks": ({ response }) => raw(response, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
  "bad-chunks": ({ response }) => raw(response, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n"),
  garbage: ({ response }) => raw(response, "220 mail.example.com ESMTP\r\n"),
  "two-lengths": ({ response }) => raw(response, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
  "many-headers": ({ response }) =>
    raw(response, `HTTP/1.1 200 OK\r\n${`x-pad: ${"y".repeat(1_000)}\r\n`.repeat(40)}\r\n`),
  "until-close": ({ response }) => raw(response, 'HTTP/1.1 200 OK\r\n\r\n{"whole":true}'),
};

function sendJson(response: ServerResponse, json: unknown): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(json));
}

function sendCoded(response: ServerResponse, coding: string, bytes: Buffer): void {
  response.writeHead(200, { "content-type": "application/json", "content-encoding": coding }).end(bytes);
}

/** Bytes as they stand, then the end of the connection. */
function raw(response: ServerResponse, text: string): void {
  response.socket?.end(text);
}

/** Writes as fast as the other side reads. */
function pour(sink: NodeJS.WritableStream, bytes: number): void {
  let left = bytes;
  const fill = () => {
    while (left > 0) {
      left -= zeros.length;
      if (!sink.write(zeros)) return;
    }
    sink.end();
  };
  sink.on("drain", fill);
  fill();
}

/** A small answer that decompresses to 256 MiB of zeros. */
function bomb(response: ServerResponse, coding: "gzip" | "deflate" | "br"): void {
  // Brotli at its best thinks for a second before its first byte.
  const coders = {
    gzip: () => createGzip({ level: 1 }),
    deflate: () => createDeflate({ level: 1 }),
    br: () => createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  };
  const coder = coders[coding]();
  response.writeHead(200, { "content-encoding": coding });
  coder.pipe(response);
  response.on("close", () => coder.destroy());
  coder.on("error", () => {});
  pour(coder, bombBytes);
}
