import { type DestinationStream, type Logger, pino, stdTimeFunctions } from "pino";
import type { Config } from "../config/config.js";
import { type LogDestination, openLogDestination } from "./log-destination.js";

export type { Logger } from "pino";

/**
 * One line per record. Nothing personal is passed to the logger, except in errors, of which only allow-listed fields
 * are written. Redaction is a second line of defense, in case an object is logged whole by mistake.
 *
 * @param write destination of the lines; default: standard error
 */
export function createLogger(config: Pick<Config["log"], "level" | "format">, write?: LogLines): Logger {
  const lines = write ?? openLogDestination();
  return pino(
    {
      level: config.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      serializers: { err: (error: unknown) => (error === undefined ? undefined : loggedError(error)) },
      redact: { paths: redacted, censor: "[redacted]" },
    },
    config.format === "pretty" ? prettyLines(lines) : lines,
  );
}

/** pino flushes a destination that can be flushed after a fatal error. */
type LogLines = DestinationStream & Partial<Pick<LogDestination, "flushSync">>;

const hidden = ["authorization", "Authorization", "secret", "password", "token", "apiKey", "phone", "email"];
const redacted = hidden.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** `12:30:01.120 INFO request rpc=... code=OK`: for a terminal, converted from the same JSON line. */
function prettyLines(target: LogLines): LogLines {
  return { write: (line) => target.write(`${toPretty(line)}\n`), flushSync: () => target.flushSync?.() };
}

function toPretty(line: string): string {
  const record: unknown = JSON.parse(line);
  if (typeof record !== "object" || record === null) return line;
  const { time, level, msg, err, ...fields } = Object.fromEntries(Object.entries(record));
  const shown = Object.entries(fields).map(([name, value]) => ` ${name}=${toText(value)}`);
  const stack = stackText(err);
  return `${String(time).slice(11, 23)} ${String(level).toUpperCase()} ${String(msg)}${shown.join("")}${stack}`;
}

function stackText(error: unknown): string {
  if (typeof error !== "object" || error === null || !("stack" in error)) return "";
  const code = "code" in error ? ` (${error.code})` : "";
  const cause = "cause" in error ? stackText(error.cause) : "";
  return `\n${String(error.stack).replace("\n", `${code}\n`)}${cause}`;
}

function toText(value: unknown): string {
  return typeof value === "string" && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}

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
function loggedError(error: unknown, causesLeft = maxCauses): LoggedError {
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
