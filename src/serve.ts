import { formatBanner } from "./banner.js";
import type { Config } from "./config/config.js";
import { timeZoneVersion } from "./core/time-zones.js";
import { openDatabaseServer, readyDatabase, type SeededDemo, seedDemo, serviceSecrets } from "./database-server.js";
import { beginProcess } from "./server-process.js";

/**
 * Runs the server until SIGTERM or SIGINT, then waits for requests in flight. Resolves when everything is closed.
 * Rejects if the embedded database cannot be kept running.
 *
 * The log goes to standard error. Standard output gets the addresses and first requests, once, and the demo API keys if it is a
 * terminal.
 *
 * With several workers this is their main process (workers.ts).
 *
 * @throws anything that prevents startup (known-failure.ts)
 */
export async function serve(config: Config): Promise<void> {
  const { logger, logLines, stopRequested } = beginProcess(config.log);
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
