import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { readContract } from "../openapi/contract.js";
import { openApiDocument } from "../openapi/document.js";
import { readExamples } from "../openapi/examples.js";
import { rootFolder } from "../root-folder.js";
import { services } from "../services.js";
import { descriptorFile, siteFolder } from "./files.js";

/**
 * Writes the files that describe the API: the OpenAPI document and the descriptors. `npm run build` runs it. They are made
 * here, not by the server, so that a start needs no time for them.
 */
const descriptors = readFileSync(descriptorFile);
const { version } = JSON.parse(readFileSync(join(rootFolder, "package.json"), "utf8"));
const document = openApiDocument({
  ...{ version, contract: readContract(descriptors), examples: readExamples() },
  services: services.map(({ typeName }) => typeName),
});

rmSync(siteFolder, { recursive: true, force: true });
mkdirSync(siteFolder, { recursive: true });
write("openapi.json", Buffer.from(JSON.stringify(document)));
write("descriptor.binpb", descriptors);

function write(name: string, content: Uint8Array): void {
  writeFileSync(join(siteFolder, `${name}.gz`), gzipSync(content, { level: 9 }));
}
