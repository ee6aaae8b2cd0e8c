import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { readContract } from "../openapi/contract.js";
import { openApiDocument } from "../openapi/document.js";
import { readExamples } from "../openapi/examples.js";
import { rootFolder } from "../root-folder.js";
import { services } from "../services.js";
import { descriptorFile, siteFolder } from "./files.js";
import { homePage, referencePage } from "./pages.js";

/**
 * Writes the files that describe the API: pages, the OpenAPI document and the descriptors. `npm run build` runs it. They are
 * made here, not by the server, so that a start needs no time for them.
 */
const descriptors = readFileSync(descriptorFile);
const { version } = JSON.parse(readFileSync(join(rootFolder, "package.json"), "utf8"));
const document = openApiDocument({
  ...{ version, contract: readContract(descriptors), examples: readExamples() },
  services: services.map(({ typeName }) => typeName),
});
const assets = join(rootFolder, "src", "site", "assets");
const swaggerUi = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));

rmSync(siteFolder, { recursive: true, force: true });
mkdirSync(siteFolder, { recursive: true });
write("index.html", homePage(version));
write("docs.html", referencePage());
for (const name of ["docs.js", "site.css"]) write(name, readFileSync(join(assets, name)));
// Notice and licenses go where the code goes.
const [notice, licenses, bundle, css] = [
  ...["NOTICE", "swagger-ui-bundle.js.LICENSE.txt", "swagger-ui-bundle.js", "swagger-ui.css"].map((name) =>
    readFileSync(join(swaggerUi, name), "utf8"),
  ),
];
write("swagger-ui-bundle.js", `/*!\n${notice}\nApache License 2.0\n*/\n${licenses}\n${bundle}`);
write("swagger-ui.css", String(css).replace(/\/\*# sourceMappingURL=.*\*\//, ""));
write("openapi.json", JSON.stringify(document));
write("descriptor.binpb", descriptors);

function write(name: string, content: Uint8Array | string): void {
  writeFileSync(join(siteFolder, `${name}.gz`), gzipSync(content, { level: 9 }));
}
