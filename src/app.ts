import { readTls, watchCertificate } from "./certificates.js";
import { type Config, ownUrl } from "./config/config.js";
import type { CardPages } from "./core/card-page.js";
import type { CardEvents } from "./core/card-provider.js";
import type { ServiceSecrets } from "./database-server.js";
import { startCleanup } from "./db/cleanup.js";
import { type Database, openDatabase, openStatements, type Statements } from "./db/database.js";
import { createKeyUseLog } from "./db/key-use-log.js";
import { createSnapshots } from "./db/snapshots.js";
import { statement } from "./db/statement.js";
import { createHandlers } from "./handlers.js";
import { createOutbound } from "./outbound/outbound-calls.js";
import { createStripeCards } from "./outbound/stripe-cards.js";
import { createRepositories, fingerprintKeys } from "./repositories.js";
import { createKeyCheckRepository } from "./resources/api-keys/key-check.repository.js";
import { createKeyChecker } from "./resources/api-keys/key-check.service.js";
import { createCardEvents } from "./resources/cards/card-confirmation.service.js";
import { createCardPages } from "./resources/cards/card-page.service.js";
import { createExportRepository } from "./resources/exports/export.repository.js";
import { createFindSurvivors } from "./resources/merges/merge-redirect.repository.js";
import type { Logger } from "./server/logger.js";
import { createMetrics, type Metrics } from "./server/metrics.js";
import { createAttemptBudget } from "./server/pipeline/attempt-budget.js";
import type { ExecuteCall, ExecuteStream } from "./server/pipeline/call.js";
import { createAddressOf } from "./server/pipeline/client-address.js";
import { createDrainDeadline, outcomeGraceMs } from "./server/pipeline/deadline.js";
import { createRejectRequest } from "./server/pipeline/observe.js";
import { createReportPage } from "./server/pipeline/observe-page.js";
import { createPipeline } from "./server/pipeline/pipeline.js";
import { cardCanceledPath, cardDonePath, createCardPageHandler } from "./server/transport/card-page.js";
import { createConnectHandler } from "./server/transport/connect.js";
import { demoEcho, demoEchoPath } from "./server/transport/demo-echo.js";
import { startGrpcServer } from "./server/transport/grpc.js";
import { startHttpServer } from "./server/transport/http.js";
import { createRestHandler } from "./server/transport/rest.js";
import { createSiteHandler } from "./server/transport/site-files.js";
import { createStripeWebhookHandler, stripeWebhookPath } from "./server/transport/stripe-webhook.js";
import { services } from "./services.js";
import { siteFiles, siteFolder } from "./site/files.js";
import { bindServer } from "./start-error.js";

interface AppOptions {
  readonly config: Config;
  readonly logger: Logger;
  /** Login of the server role, for a migrated database. */
  readonly databaseUrl: string;
  readonly secrets: ServiceSecrets;
  /** If true, `/demo/echo` acts as a third-party system for external APIs. */
  readonly hasDemo?: boolean;
  /** Number of log lines that were dropped. */
  readonly droppedLogLines?: () => number;
  /** Whether this process removes expired rows; default true. */
  readonly cleansUp?: boolean;
  /** The metrics of all processes behind the same ports; default: of this one. */
  readonly metricsOfAll?: () => Promise<string>;
}

/** The running application: two servers that share one pipeline and one connection pool. */
export interface App extends AsyncDisposable {
  readonly httpPort: number;
  readonly grpcPort: number;
  /** URL for connections from this machine, without a trailing slash. */
  readonly httpUrl: string;
  readonly grpcUrl: string;
  /** Whether requests can be sent: not shutting down, and the database responds. */
  ready(): Promise<boolean>;
  /**
   * Reports not ready, waits up to `drainTimeoutMs` for requests in flight, aborts the rest with SHUTTING_DOWN or
   * OUTCOME_UNKNOWN, and closes the pool.
   */
  stop(): Promise<void>;
}

/** Wires everything together: configuration, database, repositories, services, handlers, pipeline, servers. */
export async function createApp({
  config,
  logger,
  databaseUrl,
  secrets,
  hasDemo = false,
  droppedLogLines,
  cleansUp = true,
  metricsOfAll,
}: AppOptions): Promise<App> {
  const { poolSize, poolWaitMs, ...limits } = config.database;
  const connection = { ...limits, url: databaseUrl, waitMs: poolWaitMs, log: logger };
  const database = openDatabase({ ...connection, size: poolSize });
  const checks = openStatements({ ...connection, size: checkConnections, name: "moego checks" });
  const probe = openStatements({ ...connection, size: 1, name: "moego probe" });
  const { max: maxExports, resumeMs } = config.exports;
  const { statementTimeoutMs: _, idleInTransactionTimeoutMs: __, ...shared } = connection;
  const snapshots = createSnapshots({
    ...{ ...shared, size: maxExports },
    ...{ timeoutMs: config.streams.maxDurationMs, parkedMs: resumeMs },
  });
  const keyUse = createKeyUseLog({ database, log: logger });
  const metrics = createMetrics({ pool: () => toGauges(database), droppedLogLines, droppedKeyUses: keyUse.dropped });
  const keys = createKeyChecker({
    repository: createKeyCheckRepository(checks),
    monotonicMs,
    budget: createAttemptBudget(monotonicMs),
    onTouchFailed: (err) => logger.warn({ err }, "failed to update last_used_time of an API key"),
  });
  const externalApiAllow = new Set(config.externalApiAllow);
  const outbound = createOutbound({ allow: externalApiAllow, observe: metrics.countOutbound });
  let httpUrl = "";
  const publicBaseUrl = () => config.publicBaseUrl ?? httpUrl;
  const { limits: writeLimits, stripe } = config;
  const repositories = createRepositories({ database, limits: writeLimits, stripeKeys: stripe.keys }, secrets);
  const provider = createStripeCards({
    apiUrl: config.stripe.apiUrl,
    doneUrl: () => publicBaseUrl() + cardDonePath,
    canceledUrl: () => publicBaseUrl() + cardCanceledPath,
    onFailure: (fields) => logger.warn(fields, "the payment provider rejected a request or did not answer"),
  });
  const { cards, stripeKeys } = repositories;
  const cardPages = createCardPages({ cards, stripeKeys, provider, hasDemo });
  const cardEvents = createCardEvents({ cards, stripeKeys, provider });
  const { handlers, streams } = createHandlers({
    repositories,
    exports: createExportRepository(snapshots),
    outbound,
    keyUse: config.retention.keyUseDays === 0 ? { record() {} } : keyUse,
    pageTokenSecret: secrets.pageTokenSecret,
    publicBaseUrl,
    webhookUrl: (companyId) => `${publicBaseUrl()}${stripeWebhookPath}/${companyId}`,
  });
  const { trustedProxies, rateLimits, callsInFlightPerCompany } = config;
  const { clientAddress: addressDetail } = config.log;
  const drainDeadline = createDrainDeadline();
  const { run, stream } = createPipeline({
    ...{
      services,
      handlers,
      streams,
      streamLimits: config.streams,
      keys,
      logger,
      metrics,
      trustedProxies,
      addressDetail,
      rateLimits,
      drainDeadline,
    },
    companyLanes: { max: callsInFlightPerCompany, waitMs: poolWaitMs },
    fingerprintKeys: fingerprintKeys(secrets),
    findSurvivors: createFindSurvivors(database),
  });
  const shown = { contentType: metrics.contentType, text: metricsOfAll ?? metrics.text };
  const parts = { config, run, stream, logger, metrics, shown, probe, hasDemo, cardPages, cardEvents };
  const servers = await startServers(parts).catch(async (error: unknown) => {
    await Promise.all([database.close(), snapshots.close(), checks.close(), probe.close()]);
    throw error;
  });
  const cleanup = cleansUp ? startCleanup({ database, log: logger, retention: config.retention }) : undefined;

  let stopping: Promise<void> | undefined;
  const drain = async () => {
    const timer = setTimeout(drainDeadline.expire, config.drainTimeoutMs);
    await Promise.all([servers.stop(config.drainTimeoutMs + answerMs), cleanup?.stop()]);
    clearTimeout(timer);
  };
  const stop = () => {
    stopping ??= drain()
      .then(() => Promise.all([outbound[Symbol.asyncDispose](), keyUse.stop()]))
      .then(() => closeWithTimeout([database, snapshots, checks, probe], logger));
    return stopping;
  };
  httpUrl = ownUrl(config, servers.httpPort);
  // Only the echo path is allowed, so external APIs cannot reach /metrics or the API.
  if (hasDemo) externalApiAllow.add(`${new URL(httpUrl).hostname}:${servers.httpPort}${demoEchoPath}`);
  return {
    httpPort: servers.httpPort,
    grpcPort: servers.grpcPort,
    httpUrl,
    grpcUrl: ownUrl(config, servers.grpcPort),
    ready: async () => stopping === undefined && (await isDatabaseReachable(probe).catch(() => false)),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

interface ServerParts {
  readonly config: Config;
  readonly run: ExecuteCall;
  readonly stream: ExecuteStream;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** What `/metrics` answers. */
  readonly shown: Pick<Metrics, "contentType" | "text">;
  /** A connection that neither requests nor key checks use. */
  readonly probe: Statements;
  readonly hasDemo: boolean;
  readonly cardPages: CardPages;
  readonly cardEvents: CardEvents;
}

const monotonicMs = () => performance.now();

async function startServers({ config, run, stream, logger, metrics, shown, probe, hasDemo, ...pages }: ServerParts) {
  const tls = config.tls && (await readTls(config.tls));
  const observer = { logger, metrics, addressDetail: config.log.clientAddress };
  const addressOf = createAddressOf(config.trustedProxies);
  const refuse = createRejectRequest({ ...observer, addressOf });
  const report = createReportPage(observer);
  const guarded = () => ({ addressOf, report, budget: createAttemptBudget(monotonicMs) });
  const listen = { host: config.host, maxConnections: config.maxConnections, ...(tls ? { tls } : {}) };
  const http = await bindServer("HTTP_PORT", config.httpPort, () =>
    startHttpServer({
      ...listen,
      port: config.httpPort,
      handlers: [
        createSiteHandler({ folder: siteFolder, files: siteFiles, refuse }),
        ...(hasDemo ? [demoEcho] : []),
        createCardPageHandler({ ...guarded(), pages: pages.cardPages }),
        createStripeWebhookHandler({ ...guarded(), events: pages.cardEvents }),
        createConnectHandler({ services, run, stream, refuse }),
        createRestHandler({ services, run, stream, refuse }),
      ],
      probes: {
        checks: { database: () => isDatabaseReachable(probe) },
        trustedProxies: config.trustedProxies,
        metrics: async () => ({ contentType: shown.contentType, text: await shown.text() }),
        ...(config.metricsToken === undefined ? {} : { metricsToken: config.metricsToken }),
      },
      corsOrigins: config.corsOrigins,
      ...(config.publicBaseUrl === undefined ? {} : { publicBaseUrl: config.publicBaseUrl }),
      logger,
      refuse,
    }),
  );
  const grpc = await bindServer("GRPC_PORT", config.grpcPort, () =>
    startGrpcServer({ ...listen, port: config.grpcPort, services, run, stream, refuse }),
  ).catch(async (error: unknown) => {
    await http.stop({ timeoutMs: 0 });
    throw error;
  });
  const watch =
    config.tls &&
    tls &&
    watchCertificate(config.tls, {
      current: tls,
      log: logger,
      renew: (files) => {
        http.renewCertificate(files);
        grpc.renewCertificate(files);
      },
    });
  return {
    httpPort: http.port,
    grpcPort: grpc.port,
    async stop(timeoutMs: number) {
      watch?.[Symbol.dispose]();
      await Promise.all([http.stop({ timeoutMs }), grpc.stop({ timeoutMs })]);
    },
  };
}

/** Reserved for key checks, which are cached for 2 s. */
const checkConnections = 2;

/** Aborted requests need time to learn their outcome and to send the response. */
const answerMs = outcomeGraceMs + 100;

/**
 * Longer than canceling a statement takes. With the default drain timeout, the total is below the 10 s of `docker
 * stop`. Statements still running then belong to no request and end with their connection.
 */
const closeTimeoutMs = 1_300;

async function closeWithTimeout(databases: readonly Pick<Database, "close">[], logger: Logger): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(true), closeTimeoutMs);
  });
  const isLate = await Promise.race([
    Promise.all(databases.map((database) => database.close())).then(() => false),
    late,
  ]);
  clearTimeout(timer);
  if (isLate) logger.warn({}, "closed while database connections were still in use");
}

const ping = statement("app.ping", "SELECT 1");
const pingTimeoutMs = 2_000;

async function isDatabaseReachable(database: Statements): Promise<boolean> {
  await database.read(ping, [], AbortSignal.timeout(pingTimeoutMs));
  return true;
}

function toGauges(database: Database) {
  const { total, idle, waiting } = database.stats();
  return { inUse: total - idle, idle, waiting };
}
