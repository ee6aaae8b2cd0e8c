import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { newestRelease, readReleases } from "../support/releases.js";

it("RELEASES.md begins with the version of package.json and lists releases from the newest to the oldest", async () => {
  const releases = await readReleases();
  const { version } = JSON.parse(await readFile("package.json", "utf8"));
  expect((await newestRelease()).version).toBe(version);
  const dates = releases.map(({ date }) => date);
  expect(dates).toEqual(dates.toSorted().toReversed());
});

it("SECURITY.md and README.md name the newest version", async () => {
  const { version } = await newestRelease();
  const [major, minor] = version.split(".");
  expect(await readFile("SECURITY.md", "utf8")).toContain(`| ${major}.${minor}.x | Yes |`);
  expect(await readFile("README.md", "utf8")).toContain(`Version ${version}.`);
});
