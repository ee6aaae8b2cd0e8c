import process from "node:process";
import { quantile } from "../load.js";
import { type NextRequest, overGrpc, overHttp1 } from "./connections.js";
import type { LoadFigures, LoadOrder } from "./load-order.js";
import { authorization, isExpected, type Request, requestsOf } from "./requests.js";

// The process that sends load for measure.ts, an order at a time. A process of its own, so that its CPU time is known.

const inFlight = 32;
const grpcConnections = 4;
/** Of a wrong answer. */
const shownBytes = 500;

async function carryOut(order: LoadOrder): Promise<LoadFigures> {
  const { operation, transport, port, seconds } = order;
  const { path, next: nextRequest } = requestsOf(order);
  const latencies: number[] = [];
  let failures = 0;
  let failure: string | undefined;
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const end = startedAt + seconds * 1_000;
  const conversation = (): NextRequest => {
    let asked: { readonly request: Request; readonly at: number } | undefined;
    return (answer, refusal) => {
      const now = performance.now();
      if (asked) {
        if (answer && isExpected(answer, asked.request, operation)) latencies.push(now - asked.at);
        else {
          failures += 1;
          failure ??= (answer ?? refusal)?.toString("utf8", 0, shownBytes);
        }
      }
      if (now > end) return undefined;
      asked = { request: nextRequest(), at: now };
      return asked.request.bytes;
    };
  };
  if (transport === "gRPC") {
    const streams = () => Array.from({ length: inFlight / grpcConnections }, conversation);
    const connections = Array.from({ length: grpcConnections }, streams);
    await Promise.all(connections.map((each) => overGrpc(port, { path, authorization, streams: each })));
  } else {
    await Promise.all(Array.from({ length: inFlight }, () => overHttp1(port, conversation())));
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    calls: latencies.length,
    failures,
    failure,
    seconds: (performance.now() - startedAt) / 1_000,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    cpuSeconds: (user + system) / 1e6,
  };
}

process.on("message", (order: LoadOrder) => {
  carryOut(order).then(
    (figures) => process.send?.(figures),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
});
