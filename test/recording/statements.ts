import { readdir, readFile } from "node:fs/promises";

/** Imports all source files that name statements, also those that the service itself does not import. */
export async function importStatements(): Promise<void> {
  const source = new URL("../../src/", import.meta.url);
  for (const path of (await readdir(source, { recursive: true })).toSorted()) {
    if (!path.endsWith(".ts") || path.startsWith("gen/")) continue;
    const url = new URL(path, source);
    if (/\bstatement\(/.test(await readFile(url, "utf8"))) await import(url.href);
  }
}

/** A statement that differs by what is asked for has several texts under one name. */
export function textsByName(named: readonly (readonly [name: string, text: string])[]): ReadonlyMap<string, string> {
  const texts = new Map<string, Set<string>>();
  for (const [name, text] of named) {
    const known = texts.get(name) ?? new Set();
    texts.set(name, known.add(withoutLengths(text)));
  }
  return new Map([...texts].map(([name, list]) => [name, `${[...list].toSorted().join("\n;\n")}\n`]));
}

/** Prisma writes a text for every length of a list. */
function withoutLengths(text: string): string {
  return text.replaceAll(/\(\$\d+(?:,\s*\$\d+)*\)/g, "(...)").replaceAll(/(?:\(\.\.\.\),\s*)+\(\.\.\.\)/g, "(...)");
}
