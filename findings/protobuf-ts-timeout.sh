#!/usr/bin/env bash
# protobuf-ts: the option `timeout` of its gRPC-Web transport ends no call. A call with 200 ms succeeds after 1 s.
#
# The option is documented as "Timeout for the call in milliseconds". The transport sends it as the header grpc-timeout and
# has no timer, so a server or a proxy that ignores the header holds up the call for as long as it likes (issue 502 of
# protobuf-ts, open). connect-web, with the same protocol and the same server, ends its call after 200 ms.
set -euo pipefail

protobuf_ts=2.11.1
connect=2.1.2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
npm install --silent --no-fund --no-audit --ignore-scripts --prefix "$scratch" \
  "@protobuf-ts/grpcweb-transport@$protobuf_ts" "@protobuf-ts/runtime@$protobuf_ts" \
  "@connectrpc/connect@$connect" "@connectrpc/connect-web@$connect" @bufbuild/protobuf@2.13.0
echo "@protobuf-ts/grpcweb-transport $protobuf_ts, @connectrpc/connect-web $connect, Node.js $(node --version)"
cat >asked.mjs <<'SCRIPT'
import { createServer } from "node:http";
import { createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { createFileRegistry, create } from "@bufbuild/protobuf";
import { EmptySchema, FileDescriptorSetSchema, file_google_protobuf_empty } from "@bufbuild/protobuf/wkt";
import { GrpcWebFetchTransport } from "@protobuf-ts/grpcweb-transport";
import { MessageType } from "@protobuf-ts/runtime";

// Answers every gRPC-Web call after a second with an empty message and status 0.
const frame = (flag, text) => Buffer.concat([Buffer.from([flag, 0, 0, 0, text.length]), Buffer.from(text)]);
const server = createServer((request, response) => {
  request.resume();
  setTimeout(() => {
    response.setHeader("content-type", "application/grpc-web+proto");
    response.end(Buffer.concat([frame(0, ""), frame(0x80, "grpc-status: 0\r\n")]));
  }, 1000);
}).listen(0, "127.0.0.1");
await new Promise((resolve) => server.once("listening", resolve));
const baseUrl = `http://127.0.0.1:${server.address().port}`;

async function timed(name, call) {
  const started = performance.now();
  const outcome = await call().then(() => "OK", (error) => error.name);
  const took = performance.now() - started;
  console.log(`${name}: ${outcome} after ${took < 900 ? "less" : "more"} than 900 ms`);
}

const empty = new MessageType("google.protobuf.Empty", []);
const transport = new GrpcWebFetchTransport({ baseUrl, format: "binary" });
const method = {
  ...{ name: "Wait", localName: "wait", service: { typeName: "test.Slow", methods: [], options: {} }, options: {} },
  ...{ serverStreaming: false, clientStreaming: false, I: empty, O: empty },
};
await timed("protobuf-ts, timeout 200", () => transport.unary(method, {}, transport.mergeOptions({ timeout: 200 })).response);

const file = {
  ...{ name: "slow.proto", package: "test", syntax: "proto3", dependency: ["google/protobuf/empty.proto"] },
  service: [
    { name: "Slow", method: [{ name: "Wait", inputType: ".google.protobuf.Empty", outputType: ".google.protobuf.Empty" }] },
  ],
};
const set = create(FileDescriptorSetSchema, { file: [file_google_protobuf_empty.proto, file] });
const client = createClient(createFileRegistry(set).getService("test.Slow"), createGrpcWebTransport({ baseUrl }));
await timed("connect-web, timeoutMs 200", () => client.wait(create(EmptySchema), { timeoutMs: 200 }));
server.close();
server.closeAllConnections();
SCRIPT
expected=$(cat <<'LINES'
protobuf-ts, timeout 200: OK after more than 900 ms
connect-web, timeoutMs 200: ConnectError after less than 900 ms
LINES
)
seen=$(node asked.mjs)
echo "$seen"
[[ $seen == "$expected" ]] || { echo "The behavior changed. Expected:" && echo "$expected" && exit 1; }
