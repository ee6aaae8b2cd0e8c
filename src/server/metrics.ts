import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { timeZoneVersion } from "../core/time-zones.js";
import type { OutboundOutcome } from "../outbound/outbound-calls.js";
import type { CallMetrics } from "./pipeline/observe.js";

interface PoolGauges {
  readonly inUse: number;
  readonly idle: number;
  /** Requests waiting for a connection. */
  readonly waiting: number;
}

export interface Metrics extends CallMetrics {
  /** Counts a request to an external API by its outcome. */
  countOutbound(outcome: OutboundOutcome): void;
  readonly contentType: string;
  text(): Promise<string>;
}

/** From 1 ms, the time of a get by id, to the longest time a request may take. */
const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * Metrics of one server, in a registry of their own so that several servers can run in one process. Labels have few
 * values: rpcs, transports and canonical codes are finite sets.
 */
export function createMetrics(options: {
  readonly pool: () => PoolGauges;
  readonly droppedLogLines?: (() => number) | undefined;
  readonly droppedKeyUses?: () => number;
}): Metrics {
  const registry = new Registry();
  const registers = [registry];
  // What the main process collects from its workers.
  AggregatorRegistry.setRegistries(registry);
  collectDefaultMetrics({ register: registry });
  const labelNames = ["rpc", "transport"] as const;
  const calls = new Counter({
    name: "moego_calls_total",
    help: "Total number of completed RPCs by gRPC status code.",
    labelNames: [...labelNames, "code"] as const,
    registers,
  });
  const errors = new Counter({
    name: "moego_call_errors_total",
    help: "Total number of RPCs that completed with a code other than OK.",
    labelNames: [...labelNames, "code"] as const,
    registers,
  });
  const seconds = new Histogram({
    name: "moego_call_duration_seconds",
    help: "RPC latency in seconds, from arrival to response.",
    labelNames,
    buckets: secondsBuckets,
    registers,
  });
  const streamed = new Counter({
    name: "moego_stream_messages_total",
    help: "Total number of responses that streams have sent.",
    labelNames,
    registers,
  });
  const streamedBytes = new Counter({
    name: "moego_stream_bytes_total",
    help: "Total size in bytes of the responses that streams have sent, without what the protocol adds.",
    labelNames,
    registers,
  });
  const outbound = new Counter({
    name: "moego_outbound_calls_total",
    help: "Total number of external API requests by outcome.",
    labelNames: ["outcome"] as const,
    registers,
  });
  const failedAuthentications = new Counter({
    name: "moego_authentication_failures_total",
    help: "Total number of requests rejected for their API key or for where it was used, by reason.",
    labelNames: ["reason"] as const,
    registers,
  });
  new Counter({
    name: "moego_log_lines_dropped_total",
    help: "Total number of log lines dropped because standard error was not read fast enough.",
    registers,
    collect() {
      this.reset();
      this.inc(options.droppedLogLines?.() ?? 0);
    },
  });
  new Counter({
    name: "moego_key_uses_dropped_total",
    help: "Total number of reads of personal data that were not recorded because the database did not store them fast enough.",
    registers,
    collect() {
      this.reset();
      this.inc(options.droppedKeyUses?.() ?? 0);
    },
  });
  new Gauge({
    name: "moego_time_zone_data_info",
    help: "1, with the version of the IANA time zone data in use.",
    labelNames: ["version"] as const,
    aggregator: "first",
    registers,
  }).set({ version: timeZoneVersion }, 1);
  new Gauge({
    name: "moego_database_connections",
    help: "Database pool connections by state, and requests waiting for a connection.",
    labelNames: ["state"] as const,
    registers,
    collect() {
      const { inUse, idle, waiting } = options.pool();
      this.set({ state: "in_use" }, inUse);
      this.set({ state: "idle" }, idle);
      this.set({ state: "waiting" }, waiting);
    },
  });
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    countFailedAuthentication: (reason) => failedAuthentications.inc({ reason }),
    countOutbound: (outcome) => outbound.inc({ outcome }),
    observe({ rpc, transport, code, durationMs, sent }) {
      calls.inc({ rpc, transport, code });
      if (code !== "OK") errors.inc({ rpc, transport, code });
      seconds.observe({ rpc, transport }, durationMs / 1_000);
      if (!sent) return;
      streamed.inc({ rpc, transport }, sent.messages);
      streamedBytes.inc({ rpc, transport }, sent.bytes);
    },
  };
}
