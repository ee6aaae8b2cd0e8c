import process from "node:process";
import { AggregatorRegistry } from "prom-client";
import { createApp } from "./app.js";
import type { Config } from "./config/config.js";
import { serviceSecrets } from "./database-server.js";
import { knownFailure } from "./known-failure.js";
import type { ServerProcess } from "./server-process.js";

/** From the main process to a worker. */
export type ToWorker =
  | ({ readonly kind: "start" } & WorkerOrder)
  | { readonly kind: "stop" }
  /** Without a text they could not be collected. */
  | { readonly kind: "metrics"; readonly id: number; readonly text?: string };

export interface WorkerOrder {
  /** Login of the server role. */
  readonly databaseUrl: string;
  readonly hasDemo: boolean;
  /** Its share of the connections. */
  readonly poolSize: number;
  /** Whether this worker does what only one process does: it removes expired rows. */
  readonly cleansUp: boolean;
}

/** From a worker to the main process. */
export type FromWorker =
  /** It listens to messages. One that arrives earlier can be lost. */
  | { readonly kind: "listening" }
  | { readonly kind: "ready"; readonly httpUrl: string; readonly grpcUrl: string }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "metrics"; readonly id: number };

/**
 * One of the processes behind the same ports. Runs until the main process or a signal stops it. Node ends it when the main
 * process is gone.
 */
export async function work(config: Config, { logger, logLines, stopRequested }: ServerProcess): Promise<void> {
  const { start, stopped, metrics } = listen();
  const order = await start;
  try {
    await using app = await createApp({
      config: { ...config, database: { ...config.database, poolSize: order.poolSize } },
      logger,
      databaseUrl: order.databaseUrl,
      secrets: await serviceSecrets(config),
      hasDemo: order.hasDemo,
      cleansUp: order.cleansUp,
      metricsOfAll: metrics,
      droppedLogLines: logLines.dropped,
    });
    tell({ kind: "ready", httpUrl: app.httpUrl, grpcUrl: app.grpcUrl });
    await Promise.race([stopRequested, stopped]);
  } catch (error) {
    const stack = error instanceof Error ? error.stack : String(error);
    tell({ kind: "failed", message: knownFailure(error)?.message ?? String(stack) });
    process.exitCode = 1;
  }
  await logLines.flush();
}

function tell(message: FromWorker): void {
  process.send?.(message);
}

function listen() {
  const asked = new Map<number, (text: string | undefined) => void>();
  let lastId = 0;
  let stop = () => {};
  let begin = (_order: WorkerOrder) => {};
  const start = new Promise<WorkerOrder>((resolve) => {
    begin = resolve;
  });
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  process.on("message", (message: ToWorker) => {
    if (message.kind === "start") begin(message);
    else if (message.kind === "stop") stop();
    else if (message.kind === "metrics") {
      asked.get(message.id)?.(message.text);
      asked.delete(message.id);
    }
  });
  tell({ kind: "listening" });
  // Answers when the main process collects metrics.
  new AggregatorRegistry();
  const metrics = () => {
    lastId += 1;
    const id = lastId;
    return new Promise<string>((resolve, reject) => {
      const answered = (text: string | undefined) =>
        text === undefined ? reject(new Error("A worker did not tell its metrics.")) : resolve(text);
      asked.set(id, answered);
      tell({ kind: "metrics", id });
    });
  };
  return { start, stopped, metrics };
}
