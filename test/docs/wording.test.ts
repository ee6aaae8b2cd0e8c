import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { bannedInComment } from "../language/banned-words.js";
import { markdownPages } from "./pages.js";

const maxWords = 25;

/** Written by a test from the contract or from a run; their texts are checked where they come from. */
const generated = ["docs/rpcs.md", "docs/reliability.md", "docs/errors.md"];
const pages = (await markdownPages()).filter((page) => !generated.includes(page));

describe("the wording of the documentation", () => {
  it.each(pages)("of %s has no banned word", async (page) => {
    // CONTRIBUTING.md quotes the words between backticks.
    const lines = withoutBlocks(await readFile(page, "utf8"))
      .replaceAll(/`[^`\n]*`/g, "x")
      .split("\n");
    expect(lines.filter((line) => bannedInComment(line).length > 0)).toEqual([]);
  });

  it.each(pages)(`of %s has no sentence of more than ${maxWords} words`, async (page) => {
    expect(sentencesOf(await readFile(page, "utf8")).filter((sentence) => wordsOf(sentence) > maxWords)).toEqual([]);
  });

  it("is judged by rules that can fail", () => {
    expect(sentencesOf(`${"word ".repeat(26)}. Short.`).map(wordsOf)).toEqual([26, 1]);
  });
});

function withoutBlocks(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```$/gm, "");
}

/** The sentences of paragraphs, list items and table cells. */
function sentencesOf(text: string): readonly string[] {
  const plain = withoutBlocks(text)
    .replaceAll(/\]\([^)]*\)/g, "]")
    .replaceAll(/`[^`\n]*`/g, "x");
  const parts = plain.split(/\n\n+|\n(?=[-*|#>]|\d+\. )|\|/);
  return parts.flatMap((part) => part.replaceAll(/\s+/g, " ").split(/(?<=[.:?!;]\)?)\s/)).map((part) => part.trim());
}

function wordsOf(sentence: string): number {
  return sentence.split(" ").filter((word) => /\w/.test(word)).length;
}
