import type { CommandDeclaration } from "./declaration.js";

/** The script for `source <(moego completion bash)`. It has the words of all commands, so that completion starts no process. */
export function bashCompletion(declarations: readonly CommandDeclaration[]): string {
  return `_moego() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" name="\${COMP_WORDS[1]}" words=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${firstWords(declarations).join(" ")}" -- "$cur"))
    return
  fi
  case "$name" in
${groupsOf(declarations).map(groupCase).join("\n")}
  esac
  case "$name $prev" in
${declarations.flatMap(valueCases).join("\n")}
  esac
  case "$name" in
${declarations.map(wordsCase).join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _moego moego
`;
}

/** zsh runs the script of bash by its own module for that. */
export function zshCompletion(declarations: readonly CommandDeclaration[]): string {
  const modules = "autoload -Uz compinit bashcompinit\n(( $+functions[compdef] )) || compinit\nbashcompinit\n";
  return `${modules}${bashCompletion(declarations)}`;
}

interface Group {
  readonly name: string;
  readonly commands: readonly string[];
}

function firstWords(declarations: readonly CommandDeclaration[]): readonly string[] {
  return [...new Set(declarations.map(({ name }) => name.split(" ")[0] ?? ""))];
}

function groupsOf(declarations: readonly CommandDeclaration[]): readonly Group[] {
  return firstWords(declarations).flatMap((name) => {
    const commands = declarations.flatMap((one) => {
      const [first, second] = one.name.split(" ");
      return first === name && second !== undefined ? [second] : [];
    });
    return commands.length > 0 ? [{ name, commands }] : [];
  });
}

function groupCase({ name, commands }: Group): string {
  const second = `COMPREPLY=($(compgen -W "${commands.join(" ")}" -- "$cur"))`;
  return `    ${name}) if [ "$COMP_CWORD" -eq 2 ]; then ${second}; return; fi; name="$name \${COMP_WORDS[2]}" ;;`;
}

/** What can follow an option: one of its words, a file, or something that only the user knows. */
function valueCases({ name, options }: CommandDeclaration): readonly string[] {
  return Object.entries(options).flatMap(([option, { kind, value, choices }]) => {
    if (kind === "flag") return [];
    const isFile = /FILE|FOLDER/.test(value);
    const work = choices
      ? `COMPREPLY=($(compgen -W "${choices.join(" ")}" -- "$cur")); `
      : isFile
        ? ""
        : "compopt +o default 2>/dev/null; ";
    return [`    "${name} --${option}") ${work}return ;;`];
  });
}

/** Options after a hyphen, or where nothing else can follow. An argument that is a file is left to the shell. */
function wordsCase({ name, arguments: places = {}, options }: CommandDeclaration): string {
  const optionWords = [...Object.keys(options), "help"].map((option) => `--${option}`).join(" ");
  const [place] = Object.entries(places);
  if (!place) return `    "${name}") words="${optionWords}" ;;`;
  const [, { choices = [] }] = place;
  return `    "${name}") case "$cur" in -*) words="${optionWords}" ;; *) words="${choices.join(" ")}" ;; esac ;;`;
}
