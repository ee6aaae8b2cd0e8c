import { exitCodes } from "../core/exit-codes.js";
import type { Surroundings } from "./command.js";
import { type BoundCommand, commandSections } from "./commands.js";
import { help } from "./declarations/about.js";
import { helpOfCommand, helpOfGroup, helpText } from "./help.js";
import { nearest } from "./suggestions.js";
import { UsageError } from "./usage-error.js";

const commands: ReadonlyMap<string, BoundCommand> = new Map(
  commandSections.flatMap(({ commands: list }) => list.map((command) => [command.declaration.name, command] as const)),
);

/** Runs the command that the words name and resolves with its exit code; errors are printed. */
export async function runCommand(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const { terminal } = surroundings;
  try {
    await dispatch(words, surroundings);
    return exitCodes.done;
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.err(`${error.message}\nRun \`${helpFor(words)}\` for usage.`);
      return exitCodes.usage;
    }
    const { explainedError } = await import("./explained-error.js");
    const { lines, code } = explainedError(error);
    for (const line of lines) terminal.err(line);
    return code;
  }
}

async function dispatch(words: readonly string[], surroundings: Surroundings): Promise<void> {
  const [first = "help", second = ""] = words;
  const { out } = surroundings.terminal;
  if (["help", "--help", "-h"].includes(first)) return out(helpOf(words.slice(1).filter((word) => !isHelp(word))));
  const end = words.indexOf("--");
  if (words.slice(0, end < 0 ? undefined : end).some(isHelp)) return out(helpOf(words.filter((word) => !isHelp(word))));
  const { command, rest } = found(first === "--version" ? ["version", ...words.slice(1)] : words);
  if (!command) throw new UsageError(unknownCommand(first, second));
  await command.run(rest, surroundings);
}

function isHelp(word: string): boolean {
  return word === "--help" || word === "-h";
}

/** The command that the words begin with. */
function found(words: readonly string[]) {
  const [first = "", second = ""] = words;
  const pair = commands.get(`${first} ${second}`);
  if (pair) return { command: pair, rest: words.slice(2) };
  return { command: commands.get(first), rest: words.slice(1) };
}

/** The help for a command, for a group such as `keys`, or for all. */
function helpOf(words: readonly string[]): string {
  const [first, second = ""] = words;
  if (first === undefined) return helpText(sections());
  if (first === help.name) return helpOfCommand(help);
  const { command } = found(words);
  if (command) return helpOfCommand(command.declaration);
  const group = declarationsOf(first);
  if (group.length > 0 && second === "") return helpOfGroup(first, group);
  throw new UsageError(unknownCommand(first, second));
}

function sections() {
  return commandSections.map(({ title, commands: list }, place) => ({
    title,
    declarations: [
      ...list.map(({ declaration }) => declaration),
      ...(place === commandSections.length - 1 ? [help] : []),
    ],
  }));
}

function declarationsOf(group: string) {
  return [...commands.values()]
    .map(({ declaration }) => declaration)
    .filter(({ name }) => name.startsWith(`${group} `));
}

/** What to read after a usage error. */
function helpFor(words: readonly string[]): string {
  const { command } = found(words);
  if (command) return `moego ${command.declaration.name} --help`;
  const [first = ""] = words;
  return declarationsOf(first).length > 0 ? `moego ${first} --help` : "moego help";
}

function unknownCommand(first: string, second: string): string {
  const group = declarationsOf(first).map(({ name }) => name);
  if (group.length === 0) {
    // With the second word the first one can be a group, and without it an argument.
    const meant =
      nearest(`${first} ${second}`, [...commands.keys()]) ?? nearest(first, [...commands.keys(), ...groups()]);
    return `Unknown command: ${first}.${meant === undefined ? "" : ` Did you mean \`moego ${meant}\`?`}`;
  }
  const meant = nearest(`${first} ${second}`, group);
  if (second !== "" && meant !== undefined)
    return `Unknown command: ${first} ${second}. Did you mean \`moego ${meant}\`?`;
  return `Unknown command: ${[first, second].join(" ").trim()}. Did you mean: ${group.map((name) => `moego ${name}`).join(", ")}?`;
}

function groups(): readonly string[] {
  return [
    ...new Set([...commands.keys()].filter((name) => name.includes(" ")).map((name) => name.split(" ")[0] ?? "")),
  ];
}
