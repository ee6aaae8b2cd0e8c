import pg from "pg";

/** An error of the driver in one form, whether pg or Prisma reported it. */
export type DatabaseFault =
  /** The server responded with an error. */
  | { readonly kind: "answer"; readonly sqlState: string; readonly constraint?: string; readonly routine?: string }
  /** The connection could not be opened, or it broke. */
  | { readonly kind: "connection" }
  /** No connection of the pool became available in time. */
  | { readonly kind: "wait" }
  /** A Prisma transaction exceeded its time limit and was rolled back. */
  | { readonly kind: "expired" };

/** Reads an error of pg, Node's sockets or Prisma. Undefined for other errors. */
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
 * A Prisma error contains the driver's error at `meta.driverAdapterError.cause` (known request errors) or at `cause`
 * (errors of the adapter): `originalCode` is the SQLSTATE, `constraint.index` the name of a violated constraint.
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
  // pg and its pool expose these cases only in the message. Prisma passes the same message on.
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
