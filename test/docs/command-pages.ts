import { commandSections } from "../../src/cli/commands.js";
import type { CommandDeclaration } from "../../src/cli/declaration.js";
import { describe as describeOption, usageOf } from "../../src/cli/help.js";
import { exitCodes, exitMeanings } from "../../src/core/exit-codes.js";

const intro = `# Commands

\`npx moego help\` lists all commands, and \`--help\` after a command shows its arguments and options. Both come from the same
declarations as this page, which \`npm run docs\` writes.

A misspelled command or option is refused with the name that was probably meant. Results go to standard output, everything else
to standard error. Commands that list or create something have \`--json\`. New members can be added to their JSON; none is
removed or renamed.

To complete commands in bash, add \`source <(moego completion bash)\` to \`~/.bashrc\`; in zsh, \`source <(moego completion zsh)\`
to \`~/.zshrc\`. \`moego\` must be on the path, for example by \`npm link\`.

## Exit codes

They follow \`sysexits.h\` and do not change. The server has the same codes.

| Code | Meaning |
|---|---|
`;

/** The reference of all commands, from their declarations. */
export function commandPages(): string {
  const codes = new Map(Object.entries(exitCodes));
  const rows = Object.entries(exitMeanings).map(([reason, meaning]) => `| ${codes.get(reason)} | ${meaning} |`);
  const sections = commandSections.map(({ title, commands }) =>
    [`## ${title.replace(/ \(.*/, "")}`, ...commands.map(({ declaration }) => describe(declaration))].join("\n\n"),
  );
  return `${intro}${rows.join("\n")}\n\n${sections.join("\n\n")}\n`;
}

function describe(declaration: CommandDeclaration): string {
  const { name, about, arguments: places = {}, options } = declaration;
  const rows = [
    ...Object.entries(places).map(([place, { about: what }]) => [code(place), what]),
    ...Object.entries(options).map(([option, one]) => [
      code(one.kind === "flag" ? `--${option}` : `--${option} ${one.value}`),
      describeOption(one),
    ]),
  ];
  const usage = code(usageOf(declaration).replace("Usage: ", "").replace(" [options]", ""));
  const table = ["| Argument or option | Meaning |", "|---|---|", ...rows.map((cells) => `| ${cells.join(" | ")} |`)];
  return [`### moego ${name}`, `${usage}`, `${about}.`, ...(rows.length > 0 ? [table.join("\n")] : [])].join("\n\n");
}

/** In a table a vertical bar would begin another cell. */
function code(text: string): string {
  return `\`${text.replaceAll("|", "\\|")}\``;
}
