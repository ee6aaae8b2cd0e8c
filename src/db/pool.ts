import pg from "pg";
import { companiesSetting } from "./company-guard.js";
import type { Log } from "./log.js";
import { serviceRole } from "./migrate/roles.js";
import { readInTurns } from "./paced-reading.js";
import { parseUtc } from "./timestamp.js";

export interface PoolOptions {
  readonly url: string;
  /** Maximum number of connections; default 10. */
  readonly size?: number;
  /** How long a request waits for a free or new connection; default 2,000 ms. */
  readonly waitMs?: number;
  /** Time limit of a statement; default 10,000 ms. */
  readonly statementTimeoutMs?: number;
  /** Time limit of a statement's wait for a lock; default 3,000 ms. */
  readonly lockTimeoutMs?: number;
  /** Time limit of a pause within a transaction; default 10,000 ms. */
  readonly idleInTransactionTimeoutMs?: number;
  /** Application name of these connections; default `moego`. */
  readonly name?: string;
  /** Whether other requests run while a large result arrives; default true. */
  readonly readsInTurns?: boolean;
  readonly log: Log;
}

const idleTimeoutMs = 60_000;
/** Connections are renewed regularly, to follow a failover behind a name or a proxy. */
const maxLifetimeSeconds = 30 * 60;

/**
 * The pool of the server, shared by hand-written SQL and Prisma. Every connection starts as the restricted role with
 * its limits. They are connection options, so they cost nothing per statement and cannot be bypassed.
 */
export function createPool(options: PoolOptions): pg.Pool {
  const { url, settings } = withoutOptions(options.url);
  const limits = {
    role: serviceRole,
    [companiesSetting]: "",
    timezone: "UTC",
    default_transaction_isolation: "read\\ committed",
    statement_timeout: options.statementTimeoutMs ?? 10_000,
    lock_timeout: options.lockTimeoutMs ?? 3_000,
    idle_in_transaction_session_timeout: options.idleInTransactionTimeoutMs ?? 10_000,
  };
  const pool = new pg.Pool({
    connectionString: url,
    application_name: options.name ?? "moego",
    max: options.size ?? 10,
    connectionTimeoutMillis: options.waitMs ?? 2_000,
    idleTimeoutMillis: idleTimeoutMs,
    maxLifetimeSeconds,
    keepAlive: true,
    // The last setting of a name is used, so the URL cannot override these limits.
    options: [...settings, ...Object.entries(limits).map(([name, value]) => `-c ${name}=${value}`)].join(" "),
    types: { getTypeParser },
  });
  // The pool replaces a connection that breaks while idle; without a listener the event would end the process. The
  // error contains the whole client, so only its message is logged.
  pool.on("error", ({ message }) => options.log.warn({ reason: message }, "lost an idle database connection"));
  // One packet can end the startup of a connection, or a statement, and contain the error that breaks it. By then the
  // connection has been assigned to a caller that does not listen yet. Its next statement is rejected.
  pool.on("connect", (client) => client.on("error", () => {}));
  if (options.readsInTurns ?? true) pool.on("connect", readInTurns);
  return pool;
}

/** `options` in a URL would replace these entirely, so it is removed and prepended to them. */
function withoutOptions(url: string): { url: string; settings: readonly string[] } {
  if (!URL.canParse(url)) return { url, settings: [] };
  const parsed = new URL(url);
  const settings = parsed.searchParams.getAll("options");
  parsed.searchParams.delete("options");
  return { url: settings.length > 0 ? parsed.href : url, settings };
}

/**
 * A `date` remains a `yyyy-MM-dd` string (the driver would convert it to local midnight). A `timestamptz` becomes a
 * Date with millisecond precision, faster than with the driver. `int8` and `numeric` remain strings. Everything else is
 * left to the driver.
 */
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: "text" | "binary") => {
  if (format !== "binary") {
    if (oid === pg.types.builtins.DATE) return identity;
    if (oid === pg.types.builtins.TIMESTAMPTZ) return parseTimestamp;
  }
  return pg.types.getTypeParser(oid, format);
};

function identity(text: string): string {
  return text;
}

const parseAnyTimestamp: (text: string) => unknown = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ, "text");

function parseTimestamp(text: string): unknown {
  return parseUtc(text) ?? parseAnyTimestamp(text);
}

/** Maximum of DATABASE_POOL_SIZE. */
export const maxPoolSize = 500;
