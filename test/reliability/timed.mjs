import { subscribe } from "node:diagnostics_channel";
import http2 from "node:http2";
import { syncBuiltinESMExports } from "node:module";

/*
 * Loaded into a service before its own code (NODE_OPTIONS=--import): on SIGUSR2 it says on standard error how long each
 * exchange was open on its connections, from the request's headers to the end of the answer or of the stream, and how busy
 * its event loop was since it said so last. Plain JavaScript, since it runs in the process of the service.
 */
let exchanges = [];
let since = performance.eventLoopUtilization();

function time(requestId, exchange) {
  if (requestId === undefined) return;
  const startedAt = performance.now();
  exchange.once("close", () => exchanges.push([requestId, performance.now() - startedAt]));
}

subscribe("http.server.request.start", ({ request, response }) => time(request.headers["x-request-id"], response));

// HTTP/2 has no such channel.
const { createServer } = http2;
http2.createServer = (...given) =>
  createServer(...given).on("stream", (stream, headers) => time(headers["x-request-id"], stream));
syncBuiltinESMExports();

process.on("SIGUSR2", () => {
  const now = performance.eventLoopUtilization();
  const { utilization } = performance.eventLoopUtilization(now, since);
  process.stderr.write(`timed ${JSON.stringify({ utilization, exchanges })}\n`);
  since = now;
  exchanges = [];
});
