import { readdir, readFile } from "node:fs/promises";

/** Name and text of a statement; those that Prisma wrote have the name `prisma`. */
export type NamedText = readonly [name: string, text: string];

/** The module that names statements, which puts each of them on the list, too: for `vi.mock`. */
export function listing(original: typeof import("../../src/db/statement.js"), list: NamedText[]): typeof original {
  return {
    ...original,
    statement(name, text) {
      list.push([name, text]);
      return original.statement(name, text);
    },
    quickStatement(name, text) {
      list.push([name, text]);
      return original.quickStatement(name, text);
    },
    nameGenerated(query) {
      list.push(["prisma", query.sql]);
      return original.nameGenerated(query);
    },
  };
}

/** Imports all source files that name statements, also those that the service itself does not import. */
export async function importStatements(): Promise<void> {
  const source = new URL("../../src/", import.meta.url);
  for (const path of (await readdir(source, { recursive: true })).toSorted()) {
    if (!path.endsWith(".ts") || path.startsWith("gen/")) continue;
    const url = new URL(path, source);
    if (/\b(statement|namedStatement)\b/.test(await readFile(url, "utf8"))) await import(url.href);
  }
}

/** A statement that differs by what is asked for has several texts under one name. */
export function textsByName(named: readonly NamedText[]): ReadonlyMap<string, string> {
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
