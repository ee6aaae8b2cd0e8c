/** The parts of a run. `--only` selects some. */
export const parts = ["peers", "calls", "workers", "memory", "start", "pages"] as const;
export type Part = (typeof parts)[number];

/** @param words names with commas between them; undefined selects all */
export function partsOf(words: string | undefined): ReadonlySet<Part> {
  if (words === undefined) return new Set(parts);
  const named = words.split(",");
  const unknown = named.filter((word) => !parts.some((part) => part === word));
  if (unknown.length > 0) throw new Error(`There is no part ${unknown.join(", ")}. There are ${parts.join(", ")}.`);
  return new Set(parts.filter((part) => named.includes(part)));
}
