import { readFile, stat } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { markdownPages } from "./pages.js";

const pages = await markdownPages();

describe("the links of the documentation", () => {
  it.each(pages)("of %s name files and headings that exist", async (page) => {
    const text = await readFile(page, "utf8");
    const broken: string[] = [];
    for (const [, target = ""] of text.matchAll(/\]\(((?!https?:)[^)\s]+)\)/g)) {
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? page : normalize(join(dirname(page), path));
      const exists = (await stat(file).catch(() => undefined)) !== undefined;
      if (!exists || (anchor !== undefined && !(await anchorsOf(file)).includes(anchor))) broken.push(target);
    }
    expect(broken).toEqual([]);
  });

  it("cover the README", () => expect(pages).toContain("README.md"));
});

/** The ids that GitHub gives the headings of a page. */
async function anchorsOf(page: string): Promise<readonly string[]> {
  const headings = [...(await readFile(page, "utf8")).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading ?? "");
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}
