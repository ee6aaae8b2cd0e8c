import { setFlagsFromString } from "node:v8";
import type { Config } from "./config/config.js";
import { type LogDestination, openLogDestination } from "./server/log-destination.js";
import { createLogger, type Logger } from "./server/logger.js";

/**
 * Lets the heap double between two full garbage collections. By default V8 collects after growth of a tenth, 5 MB, and
 * counts the buffers of messages: two decompression bombs were enough for a collection, and with four per second the
 * p99 of other requests rose from 7 to 20 ms. V8 reads the flag whenever it sets the next limit.
 */
const heapGrowth = "--heap-growing-percent=100";

/** What every process that serves, or that starts those that do, has from its beginning. */
export interface ServerProcess {
  readonly logger: Logger;
  readonly logLines: LogDestination;
  /** Resolves when a signal to stop arrives. */
  readonly stopRequested: Promise<NodeJS.Signals>;
}

export function beginProcess(log: Config["log"]): ServerProcess {
  setFlagsFromString(heapGrowth);
  const logLines = openLogDestination();
  const logger = createLogger(log, logLines);
  endOnDefect(logger);
  return { logger, logLines, stopRequested: firstSignal(logger) };
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
