import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { rootFolder } from "../root-folder.js";

/** The version of moego. */
export function readVersion(): string {
  const text = readFileSync(join(rootFolder, "package.json"), "utf8");
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

/** The versions of moego and of its time zone data. */
export async function readVersions() {
  const { timeZoneVersion } = await import("../core/time-zones.js");
  return { version: readVersion(), timeZoneData: timeZoneVersion };
}
