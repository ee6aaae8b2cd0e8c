/** Error fields that are safe to log. */
interface LoggedError {
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
 * The error and its causes in a form that is safe to log. Messages and details of PostgreSQL and Prisma errors are left
 * out: they quote rows or arguments, which are customer data. Code, constraint, table and stack are enough.
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

/** PostgreSQL errors have a severity; Prisma errors are named after Prisma or its adapters. */
function quotesData(error: Error): boolean {
  return "severity" in error || /^(Prisma|DriverAdapter)/.test(error.name) || /^Prisma/.test(error.constructor.name);
}

/** The stack frames, without the message in front of them. */
function callsOf({ stack = "", message }: Error): string[] {
  const end = stack.indexOf(message);
  const behind = end < 0 ? "" : stack.slice(end + message.length);
  return behind.split("\n").filter((line) => /^\s+at .+/.test(line));
}
