import { setFlagsFromString } from "node:v8";
import type { Config } from "./config/config.js";
import { openDatabaseServer, readyDatabase, type SeededDemo, seedDemo, serviceSecrets } from "./database-server.js";
import { EmbeddedPostgresError } from "./db/embedded/embedded-error.js";
import { MigrationError } from "./db/migrate/migrate.js";
import { RoleError } from "./db/migrate/roles.js";
import { SecretsError } from "./db/secrets.js";
import type { WorkingSecrets } from "./demo/demo-keys.js";
import { openLogDestination } from "./server/log-destination.js";
import { createLogger, type Logger } from "./server/logger.js";
import { StartError } from "./start-error.js";

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
 * The log goes to standard error. Standard output gets the addresses, demo API keys and first requests, once.
 *
 * @throws anything that prevents startup (startupErrorMessage)
 */
export async function serve(config: Config): Promise<void> {
  setFlagsFromString(heapGrowth);
  const logLines = openLogDestination();
  const logger = createLogger(config.log, logLines);
  endOnDefect(logger);
  const stopRequested = firstSignal(logger);
  // The database starts while the modules of the transports and Prisma are loaded.
  const [server, { createApp }] = await Promise.all([openDatabaseServer(config, logger), import("./app.js")]);
  try {
    await readyDatabase(config, server, logger);
    const [secrets, demo] = await Promise.all([serviceSecrets(config), seedDemo(config, server)]);
    await using app = await createApp({
      config,
      logger,
      databaseUrl: server.serviceUrl,
      secrets,
      hasDemo: demoKeysOf(demo) !== undefined,
      droppedLogLines: logLines.dropped,
    });
    const readyAfterMs = Math.round(process.uptime() * 1_000);
    logger.info({ httpUrl: app.httpUrl, grpcUrl: app.grpcUrl, readyAfterMs, pid: process.pid }, "ready");
    process.stdout.write(
      `${formatBanner({ readyAfterMs, httpUrl: app.httpUrl, grpcUrl: app.grpcUrl, demo: demoKeysOf(demo) })}\n`,
    );
    const signal = await Promise.race([stopRequested, server.failed]);
    logger.info({ signal, drainTimeoutMs: config.drainTimeoutMs }, "stopping");
  } finally {
    await server.stop();
  }
  logger.info({}, "stopped");
  await logLines.flush();
}

/** The message for a startup that failed for a known reason; undefined for a bug. */
export function startupErrorMessage(error: unknown): string | undefined {
  const known = [StartError, EmbeddedPostgresError, MigrationError, RoleError, SecretsError];
  if (known.some((kind) => error instanceof kind) && error instanceof Error) return error.message;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  // Codes of the operating system (unknown host, connection refused) or of PostgreSQL (SQLSTATE: wrong password, no
  // such database, no such role).
  const isConnection = /^(ECONN|ENOTFOUND|EHOSTUNREACH|ETIMEDOUT|EAI_|28|3D000|57P03|53300)/.test(code);
  if (!isConnection) return undefined;
  const text = error instanceof Error && error.message ? `: ${error.message}` : "";
  return `Cannot connect to the database of DATABASE_URL or DATABASE_MIGRATION_URL (${code})${text}.`;
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

interface BannerFacts {
  readonly readyAfterMs: number;
  readonly httpUrl: string;
  readonly grpcUrl: string;
  /** Absent if there is no demo data. */
  readonly demo: WorkingSecrets | undefined;
}

/**
 * The lines printed to standard output once the server is ready: addresses, demo API keys, and a first request for each
 * transport that can be pasted into a shell in the repository directory.
 */
function formatBanner({ readyAfterMs, httpUrl, grpcUrl, demo }: BannerFacts): string {
  const ready = `moego is ready (started in ${(readyAfterMs / 1_000).toFixed(1)} s)`;
  const addresses = [`  REST, Connect, gRPC-Web  ${httpUrl}`, `  gRPC                     ${grpcUrl}`];
  const makeKey = "  Create an API key:  npx moego keys create --name NAME --company ID";
  if (!demo) return ["", ready, "", ...addresses, "", makeKey, ""].join("\n");
  const keys = [
    `  Demo API key (cmp_001)   ${demo.first ?? changedKey}`,
    `  Demo API key (cmp_002)   ${demo.second ?? changedKey}`,
  ];
  const calls = demo.first === undefined ? [makeKey] : firstCalls(httpUrl, grpcUrl, demo.first);
  return ["", ready, "", ...addresses, ...keys, "", ...calls, ""].join("\n");
}

/** The new secret was shown only once, at the rotation. */
const changedKey = "(rotated or revoked)";

const list = `{"companyId":"cmp_001","pagination":{"pageSize":2}}`;
const listCustomers = "moego.business.customer.v1.CustomerService/ListCustomers";

function firstCalls(httpUrl: string, grpcUrl: string, key: string): string[] {
  const authorization = `-H 'authorization: Basic ${Buffer.from(key, "utf8").toString("base64")}'`;
  // curl does not trust a self-signed certificate.
  const anyCertificate = httpUrl.startsWith("https:") ? "-k " : "";
  const cleartextHttp2 = httpUrl.startsWith("https:") ? "" : "--http2-prior-knowledge ";
  return [
    "REST:",
    `curl ${anyCertificate}${authorization} -H 'content-type: application/json' -d '${list}' ${httpUrl}/v1/customers:list`,
    "",
    "gRPC (using reflection):",
    `npx buf curl ${anyCertificate}--protocol grpc ${cleartextHttp2}${authorization} -d '${list}' ${grpcUrl}/${listCustomers}`,
    "",
    "Connect:",
    `npx buf curl ${anyCertificate}--schema proto ${authorization} -d '${list}' ${httpUrl}/${listCustomers}`,
  ];
}
