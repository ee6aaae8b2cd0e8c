import { join } from "node:path";
import { rootFolder } from "../root-folder.js";
import type { SiteFile } from "../server/transport/site-files.js";

/** Where the build writes the files, and the server reads them. */
export const siteFolder = join(rootFolder, "dist", "pages");

/** The contract with comments, from which the build makes the files. */
export const descriptorFile = join(rootFolder, "src", "gen", "descriptor.binpb");

/** By path. */
export const siteFiles: Readonly<Record<string, SiteFile>> = {
  "/openapi.json": { name: "openapi.json", contentType: "application/json" },
  "/descriptor.binpb": { name: "descriptor.binpb", contentType: "application/octet-stream" },
};
