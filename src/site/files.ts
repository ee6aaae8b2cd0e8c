import { join } from "node:path";
import { rootFolder } from "../root-folder.js";
import type { SiteFile } from "../server/transport/site-files.js";

/** Where the build writes the files, and the server reads them. */
export const siteFolder = join(rootFolder, "dist", "pages");

/** The contract with comments, from which the build makes the files. */
export const descriptorFile = join(rootFolder, "src", "gen", "descriptor.binpb");

/**
 * The pages load nothing from other sites and run no script that is not a file of this server. The reference can send requests
 * to this server alone.
 */
const pageHeaders = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "cross-origin-opener-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-frame-options": "DENY",
};

const html = { contentType: "text/html; charset=utf-8", headers: pageHeaders };
const css = "text/css; charset=utf-8";
const script = "text/javascript; charset=utf-8";

/** By path. */
export const siteFiles: Readonly<Record<string, SiteFile>> = {
  "/": { name: "index.html", ...html },
  "/docs": { name: "docs.html", ...html },
  "/docs/docs.js": { name: "docs.js", contentType: script },
  "/docs/site.css": { name: "site.css", contentType: css },
  "/docs/swagger-ui-bundle.js": { name: "swagger-ui-bundle.js", contentType: script },
  "/docs/swagger-ui.css": { name: "swagger-ui.css", contentType: css },
  "/openapi.json": { name: "openapi.json", contentType: "application/json" },
  "/descriptor.binpb": { name: "descriptor.binpb", contentType: "application/octet-stream" },
};
