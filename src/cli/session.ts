import { randomUUID } from "node:crypto";
import type { WriteContext } from "../core/write.js";
import { type DatabaseServer, migrateDatabase, openDatabaseServer } from "../database-server.js";
import { type Database, openDatabase } from "../db/database.js";
import { readFault } from "../db/database-fault.js";
import type { Log } from "../db/log.js";
import type { CommandContext } from "./command.js";

export interface Session {
  readonly database: Database;
  /** Author of what the command writes. */
  readonly write: WriteContext;
}

/**
 * Runs the work with the database of the configuration. The embedded one is joined when the service runs, else started
 * for as long as the work takes, and is migrated; a database of your own is migrated by `moego migrate` alone.
 */
export async function withDatabase<T>(
  { config, terminal }: CommandContext,
  rpc: string,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const log = warningLog(terminal.err);
  const server: DatabaseServer = await openDatabaseServer(config, log);
  try {
    if (server.isEmbedded) await migrateDatabase(server, log);
    const { poolWaitMs: _, ...limits } = config.database;
    await using database = openDatabase({ ...limits, url: server.serviceUrl, size: 2, waitMs: commandWaitMs, log });
    const signal = new AbortController().signal;
    return await work({ database, write: { rpc, requestId: randomUUID(), keyId: "", ip: "", signal } });
  } catch (error) {
    const fault = readFault(error);
    // No such table or column; or no such role as each connection starts as, which the first migration makes.
    const isBehind = fault?.kind === "answer" && ["42P01", "42703", "22023"].includes(fault.sqlState);
    throw isBehind ? new Error("The database schema is out of date. Run: moego migrate", { cause: error }) : error;
  } finally {
    await server.stop();
  }
}

/** Nobody else waits while a person's command does. */
const commandWaitMs = 10_000;

/** A command says what went wrong, not what went on. */
export function warningLog(err: (line: string) => void): Log {
  return { info() {}, warn: (_, message) => err(message) };
}
