import pg from "pg";
import type { Log } from "./log.js";
import { serviceRole } from "./migrate/roles.js";

export interface PoolOptions {
  /** Connection string of the service. */
  readonly url: string;
  /** Most connections at once; default 10. */
  readonly size?: number;
  /** How long a call waits for a connection, or for a new one to open; default 2,000 ms. */
  readonly waitMs?: number;
  /** Longest run of one statement; default 10,000 ms. */
  readonly statementTimeoutMs?: number;
  /** Longest wait of a statement for a lock; default 3,000 ms. */
  readonly lockTimeoutMs?: number;
  /** Longest pause inside a transaction; default 10,000 ms. */
  readonly idleInTransactionTimeoutMs?: number;
  /** How the database names these connections; default `moego`. */
  readonly name?: string;
  readonly log: Log;
}

const idleTimeoutMs = 60_000;
/** A connection is renewed in time to follow a failover behind a name or a proxy. */
const maxLifetimeSeconds = 30 * 60;

/**
 * The one pool of the service, shared by hand-written SQL and Prisma. Every connection starts as the restricted role
 * with its limits: they are options of the connection, so no statement pays for them and none can run without.
 */
export function createPool(options: PoolOptions): pg.Pool {
  const { url, settings } = withoutOptions(options.url);
  const limits = {
    role: serviceRole,
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
    // The last setting of a name counts: those of the URL cannot lift ours.
    options: [...settings, ...Object.entries(limits).map(([name, value]) => `-c ${name}=${value}`)].join(" "),
    types: { getTypeParser },
  });
  // A connection that breaks while idle is replaced by the pool; without a listener it would end the process.
  // The error itself carries the whole client, so only its message is logged.
  pool.on("error", ({ message }) => options.log.warn({ reason: message }, "an idle database connection was lost"));
  // One packet can end a connection's start, or a statement, and bring the error that breaks it: by then the connection
  // is promised to a caller who does not listen yet. The caller's next statement is rejected.
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

/** `options` in a URL would replace ours as a whole; it is taken out and put before them. */
function withoutOptions(url: string): { url: string; settings: readonly string[] } {
  if (!URL.canParse(url)) return { url, settings: [] };
  const parsed = new URL(url);
  const settings = parsed.searchParams.getAll("options");
  parsed.searchParams.delete("options");
  return { url: settings.length > 0 ? parsed.href : url, settings };
}

/**
 * A `date` stays `yyyy-MM-dd` text (the driver would make local midnight of it); a `timestamptz` becomes a Date, exact to
 * the millisecond, faster than by the driver. `int8` and `numeric` stay text, everything else is the driver's.
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

/** The session is in UTC, so that all but infinity and years of more than four digits end in "+00". */
function parseTimestamp(text: string): unknown {
  return text.length <= 29 && text.endsWith("+00") && text[10] === " "
    ? new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`)
    : parseAnyTimestamp(text);
}
