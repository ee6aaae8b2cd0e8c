import { readFile } from "node:fs/promises";
import { z } from "zod";

const release = z.object({
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  date: z.iso.date(),
  /** The commit that a deployment upgrades from. */
  previousBuild: z.string().regex(/^[0-9a-f]{40}$/),
});

export type Release = z.infer<typeof release>;

/** The rows of RELEASES.md, newest first. */
export async function readReleases(): Promise<readonly Release[]> {
  const rows = (await readFile("RELEASES.md", "utf8")).split("\n").filter((line) => /^\| \d/.test(line));
  return rows.map((row) => {
    const [, version, date, previousBuild] = row.split("|").map((cell) => cell.trim());
    return release.parse({ version, date, previousBuild: previousBuild?.replaceAll("`", "") });
  });
}

/** @throws Error when RELEASES.md names no release */
export async function newestRelease(): Promise<Release> {
  const [newest] = await readReleases();
  if (!newest) throw new Error("RELEASES.md has no row of a release");
  return newest;
}
