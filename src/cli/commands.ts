import { readConfig } from "../config/config.js";
import type { Command, Surroundings } from "./command.js";
import type { CommandDeclaration } from "./declaration.js";
import * as about from "./declarations/about.js";
import * as backup from "./declarations/backup.js";
import { completion } from "./declarations/completion.js";
import * as directory from "./declarations/directory.js";
import * as exports from "./declarations/exports.js";
import * as imports from "./declarations/imports.js";
import * as keys from "./declarations/keys.js";
import { mirror } from "./declarations/mirror.js";
import * as people from "./declarations/people.js";
import * as secrets from "./declarations/secrets.js";
import * as server from "./declarations/server.js";
import * as staff from "./declarations/staff.js";
import { UsageError } from "./usage-error.js";
import { readWords } from "./words.js";

export interface BoundCommand {
  readonly declaration: CommandDeclaration;
  /** Runs with the words after its name. */
  run(words: readonly string[], surroundings: Surroundings): Promise<void>;
}

interface CommandSection {
  readonly title: string;
  readonly commands: readonly BoundCommand[];
}

/** The module of a command is loaded only when it runs, so that help and usage errors respond immediately. */
function bind<D extends CommandDeclaration>(declaration: D, load: () => Promise<Command<D>>): BoundCommand {
  return {
    declaration,
    async run(words, { environment, terminal }) {
      const values = readWords(declaration, words);
      const config = readConfig(environment);
      const command = await load();
      await command(values, { config, terminal, environment, now: Date.now });
    },
  };
}

const serve = bind(server.serve, async () => {
  const { serve: start } = await import("../serve.js");
  return (_, { config }) => start(config);
});

/** Needs no configuration. */
const version: BoundCommand = {
  declaration: about.version,
  async run(words, { terminal }) {
    const { json } = readWords(about.version, words);
    const { readVersions } = await import("./version.js");
    const versions = await readVersions();
    terminal.out(
      json ? JSON.stringify(versions, null, 2) : `${versions.version}\ntime zone data ${versions.timeZoneData}`,
    );
  },
};

/** Needs no configuration either. */
const complete: BoundCommand = {
  declaration: completion,
  async run(words, { terminal }) {
    const { SHELL: shell } = readWords(completion, words);
    const { bashCompletion, zshCompletion } = await import("./completion.js");
    const write = new Map([
      ["bash", bashCompletion],
      ["zsh", zshCompletion],
    ]).get(shell);
    if (!write) throw new UsageError("`moego completion` requires bash or zsh.");
    const declarations = commandSections.flatMap(({ commands }) => commands.map(({ declaration }) => declaration));
    terminal.out(write([...declarations, about.help]).trimEnd());
  },
};

export const commandSections: readonly CommandSection[] = [
  {
    title: "Server",
    commands: [
      serve,
      bind(server.doctor, async () => (await import("./doctor-command.js")).doctor),
      bind(server.migrate, async () => (await import("./database-command.js")).migrate),
      bind(server.seed, async () => (await import("./database-command.js")).seed),
    ],
  },
  {
    title: "Backup",
    commands: [
      bind(backup.backup, async () => (await import("./backup-command.js")).backup),
      bind(backup.restore, async () => (await import("./backup-command.js")).restore),
      bind(backup.move, async () => (await import("./move-command.js")).move),
    ],
  },
  {
    title: "Exports (docs/export.md)",
    commands: [
      bind(exports.exportCompany, async () => (await import("./export-command.js")).exportCompany),
      bind(exports.load, async () => (await import("./load-command.js")).load),
    ],
  },
  {
    title: "Companies and locations",
    commands: [
      bind(directory.createCompany, async () => (await import("./directory-command.js")).createCompany),
      bind(directory.listCompanies, async () => (await import("./directory-command.js")).listCompanies),
      bind(directory.createBusiness, async () => (await import("./directory-command.js")).createBusiness),
      bind(directory.listBusinesses, async () => (await import("./directory-command.js")).listBusinesses),
    ],
  },
  {
    title: "Staff",
    commands: [
      bind(staff.createStaff, async () => (await import("./staff-command.js")).createStaff),
      bind(staff.listStaff, async () => (await import("./staff-command.js")).listStaff),
    ],
  },
  {
    title: "Customers and leads",
    commands: [
      bind(people.lookup, async () => (await import("./lookup-command.js")).lookup),
      bind(people.erase, async () => (await import("./erase-command.js")).erase),
    ],
  },
  {
    title: "API keys",
    commands: [
      bind(keys.createKey, async () => (await import("./keys-command.js")).createKey),
      bind(keys.listKeys, async () => (await import("./keys-command.js")).listKeys),
      bind(keys.rotateKey, async () => (await import("./keys-command.js")).rotateKey),
      bind(keys.revokeKey, async () => (await import("./keys-command.js")).revokeKey),
    ],
  },
  {
    title: "Imports (docs/import.md)",
    commands: [
      bind(imports.importCustomers, async () => (await import("./import-command.js")).importCustomers),
      bind(imports.importLeads, async () => (await import("./import-command.js")).importLeads),
      bind(imports.importPets, async () => (await import("./import-command.js")).importPets),
      bind(imports.importPackages, async () => (await import("./import-command.js")).importPackages),
      bind(imports.listImports, async () => (await import("./import-undo-command.js")).listImports),
      bind(imports.undoImport, async () => (await import("./import-undo-command.js")).undoImport),
    ],
  },
  {
    title: "Mirror (docs/mirror.md)",
    commands: [bind(mirror, async () => (await import("./mirror-command.js")).mirror)],
  },
  {
    title: "Secrets",
    commands: [
      bind(secrets.exportSecrets, async () => (await import("./secrets-export-command.js")).exportSecrets),
      bind(secrets.rotateSecrets, async () => (await import("./secrets-command.js")).rotate),
    ],
  },
  { title: "About", commands: [version, complete] },
];
