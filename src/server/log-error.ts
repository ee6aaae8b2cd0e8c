/** What of an error may stand in a log. */
export interface LoggedError {
  readonly type: string;
  readonly message?: string;
  readonly code?: string;
  readonly constraint?: string;
  readonly table?: string;
  readonly routine?: string;
  readonly stack?: string;
  readonly cause?: LoggedError;
}

const maxCauses = 5;
const named = ["code", "constraint", "table", "routine"] as const;

/**
 * An error as it is logged, with its causes. Of one of PostgreSQL or Prisma neither message nor detail: they quote the
 * row or the arguments of the call, which are a customer's data. Code, constraint, table and stack tell enough.
 */
export function loggedError(error: unknown, causesLeft = maxCauses): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error };
  const type = error.constructor.name || error.name;
  const isQuoting = quotesData(error);
  const names: Partial<Record<(typeof named)[number], string>> = {};
  for (const [name, value] of Object.entries(error)) {
    const known = named.find((candidate) => candidate === name);
    if (known && (typeof value === "string" || typeof value === "number")) names[known] = String(value);
  }
  const calls = callsOf(error);
  return {
    type,
    ...(isQuoting ? {} : { message: error.message }),
    ...names,
    stack: [isQuoting ? type : `${type}: ${error.message}`, ...calls].join("\n"),
    ...(error.cause === undefined || causesLeft === 0 ? {} : { cause: loggedError(error.cause, causesLeft - 1) }),
  };
}

/** PostgreSQL's errors carry a severity; Prisma's are named after it or its adapters. */
function quotesData(error: Error): boolean {
  return "severity" in error || /^(Prisma|DriverAdapter)/.test(error.name) || /^Prisma/.test(error.constructor.name);
}

/** The lines of the stack behind the message, which stands at its beginning. */
function callsOf({ stack = "", message }: Error): string[] {
  const end = stack.indexOf(message);
  const behind = end < 0 ? "" : stack.slice(end + message.length);
  return behind.split("\n").filter((line) => /^\s+at .+/.test(line));
}
