#!/usr/bin/env bash
# connect-node: a call whose HTTP/2 connection is lost ends as `canceled`, though no one canceled it.
#
# The code CANCELLED says that the caller ended the call, so neither retry policies nor alerts look at it. When the other end
# closes the connection while a call runs, Node.js closes the stream with CANCEL (RFC 9113: "the stream is no longer needed"),
# and connect-node takes this for a cancellation. grpc-js tells UNAVAILABLE over the same server, and so does connect-node
# itself over HTTP/1.1 (`aborted`, which can be repeated).
set -euo pipefail

connect=2.1.2
grpc_js=1.14.7
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
npm install --silent --no-fund --no-audit --ignore-scripts --prefix "$scratch" "@grpc/grpc-js@$grpc_js" \
  "@connectrpc/connect@$connect" "@connectrpc/connect-node@$connect" @bufbuild/protobuf@2.13.0
echo "@connectrpc/connect-node $connect, @grpc/grpc-js $grpc_js, Node.js $(node --version)"
cat >lost.mjs <<'SCRIPT'
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:http2";
import { create, createFileRegistry } from "@bufbuild/protobuf";
import { EmptySchema, FileDescriptorSetSchema, file_google_protobuf_empty } from "@bufbuild/protobuf/wkt";
import { Code, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { Client, credentials, status } from "@grpc/grpc-js";

// Both servers read the request and then close the connection, as a server does that is stopped at once.
const sockets = new Set();
const lose = (request) => request.resume().on("end", () => setTimeout(() => sockets.forEach((one) => one.destroy()), 50));
const http2 = createServer().on("stream", lose);
const http1 = createHttpServer(lose);
const urls = [];
for (const server of [http2, http1]) {
  server.on("connection", (socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  urls.push(`http://127.0.0.1:${server.address().port}`);
}
const [overHttp2, overHttp1] = urls;

const file = {
  ...{ name: "lost.proto", package: "test", syntax: "proto3", dependency: ["google/protobuf/empty.proto"] },
  service: [
    { name: "Lost", method: [{ name: "Wait", inputType: ".google.protobuf.Empty", outputType: ".google.protobuf.Empty" }] },
  ],
};
const set = create(FileDescriptorSetSchema, { file: [file_google_protobuf_empty.proto, file] });
const service = createFileRegistry(set).getService("test.Lost");
async function callOver(name, transport) {
  const error = await createClient(service, transport).wait(create(EmptySchema)).catch((thrown) => thrown);
  console.log(`${name}: ${Code[error.code]}`);
}
await callOver("connect-node, gRPC", createGrpcTransport({ baseUrl: overHttp2 }));
await callOver("connect-node, Connect over HTTP/2", createConnectTransport({ baseUrl: overHttp2, httpVersion: "2" }));
await callOver("connect-node, Connect over HTTP/1.1", createConnectTransport({ baseUrl: overHttp1, httpVersion: "1.1" }));
const client = new Client(new URL(overHttp2).host, credentials.createInsecure(), { "grpc.enable_retries": 0 });
const bytes = (value) => value;
const code = await new Promise((resolve) => {
  client.makeUnaryRequest("/test.Lost/Wait", bytes, bytes, Buffer.alloc(0), (error) => resolve(error?.code));
});
console.log(`grpc-js, gRPC: ${status[code]}`);
process.exit();
SCRIPT
expected=$(cat <<'LINES'
connect-node, gRPC: Canceled
connect-node, Connect over HTTP/2: Canceled
connect-node, Connect over HTTP/1.1: Aborted
grpc-js, gRPC: UNAVAILABLE
LINES
)
seen=$(node lost.mjs)
echo "$seen"
[[ $seen == "$expected" ]] || { echo "The behavior changed. Expected:" && echo "$expected" && exit 1; }
