/**
 * What help, completion, documentation and the parser know of a command. Declarations import nothing of what the commands
 * need, so that help and usage errors respond immediately.
 */
export interface CommandDeclaration {
  /** One or two words: `backup`, `keys create`. */
  readonly name: string;
  readonly about: string;
  /** The positional arguments, all of them required, by their placeholders: `FILE`. */
  readonly arguments?: Readonly<Record<string, ArgumentDeclaration>>;
  readonly options: Readonly<Record<string, OptionDeclaration>>;
}

export interface ArgumentDeclaration {
  readonly about: string;
  readonly choices?: readonly string[];
}

export interface OptionDeclaration {
  readonly kind: "flag" | "optional" | "required" | "several";
  /** Placeholder of the value: `ID`. Empty for a flag. */
  readonly value: string;
  readonly about: string;
  /** For completion. The command checks the value. */
  readonly choices?: readonly string[];
}

/** The values of the arguments and options of a command, by their names. */
export type Values<D extends CommandDeclaration> = {
  readonly [Name in keyof D["options"]]: OptionValue<D["options"][Name]["kind"]>;
} & { readonly [Name in keyof D["arguments"]]: string };

type OptionValue<Kind> = Kind extends "flag"
  ? boolean
  : Kind extends "several"
    ? readonly string[]
    : Kind extends "required"
      ? string
      : string | undefined;

export function flag(about: string) {
  return { kind: "flag", value: "", about } as const;
}

export function optional(value: string, about: string) {
  return { kind: "optional", value, about } as const;
}

export function required(value: string, about: string) {
  return { kind: "required", value, about } as const;
}

/** An option that may be repeated. */
export function several(value: string, about: string) {
  return { kind: "several", value, about } as const;
}

export function oneOf(choices: readonly string[], about: string) {
  return { kind: "optional", value: choices.join("|"), about, choices } as const;
}

export function declareCommand<const D extends CommandDeclaration>(declaration: D): D {
  return declaration;
}

/** Of every command that lists or creates something. */
export const json = flag("print the result as JSON");
export const company = required("ID", "the company");
