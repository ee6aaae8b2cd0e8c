import type { DescEnum } from "@bufbuild/protobuf";

/** Longer than any value name. */
const namePattern = /^\w{1,100}$/;
const names = new WeakMap<DescEnum, ReadonlyMap<string, string>>();

/**
 * The name of the enum value that a text names: in either case, with or without the name of the enum as its prefix. A
 * full name wins over the short name of another value.
 *
 * @returns the text itself if it names no value
 */
export function enumValueName(desc: DescEnum, text: string): string {
  return namePattern.test(text) ? (namesOf(desc).get(text.toUpperCase()) ?? text) : text;
}

function namesOf(desc: DescEnum): ReadonlyMap<string, string> {
  const known = names.get(desc);
  if (known) return known;
  const prefix = `${desc.name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, "_")}_`.toUpperCase();
  const made = new Map<string, string>();
  for (const { name } of desc.values) if (name.startsWith(prefix)) made.set(name.slice(prefix.length), name);
  for (const { name } of desc.values) made.set(name.toUpperCase(), name);
  names.set(desc, made);
  return made;
}
