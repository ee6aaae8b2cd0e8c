import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const dockerfile = readFileSync("Dockerfile", "utf8");

it("copies only what is in the repository, and what .dockerignore lets through", () => {
  const allowed = readFileSync(".dockerignore", "utf8")
    .split("\n")
    .flatMap((line) => (line.startsWith("!") ? [line.slice(1)] : []));
  const sources = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, words = ""]) => words.split(" "));
  expect(sources.length).toBeGreaterThan(5);
  for (const source of sources) {
    expect(existsSync(source), source).toBe(true);
    expect(
      allowed.some((path) => source === path || source.startsWith(`${path}/`)),
      source,
    ).toBe(true);
  }
});

it("runs as a user without privileges, by a command that gets its signals itself", () => {
  const [, , run = ""] = dockerfile.split(/^FROM /m);
  expect(run).toMatch(/^USER node$/m);
  expect(run).toMatch(/^CMD \["node", "dist\/main\.js"\]$/m);
  expect(run.indexOf("USER node")).toBeLessThan(run.indexOf("CMD ["));
});
