import { createHash } from "node:crypto";
import type { Known } from "./judge.js";

/**
 * The predicates of every second statement, for a run that has no time for all. Which ones depends on all texts together: a
 * tree has always the same half, and the next statement that is added or changed draws another one.
 */
export function halfOf<Call>(known: readonly Known<Call>[]): readonly Known<Call>[] {
  const texts = [...new Set(known.map(({ predicate }) => predicate.text))].toSorted();
  const salt = digestOf(texts.join("\0"));
  const chosen = new Set(texts.filter((text) => (digestOf(salt + text).codePointAt(0) ?? 0) % 2 === 0));
  return known.filter(({ predicate }) => chosen.has(predicate.text));
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/**
 * The rows in which the page of half of the predicates differs from the page of all. Statements are named by their beginning,
 * which several can share: rows of such a name are compared only if all its statements were judged.
 */
export function differingRows<Call>(
  { half, whole }: { readonly half: string; readonly whole: string },
  { judged, known }: { readonly judged: readonly Known<Call>[]; readonly known: readonly Known<Call>[] },
): readonly string[] {
  const texts = new Set(judged.map(({ predicate }) => predicate.text));
  const left = known.filter(({ predicate }) => !texts.has(predicate.text));
  const leftNames = new Set(left.map(({ predicate }) => `| \`${predicate.statement}\` |`));
  const [inHalf, inWhole] = [rowsOf(half), rowsOf(whole)];
  const added = inHalf.filter((row) => !inWhole.includes(row));
  const missing = inWhole.filter(
    (row) => !inHalf.includes(row) && ![...leftNames].some((name) => row.startsWith(name)),
  );
  return [...added.map((row) => `+ ${row}`), ...missing.map((row) => `- ${row}`)];
}

function rowsOf(page: string): readonly string[] {
  return page.split("\n").filter((line) => line.startsWith("| `"));
}
