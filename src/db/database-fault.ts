import pg from "pg";

/** What went wrong in the driver, in one shape whether pg or Prisma reported it. */
export type DatabaseFault =
  /** The server answered with an error. */
  | { readonly kind: "answer"; readonly sqlState: string; readonly constraint?: string; readonly routine?: string }
  /** The connection could not be made, or it broke. */
  | { readonly kind: "connection" }
  /** No connection of the pool became free in time. */
  | { readonly kind: "wait" }
  /** A Prisma transaction outlived its budget and was rolled back. */
  | { readonly kind: "expired" };

/** Reads an error of pg, Node's sockets or Prisma; undefined when it is none of theirs. */
export function readFault(error: unknown): DatabaseFault | undefined {
  if (error instanceof pg.DatabaseError && error.code) {
    return {
      kind: "answer",
      sqlState: error.code,
      ...(error.constraint ? { constraint: error.constraint } : {}),
      ...(error.routine ? { routine: error.routine } : {}),
    };
  }
  return readPrismaFault(error) ?? readSocketFault(error);
}

/**
 * A Prisma error carries the driver's at `meta.driverAdapterError.cause` (of a known request error) or at `cause` (of
 * the adapter's own error): `originalCode` is the SQLSTATE, `constraint.index` the name of a violated constraint.
 */
function readPrismaFault(error: unknown): DatabaseFault | undefined {
  const code = property(error, "code");
  if (code === "P2028") return { kind: startTimedOut(error) ? "wait" : "expired" };
  const adapterError = property(property(error, "meta"), "driverAdapterError") ?? error;
  const cause = property(adapterError, "cause");
  const sqlState = property(cause, "originalCode");
  if (typeof sqlState === "string") {
    const constraint = property(property(cause, "constraint"), "index");
    return { kind: "answer", sqlState, ...(typeof constraint === "string" ? { constraint } : {}) };
  }
  const kind = property(cause, "kind");
  return typeof kind === "string" && connectionKinds.has(kind) ? { kind: "connection" } : undefined;
}

function readSocketFault(error: unknown): DatabaseFault | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = property(error, "code");
  if (typeof code === "string" && connectionCodes.has(code)) return { kind: "connection" };
  // pg and its pool tell these by their message only; through Prisma it is the same text.
  if (error.message.includes("timeout exceeded when trying to connect")) return { kind: "wait" };
  return connectionMessages.test(error.message) ? { kind: "connection" } : undefined;
}

function startTimedOut(error: unknown): boolean {
  return error instanceof Error && error.message.includes("Unable to start a transaction in the given time");
}

const connectionKinds = new Set(["DatabaseNotReachable", "ConnectionClosed", "SocketTimeout", "TlsConnectionError"]);

const connectionCodes = new Set([
  ...["ECONNREFUSED", "ECONNRESET", "ECONNABORTED", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"],
  ...["ENOTFOUND", "EAI_AGAIN", "ENOENT"],
]);

const connectionMessages = new RegExp(
  [
    "^Connection terminated", // "... unexpectedly", "... due to connection timeout"
    "^timeout expired$", // while the connection was being opened
    "is not queryable$",
    "^Cannot use a pool after calling end on the pool$",
    "^The server does not support SSL connections$",
    "^There was an error establishing an SSL connection$",
    "^read ETIMEDOUT$",
  ].join("|"),
);

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && name in value ? Reflect.get(value, name) : undefined;
}
