import type { DescEnum } from "@bufbuild/protobuf";

/** Longer than any value name. */
const namePattern = /^\w{1,100}$/;
const names = new WeakMap<DescEnum, ReadonlyMap<string, string>>();

/**
 * The name of the enum value that a text names: in either case, with or without the name of the enum as its prefix. A
 * full name wins over the short name of another value. An empty text, as forms send it, is the unspecified value.
 *
 * @returns the text itself if it names no value
 */
export function enumValueName(desc: DescEnum, text: string): string {
  if (text === "") return desc.value[0]?.name ?? text;
  return namePattern.test(text) ? (namesOf(desc).get(text.toUpperCase()) ?? text) : text;
}

/** The full name of each value but 0, with its short name in parentheses where that names the value. */
export function acceptedNames(desc: DescEnum): readonly string[] {
  const prefix = prefixOf(desc);
  return desc.values
    .filter(({ number }) => number !== 0)
    .map(({ name }) => {
      const short = name.startsWith(prefix) ? name.slice(prefix.length) : "";
      return enumValueName(desc, short) === name ? `${name} (or ${short})` : name;
    });
}

function namesOf(desc: DescEnum): ReadonlyMap<string, string> {
  const known = names.get(desc);
  if (known) return known;
  const prefix = prefixOf(desc);
  const made = new Map<string, string>();
  for (const { name } of desc.values) if (name.startsWith(prefix)) made.set(name.slice(prefix.length), name);
  for (const { name } of desc.values) made.set(name.toUpperCase(), name);
  names.set(desc, made);
  return made;
}

function prefixOf({ name }: DescEnum): string {
  return `${name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, "_")}_`.toUpperCase();
}
