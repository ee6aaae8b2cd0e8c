import { randomUUID } from "node:crypto";
import type { WriteContext } from "../core/write.js";
import { type DatabaseServer, migrateDatabase, openDatabaseServer } from "../database-server.js";
import type { LimitedDatabase } from "../db/company-records.js";
import { openDatabase } from "../db/database.js";
import { readFault } from "../db/database-errors.js";
import type { Log } from "../db/log.js";
import { outOfDate } from "../db/migrate/migrate.js";
import { MigrationError } from "../db/migrate/migration-error.js";
import { createSnapshots, type Snapshots } from "../db/snapshots.js";
import type { CommandContext } from "./command.js";

export interface Session extends LimitedDatabase {
  readonly write: WriteContext;
  /** States of the data that one reader at a time has, for as long as it takes. The caller must close them. */
  openSnapshots(): Snapshots;
}

/**
 * Runs the work with the configured database. The embedded database is joined if the server is running, otherwise
 * started for the duration of the work; it is also migrated. A database of your own is migrated only by `moego
 * migrate`.
 */
export async function withDatabase<T>(
  { config, terminal }: CommandContext,
  rpc: string,
  work: (session: Session) => Promise<T>,
  connections = 2,
): Promise<T> {
  const log = warningLog(terminal.err);
  const server: DatabaseServer = await openDatabaseServer(config, log);
  try {
    if (server.isEmbedded) await migrateDatabase(server, log);
    const { poolWaitMs: _, ...limits } = config.database;
    const connection = { ...limits, url: server.serviceUrl, waitMs: commandWaitMs, log };
    await using database = openDatabase({ ...connection, size: connections });
    const signal = new AbortController().signal;
    return await work({
      database,
      limits: config.limits,
      openSnapshots: () => createSnapshots({ ...connection, size: 1, timeoutMs: 0, parkedMs: 0 }),
      write: { rpc, requestId: randomUUID(), keyId: "", companies: "all", ip: "", signal },
    });
  } catch (error) {
    const fault = readFault(error);
    // SQLSTATE of an unknown table or column, or of a missing role that the first migration creates.
    const isBehind = fault?.kind === "answer" && ["42P01", "42703", "22023"].includes(fault.sqlState);
    throw isBehind ? new MigrationError(outOfDate, { cause: error }) : error;
  } finally {
    await server.stop();
  }
}

/** Longer than for a request, since a command has the database to itself. */
const commandWaitMs = 10_000;

/** Prints warnings only; progress is not shown. */
export function warningLog(err: (line: string) => void): Log {
  return { info() {}, warn: (_, message) => err(message) };
}
