import type { Config } from "../config/config.js";

/** What a command needs of its process. */
export interface Terminal {
  /** Writes a line to standard output: the result, nothing else. */
  out(line: string): void;
  /** Writes a line to standard error. */
  err(line: string): void;
}

export interface CommandContext {
  readonly config: Config;
  readonly terminal: Terminal;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Runs with the words after its name; throws UsageError, DomainError or whatever the database says. */
export type Command = (words: readonly string[], context: CommandContext) => Promise<void>;

/** The words cannot be understood; exit code 64 (sysexits.h EX_USAGE). */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const exitCodes = { done: 0, failed: 1, usage: 64, configuration: 78 } as const;

/**
 * Narrows the options that must be there.
 *
 * @throws UsageError that names all that are missing
 */
export function assertRequiredOptions<
  Values extends Readonly<Record<string, unknown>>,
  Name extends keyof Values & string,
>(values: Values, names: readonly Name[]): asserts values is Values & Readonly<Record<Name, string>> {
  const missing = names.filter((name) => values[name] === undefined || values[name] === "").map((name) => `--${name}`);
  if (missing.length === 0) return;
  throw new UsageError(`Missing required ${missing.length === 1 ? "option" : "options"}: ${missing.join(", ")}.`);
}

/** `1 migration`, `2 migrations`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Rows as text in columns, the first one as headings. */
export function toColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
