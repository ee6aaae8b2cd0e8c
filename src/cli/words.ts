import { parseArgs } from "node:util";
import type { CommandDeclaration, OptionDeclaration, Values } from "./declaration.js";
import { nearest } from "./suggestions.js";
import { UsageError } from "./usage-error.js";

type Found = Record<string, string | boolean | readonly string[] | undefined>;

/**
 * Reads the words after the name of a command.
 *
 * @throws UsageError
 */
export function readWords<D extends CommandDeclaration>(declaration: D, words: readonly string[]): Values<D> {
  const { options } = declaration;
  const { tokens } = parseArgs({
    ...{ args: [...words], options: shapesOf(options), strict: false, allowPositionals: true, tokens: true },
  });
  const given: Token[] = tokens.flatMap((token) => (token.kind === "option" ? [token] : []));
  const placed = tokens.flatMap((token) => (token.kind === "positional" ? [token.value] : []));
  assertKnown(given, declaration);
  const found: Found = {};
  for (const [name, option] of Object.entries(options)) {
    const values = given.filter((token) => token.name === name).map((token) => textOf(token, option));
    found[name] = option.kind === "flag" ? values.length > 0 : option.kind === "several" ? values : values.at(-1);
  }
  Object.assign(found, placedArguments(declaration, placed));
  assertComplete<D>(found, declaration);
  return found;
}

function shapesOf(options: CommandDeclaration["options"]) {
  return Object.fromEntries(
    Object.entries(options).map(([name, { kind }]) => [
      name,
      { type: kind === "flag" ? "boolean" : "string" } as const,
    ]),
  );
}

interface Token {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function assertKnown(given: readonly Token[], { name, options }: CommandDeclaration): void {
  const [unknown, ...others] = given.filter((token) => !Object.hasOwn(options, token.name));
  if (!unknown) return;
  const names = [unknown, ...others].map(({ rawName }) => rawName).join(", ");
  const meant = nearest(unknown.name, Object.keys(options));
  const advice = meant === undefined ? "" : ` Did you mean --${meant}?`;
  throw new UsageError(`\`moego ${name}\` has no ${others.length === 0 ? "option" : "options"} ${names}.${advice}`);
}

/** A value that begins like an option is one that lacks its value, unless it is written as --option=-value. */
function textOf({ rawName, value, inlineValue }: Token, { kind, value: placeholder }: OptionDeclaration): string {
  if (kind === "flag") {
    if (value === undefined) return "";
    throw new UsageError(`${rawName} takes no value.`);
  }
  if (value !== undefined && (inlineValue === true || !/^-./.test(value))) return value;
  const hint = value === undefined ? "" : ` To begin the value with a hyphen, write ${rawName}=VALUE.`;
  throw new UsageError(`${rawName} needs a value: ${rawName} ${placeholder}.${hint}`);
}

function placedArguments({ name, arguments: wanted = {} }: CommandDeclaration, placed: readonly string[]): Found {
  const names = Object.keys(wanted);
  if (placed.length === names.length) return Object.fromEntries(names.map((one, place) => [one, placed[place]]));
  throw new UsageError(
    names.length === 0
      ? `\`moego ${name}\` takes no arguments.`
      : `\`moego ${name}\` requires ${names.map((one) => `one ${one}`).join(" and ")}.`,
  );
}

function assertComplete<D extends CommandDeclaration>(found: unknown, declaration: D): asserts found is Values<D> {
  const values = new Map(Object.entries(Object(found)));
  const missing = Object.entries(declaration.options)
    .filter(([name, { kind }]) => kind === "required" && (values.get(name) ?? "") === "")
    .map(([name]) => `--${name}`);
  if (missing.length === 0) return;
  throw new UsageError(`Missing required ${missing.length === 1 ? "option" : "options"}: ${missing.join(", ")}.`);
}
