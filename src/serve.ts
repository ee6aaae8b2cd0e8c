import cluster from "node:cluster";
import { setFlagsFromString } from "node:v8";
import { formatBanner } from "./banner.js";
import type { Config } from "./config/config.js";
import { timeZoneVersion } from "./core/time-zones.js";
import { openDatabaseServer, readyDatabase, type SeededDemo, seedDemo, serviceSecrets } from "./database-server.js";
import { openLogDestination } from "./server/log-destination.js";
import { createLogger, type Logger } from "./server/logger.js";

/**
 * Lets the heap double between two full garbage collections. By default V8 collects after growth of a tenth, 5 MB, and
 * counts the buffers of messages: two decompression bombs were enough for a collection, and with four per second the
 * p99 of other requests rose from 7 to 20 ms. V8 reads the flag whenever it sets the next limit.
 */
const heapGrowth = "--heap-growing-percent=100";

/**
 * Runs the server until SIGTERM or SIGINT, then waits for requests in flight. Resolves when everything is closed.
 * Rejects if the embedded database cannot be kept running.
 *
 * The log goes to standard error. Standard output gets the addresses and first requests, once, and the demo API keys if it is a
 * terminal.
 *
 * With several workers this is the main process, and each of them runs this function too: workers.ts, worker.ts.
 *
 * @throws anything that prevents startup (startup-error-message.ts)
 */
export async function serve(config: Config): Promise<void> {
  setFlagsFromString(heapGrowth);
  const logLines = openLogDestination();
  const logger = createLogger(config.log, logLines);
  endOnDefect(logger);
  const stopRequested = firstSignal(logger);
  if (cluster.isWorker) {
    const { work } = await import("./worker.js");
    return await work({ config, logger, logLines, stopRequested });
  }
  // The database starts while the modules of the transports and Prisma are loaded.
  const [server, start] = await Promise.all([openDatabaseServer(config, logger), importedStart(config)]);
  try {
    await readyDatabase(config, server, logger);
    const [secrets, demo] = await Promise.all([serviceSecrets(config), seedDemo(config, server)]);
    await using app = await start({
      config,
      logger,
      databaseUrl: server.serviceUrl,
      secrets,
      hasDemo: demoKeysOf(demo) !== undefined,
      droppedLogLines: logLines.dropped,
    });
    const readyAfterMs = Math.round(process.uptime() * 1_000);
    logger.info(
      { httpUrl: app.httpUrl, grpcUrl: app.grpcUrl, readyAfterMs, pid: process.pid, timeZoneVersion },
      "ready",
    );
    process.stdout.write(
      `${formatBanner({
        ...{ readyAfterMs, httpUrl: app.httpUrl, grpcUrl: app.grpcUrl },
        ...{ demo: demoKeysOf(demo), isTerminal: process.stdout.isTTY },
      })}\n`,
    );
    const signal = await Promise.race([stopRequested, server.failed]);
    logger.info({ signal, drainTimeoutMs: config.drainTimeoutMs }, "stopping");
  } finally {
    await server.stop();
  }
  logger.info({}, "stopped");
  await logLines.flush();
}

/** What serves: this process, or its workers. Only what serves loads the transports and Prisma. */
async function importedStart({ workers }: Config) {
  return workers === 1 ? (await import("./app.js")).createApp : (await import("./workers.js")).startWorkers;
}

function demoKeysOf(demo: SeededDemo | undefined): SeededDemo["secrets"] | undefined {
  return demo && demo.outcome !== "absent" ? demo.secrets : undefined;
}

/** On Ctrl-C both the terminal and npm send a signal; treat them as one. */
const echoMs = 1_000;

/** Resolves with the first signal to stop. A second one after the echo interval exits immediately. */
function firstSignal(logger: Logger): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let stoppingSince: number | undefined;
    const onSignal = (signal: NodeJS.Signals) => {
      const now = performance.now();
      stoppingSince ??= now;
      resolve(signal);
      if (now - stoppingSince < echoMs) return;
      logger.warn({ signal }, "second signal received, exiting immediately");
      process.exit(1);
    };
    process.on("SIGTERM", onSignal);
    process.on("SIGINT", onSignal);
  });
}

/** After an uncaught error the state is unknown. Exits, and leaves the restart to the process manager. */
function endOnDefect(logger: Logger): void {
  const end = (err: unknown) => {
    logger.fatal({ err }, "uncaught error");
    process.exit(1);
  };
  process.on("uncaughtException", end);
  process.on("unhandledRejection", end);
}
