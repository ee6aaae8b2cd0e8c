import { exitCodes, exitMeanings } from "../core/exit-codes.js";
import type { CommandDeclaration, OptionDeclaration } from "./declaration.js";

export interface Section {
  readonly title: string;
  readonly declarations: readonly CommandDeclaration[];
}

const title = "moego - self-hosted backend for pet-service businesses";

/** Output of `moego help`: a line for each command. */
export function helpText(sections: readonly Section[]): string {
  return [
    ...[title, "Usage: moego COMMAND [arguments] [options]\n       moego COMMAND --help"],
    ...sections.map(({ title: name, declarations }) => `${name}\n${linesOf(declarations).join("\n")}`),
    "Commands use the database of DATABASE_URL, or the embedded database in DATA_DIR. They can run while the server runs.",
    exitText(),
  ].join("\n\n");
}

/** Output of `moego keys --help`: the commands of a group. */
export function helpOfGroup(group: string, declarations: readonly CommandDeclaration[]): string {
  const [usage, how] = [`Usage: moego ${group} COMMAND`, "`--help` after a command shows its options."];
  return [usage, linesOf(declarations).join("\n"), how].join("\n\n");
}

/** Output of `moego COMMAND --help`. */
export function helpOfCommand(declaration: CommandDeclaration): string {
  const { name, about, arguments: places = {}, options } = declaration;
  const placed = Object.entries(places).map(([place, { about: what }]) => `  ${place.padEnd(width)}${what}`);
  const named = Object.entries(options).map(([option, one]) => optionLine(option, one));
  return [
    ...[`moego ${name} - ${about}`, usageOf(declaration)],
    ...(placed.length > 0 ? [["Arguments", ...placed].join("\n")] : []),
    ["Options", ...named, `  ${"--help".padEnd(width)}print this text`].join("\n"),
    "`moego help` lists the exit codes.",
  ].join("\n\n");
}

/** `Usage: moego keys rotate ID [options]`: with all that is required. */
export function usageOf({ name, arguments: places = {}, options }: CommandDeclaration): string {
  const needed = Object.entries(options).flatMap(([option, { kind, value }]) =>
    kind === "required" ? [`--${option} ${value}`] : [],
  );
  return ["Usage: moego", name, ...Object.keys(places), ...needed, "[options]"].join(" ");
}

const width = 30;

function linesOf(declarations: readonly CommandDeclaration[]): string[] {
  return declarations.map(({ name, about, arguments: places = {} }) => {
    const usage = [name, ...Object.keys(places)].join(" ");
    return `  ${usage.padEnd(width)}${about}`;
  });
}

function optionLine(name: string, option: OptionDeclaration): string {
  const usage = option.kind === "flag" ? `--${name}` : `--${name} ${option.value}`;
  return `  ${usage.padEnd(width)}${usage.length < width ? "" : " "}${describe(option)}`;
}

/** What the option is for, and whether it is required or can be repeated. */
export function describe({ kind, about }: OptionDeclaration): string {
  const more = kind === "required" ? "required" : kind === "several" ? "repeatable" : "";
  return more === "" ? about : `${about} (${more})`;
}

function exitText(): string {
  const lines = Object.entries(exitMeanings).map(
    ([reason, meaning]) => `  ${String(codesByName.get(reason)).padStart(2)}  ${meaning}`,
  );
  return ["Exit codes", ...lines].join("\n");
}

const codesByName: ReadonlyMap<string, number> = new Map(Object.entries(exitCodes));
