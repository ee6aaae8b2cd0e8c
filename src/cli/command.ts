import type { Config } from "../config/config.js";
import { DomainError } from "../core/errors.js";

export interface Terminal {
  /** Writes a line to standard output. For results only. */
  out(line: string): void;
  err(line: string): void;
  /** Replaces the last line of a terminal, and clears it if the text is empty. Absent if standard error is not one. */
  readonly status?: ((text: string) => void) | undefined;
}

export interface CommandContext {
  readonly config: Config;
  readonly terminal: Terminal;
  /** Environment variables, for a secret that a command takes from one. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Runs with the arguments after its name.
 *
 * @throws UsageError, DomainError, or an error of the database
 */
export type Command = (words: readonly string[], context: CommandContext) => Promise<void>;

/** Invalid arguments. Exit code 64 (sysexits.h EX_USAGE). */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const exitCodes = { done: 0, failed: 1, usage: 64, configuration: 78 } as const;

/**
 * Asserts that the required options are set.
 *
 * @throws UsageError that names all missing options
 */
export function assertRequiredOptions<
  Values extends Readonly<Record<string, unknown>>,
  Name extends keyof Values & string,
>(values: Values, names: readonly Name[]): asserts values is Values & Readonly<Record<Name, string>> {
  const missing = names.filter((name) => values[name] === undefined || values[name] === "").map((name) => `--${name}`);
  if (missing.length === 0) return;
  throw new UsageError(`Missing required ${missing.length === 1 ? "option" : "options"}: ${missing.join(", ")}.`);
}

/** @throws UsageError unless the arguments are one file */
export function onlyFile(positionals: readonly string[], command: string): string {
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) throw new UsageError(`\`moego ${command}\` requires one FILE.`);
  return file;
}

/** `1 migration`, `2 migrations`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Formats rows as aligned columns. The first row has the headings. */
export function toColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** The option that each field of a request comes from, by field path: `expired_time`, `scopes[0]`. */
export type OptionNames = Readonly<Record<string, string>>;

/** Entries for the items of a list: `--scope pet:read` for `scopes[0]`. */
export function itemNames(field: string, items: readonly string[]): OptionNames {
  return Object.fromEntries(items.map((item, index) => [`${field}[${index}]`, item]));
}

/** Runs the work. Violations of an error it throws name options instead of fields. */
export async function withOptionNames<T>(names: OptionNames, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DomainError) || error.details.violations === undefined) throw error;
    const violations = error.details.violations.map((found) => ({ ...found, field: optionOf(names, found.field) }));
    throw new DomainError(error.reason, error.message, { ...error.details, violations }, { cause: error.cause });
  }
}

/** `organizations[0].id` is reported at the option of `organizations[0]`. */
function optionOf(names: OptionNames, field: string): string {
  return names[field] ?? names[field.replace(/\.\w+$/, "")] ?? field;
}
