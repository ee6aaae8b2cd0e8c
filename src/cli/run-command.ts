import { type Config, ConfigError, readConfig } from "../config/config.js";
import { DomainError } from "../core/errors.js";
import { type Command, exitCodes, type Terminal, UsageError } from "./command.js";
import { helpOf, helpText, readVersions } from "./help.js";

/** Each module is loaded only by its command, so that help and usage errors respond immediately. */
const commands: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ["migrate", async () => (await import("./database-command.js")).migrate],
  ["backup", async () => (await import("./backup-command.js")).backup],
  ["restore", async () => (await import("./backup-command.js")).restore],
  ["move", async () => (await import("./move-command.js")).move],
  ["export", async () => (await import("./export-command.js")).exportCompany],
  ["load", async () => (await import("./load-command.js")).load],
  ["seed", async () => (await import("./database-command.js")).seed],
  ["companies create", async () => (await import("./directory-command.js")).createCompany],
  ["companies list", async () => (await import("./directory-command.js")).listCompanies],
  ["businesses create", async () => (await import("./directory-command.js")).createBusiness],
  ["businesses list", async () => (await import("./directory-command.js")).listBusinesses],
  ["keys create", async () => (await import("./keys-command.js")).createKey],
  ["keys list", async () => (await import("./keys-command.js")).listKeys],
  ["keys rotate", async () => (await import("./keys-command.js")).rotateKey],
  ["keys revoke", async () => (await import("./keys-command.js")).revokeKey],
  ["secrets export", async () => (await import("./secrets-export-command.js")).exportSecrets],
  ["import customers", async () => (await import("./import-command.js")).importCustomers],
  ["import leads", async () => (await import("./import-command.js")).importLeads],
  ["import pets", async () => (await import("./import-command.js")).importPets],
  ["import packages", async () => (await import("./import-command.js")).importPackages],
  ["import list", async () => (await import("./import-undo-command.js")).listImports],
  ["import undo", async () => (await import("./import-undo-command.js")).undoImport],
  ["mirror", async () => (await import("./mirror-command.js")).mirror],
  ["secrets rotate", async () => (await import("./secrets-command.js")).rotate],
]);

/** What a command gets from the process in which it runs. */
interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly terminal: Terminal;
}

/** Runs the command that the words name and resolves with its exit code; errors are printed. */
export async function runCommand(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const { terminal } = surroundings;
  try {
    await dispatch(words, surroundings);
    return exitCodes.done;
  } catch (error) {
    if (error instanceof ConfigError) {
      terminal.err(error.message);
      return exitCodes.configuration;
    }
    if (error instanceof UsageError || isParseError(error)) {
      terminal.err(`${error.message}\nRun \`moego help\` for usage.`);
      return exitCodes.usage;
    }
    for (const line of await explain(error)) terminal.err(line);
    return exitCodes.failed;
  }
}

async function dispatch(words: readonly string[], { environment, terminal }: Surroundings): Promise<void> {
  const [first = "help", second = ""] = words;
  if (["help", "--help", "-h"].includes(first)) return terminal.out(helpText);
  if (["version", "--version"].includes(first)) return terminal.out(await readVersions());
  const isPair = commands.has(`${first} ${second}`);
  const name = isPair ? `${first} ${second}` : first;
  if (words.includes("--help") || words.includes("-h")) return terminal.out(helpOf(name));
  if (first === "serve") {
    if (words.length > 1)
      throw new UsageError("`moego serve` takes no arguments. Configure it with environment variables.");
    const config = readConfig(environment);
    const { serve } = await import("../serve.js");
    return await serve(config);
  }
  const load = commands.get(name);
  if (!load) throw new UsageError(unknownCommand(first, second));
  const config: Config = readConfig(environment);
  const command = await load();
  await command(words.slice(isPair ? 2 : 1), { config, terminal, environment, now: Date.now });
}

function unknownCommand(first: string, second: string): string {
  const known = [...commands.keys()].filter((name) => name.startsWith(`${first} `)).map((name) => `moego ${name}`);
  const advice = known.length > 0 ? ` Did you mean: ${known.join(", ")}?` : "";
  return `Unknown command: ${[first, second].join(" ").trim()}.${advice}`;
}

function isParseError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS_");
}

async function explain(error: unknown): Promise<string[]> {
  if (!(error instanceof Error)) return [String(error)];
  const { startupErrorMessage: explainStart } = await import("../startup-error-message.js");
  const reason = explainStart(error instanceof DomainError ? error.cause : error);
  if (reason !== undefined) return [reason];
  if (!(error instanceof DomainError)) return [error.message];
  const violations = error.details.violations ?? [];
  if (violations.length > 0)
    return violations.map(({ field, description }) => (field ? `${field}: ${description}` : description));
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : "";
  return [`${error.message}${cause}`];
}
