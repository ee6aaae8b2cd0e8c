import cluster, { type Worker } from "node:cluster";
import { fileURLToPath } from "node:url";
import { AggregatorRegistry } from "prom-client";
import type { Config } from "./config/config.js";
import type { Logger } from "./server/logger.js";
import { StartError } from "./start-error.js";
import type { FromWorker, ToWorker, WorkerOrder } from "./worker.js";

/** Processes that serve on one HTTP and one gRPC port. */
interface Workers extends AsyncDisposable {
  readonly httpUrl: string;
  readonly grpcUrl: string;
}

interface WorkersOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly databaseUrl: string;
  readonly hasDemo: boolean;
}

/** A worker that ends at once after its start is started again after a while. */
const restartDelayMs = 1_000;
/** Beyond the time for requests in flight, in which a worker closes its connections. */
const stopGraceMs = 3_000;

/**
 * Starts `config.workers` processes, which accept the connections of both ports by Node's cluster module. A worker that
 * ends is replaced. They share the connections of DATABASE_POOL_SIZE; one of them removes expired rows.
 *
 * @throws StartError if one of them cannot start
 */
export async function startWorkers({ config, logger, databaseUrl, hasDemo }: WorkersOptions): Promise<Workers> {
  const count = config.workers;
  // The workers accept connections themselves. With Node's default the main process hands them over, and what it handed to
  // a worker that was killed at that moment stays open without an answer (Node 20.20.2, seen by test O6).
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({ exec: fileURLToPath(new URL("worker-main.js", import.meta.url)), args: [] });
  const metrics = new AggregatorRegistry();
  const running = new Map<number, Worker>();
  let isStopping = false;

  const start = async (index: number) => {
    const worker = cluster.fork();
    running.set(index, worker);
    const order: WorkerOrder = { databaseUrl, hasDemo, poolSize: shareOf(config, index), cleansUp: index === 0 };
    worker.on("message", (message: FromWorker) => {
      if (message.kind === "listening") tell(worker, { kind: "start", ...order });
      if (message.kind !== "metrics") return;
      metrics.clusterMetrics().then(
        (text) => tell(worker, { kind: "metrics", id: message.id, text }),
        (err: unknown) => {
          logger.warn({ err }, "failed to collect the metrics of all workers");
          tell(worker, { kind: "metrics", id: message.id });
        },
      );
    });
    const urls = await readyOf(worker);
    logger.info({ pid: worker.process.pid }, "a worker is ready");
    worker.once("exit", (code, signal) => {
      if (isStopping) return;
      logger.error({ pid: worker.process.pid, code, signal }, "a worker ended; starting another");
      restart(index);
    });
    return urls;
  };
  const restart = (index: number) => {
    start(index).catch((err: unknown) => {
      if (isStopping) return;
      logger.error({ err }, "a worker could not be started");
      setTimeout(() => isStopping || restart(index), restartDelayMs);
    });
  };
  const stop = async () => {
    isStopping = true;
    await Promise.all([...running.values()].map((worker) => stopped(worker, config.drainTimeoutMs + stopGraceMs)));
  };
  // Tells the server to read its certificate (certificates.ts). Operators know the process id of the main process.
  if (config.tls) {
    process.on("SIGHUP", () => {
      for (const worker of running.values()) worker.process.kill("SIGHUP");
    });
  }
  try {
    const [first] = await Promise.all(Array.from({ length: count }, (_, index) => start(index)));
    if (!first) throw new StartError("There are no workers.");
    return { ...first, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The connections of DATABASE_POOL_SIZE, divided. Every worker has at least one. */
function shareOf({ workers, database }: Config, index: number): number {
  const share = Math.floor(database.poolSize / workers);
  return Math.max(1, share + (index < database.poolSize % workers ? 1 : 0));
}

interface Urls {
  readonly httpUrl: string;
  readonly grpcUrl: string;
}

function readyOf(worker: Worker): Promise<Urls> {
  return new Promise((resolve, reject) => {
    worker.on("message", (message: FromWorker) => {
      if (message.kind === "ready") resolve(message);
      if (message.kind === "failed") reject(new StartError(message.message));
    });
    worker.once("exit", (code, signal) => reject(new StartError(`A worker ended at its start (${signal ?? code}).`)));
  });
}

function tell(worker: Worker, message: ToWorker): void {
  // A worker that has just ended receives nothing.
  if (worker.isConnected()) worker.send(message, undefined, () => {});
}

/** Resolves when the worker has ended. Kills it if it does not in time. */
function stopped(worker: Worker, timeoutMs: number): Promise<void> {
  if (worker.isDead()) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => worker.process.kill("SIGKILL"), timeoutMs);
    worker.once("exit", () => {
      clearTimeout(timer);
      resolve();
    });
    tell(worker, { kind: "stop" });
  });
}
