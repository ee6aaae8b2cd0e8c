import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { toBinary } from "@bufbuild/protobuf";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import type { Headers } from "../support/answer.js";
import { enveloped, openRawCalls, type RawRequest } from "./raw-calls.js";

export interface Served {
  /** What was answered instead of OK, by call. */
  readonly refusals: readonly string[];
  /** Milliseconds, of every call. */
  readonly tookMs: readonly number[];
  /** 99 of 100 calls were answered within so many milliseconds. */
  readonly p99Ms: number;
}

const perSecond = 75;
const method = CustomerService.method.getCustomer;
const message = toBinary(method.input, { $typeName: "moego.business.customer.v1.GetCustomerRequest", id: "cus_a1" });

/**
 * Calls by gRPC and REST in turn at a steady rate, whether answers come or not, and takes the time from the moment at
 * which a call was due: a service that stands still is not spared the calls that it kept from being sent. Hangs up at
 * the end.
 */
export async function callSteadily(
  service: { readonly httpUrl: string; readonly grpcPort: number },
  headers: Headers,
  seconds: number,
): Promise<Served> {
  using calls = openRawCalls(service);
  const byGrpc: RawRequest = { method, headers, transport: "grpc", body: enveloped(message) };
  const byRest: RawRequest = {
    ...{ method, headers, transport: "rest", body: Buffer.alloc(0) },
    ...{ verb: "GET", target: "/v1/customers/cus_a1" },
  };
  const tookMs: number[] = [];
  const refusals: string[] = [];
  const pending: Promise<void>[] = [];
  const started = performance.now();
  for (let index = 0; index < seconds * perSecond; index += 1) {
    const due = started + (index * 1_000) / perSecond;
    await sleep(Math.max(0, due - performance.now()));
    const answered = calls.send(index % 2 === 0 ? byGrpc : byRest).then((code) => {
      tookMs.push(performance.now() - due);
      if (code !== "OK") refusals.push(code);
    });
    pending.push(answered);
  }
  await Promise.all(pending);
  return { refusals, tookMs, p99Ms: p99(tookMs) };
}

/** What was seen in several runs, as if it had been one. */
export function together(runs: readonly Served[]): Served {
  const tookMs = runs.flatMap((run) => run.tookMs);
  return { refusals: runs.flatMap((run) => run.refusals), tookMs, p99Ms: p99(tookMs) };
}

function p99(tookMs: readonly number[]): number {
  return tookMs.toSorted((a, b) => a - b)[Math.floor(tookMs.length * 0.99)] ?? 0;
}
