import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** The Markdown pages for readers: those beside the README, that of the client, and everything below `docs`. */
export async function markdownPages(): Promise<readonly string[]> {
  const beside = (await readdir(".")).filter(isPage).toSorted();
  const below = (await readdir("docs", { recursive: true })).filter(isPage).map((name) => join("docs", name));
  return [...beside, "client/README.md", ...below.toSorted()];
}

function isPage(name: string): boolean {
  return name.endsWith(".md");
}
