import type { Config } from "../config/config.js";
import { DomainError } from "../core/errors.js";
import type { CommandDeclaration, Values } from "./declaration.js";

export interface Terminal {
  /** Writes a line to standard output. For results only. */
  out(line: string): void;
  err(line: string): void;
  /** Replaces the last line of a terminal, and clears it if the text is empty. Absent if standard error is not one. */
  readonly status?: ((text: string) => void) | undefined;
  /** Asks the person at the terminal. Absent if nobody can answer. */
  readonly ask?: ((question: string) => Promise<string>) | undefined;
}

/** What a command gets from the process in which it runs. */
export interface Surroundings {
  readonly terminal: Terminal;
  /** Environment variables, for a secret that a command takes from one. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface CommandContext extends Surroundings {
  readonly config: Config;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Runs with the values of its arguments and options.
 *
 * @throws UsageError, OperatorError, DomainError, or an error of the database
 */
export type Command<D extends CommandDeclaration> = (values: Values<D>, context: CommandContext) => Promise<void>;

/** `1 migration`, `2 migrations`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Prints a result as JSON. */
export function outJson({ out }: Terminal, result: unknown): void {
  out(JSON.stringify(result, null, 2));
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
