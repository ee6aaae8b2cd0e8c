import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from "pino";
import type { Config } from "./config.js";

export type { Logger } from "pino";

/** Standard error: standard output belongs to what a person reads (main.ts, the `moego` command). */
const stderr = 2;

/**
 * One line a record. Nothing personal is handed to the logger in the first place; redaction is the second line of
 * defence, for an object that is logged whole by mistake.
 *
 * @param write where lines go; standard error unless given
 */
export function createLogger(config: Config["log"], write?: DestinationStream): Logger {
  // Synchronous: the last lines before an exit are the ones that are needed, and a buffered stream loses them.
  const lines = write ?? destination({ dest: stderr, sync: true });
  return pino(
    {
      level: config.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      redact: { paths: redacted, censor: "[redacted]" },
    },
    config.format === "pretty" ? prettyLines(lines) : lines,
  );
}

const hidden = ["authorization", "Authorization", "secret", "password", "token", "apiKey", "phone", "email"];
const redacted = hidden.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** `12:30:01.120 INFO call rpc=... code=OK`: for a terminal, made from the same JSON line. */
function prettyLines(target: DestinationStream): DestinationStream {
  return { write: (line) => target.write(`${toPretty(line)}\n`) };
}

function toPretty(line: string): string {
  const record: unknown = JSON.parse(line);
  if (typeof record !== "object" || record === null) return line;
  const { time, level, msg, err, ...fields } = Object.fromEntries(Object.entries(record));
  const shown = Object.entries(fields).map(([name, value]) => ` ${name}=${toText(value)}`);
  const stack = typeof err === "object" && err !== null && "stack" in err ? `\n${err.stack}` : "";
  return `${String(time).slice(11, 23)} ${String(level).toUpperCase()} ${String(msg)}${shown.join("")}${stack}`;
}

function toText(value: unknown): string {
  return typeof value === "string" && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}
