import { readFileSync } from "node:fs";
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { readContract } from "../../src/openapi/contract.js";
import { openApiDocument } from "../../src/openapi/document.js";
import { type Examples, readExamples } from "../../src/openapi/examples.js";
import { services } from "../../src/services.js";

/** The document as the build makes it. */
export function currentDocument(examples: Examples = readExamples()): JsonObject {
  return openApiDocument({
    ...{ contract: readContract(readFileSync("src/gen/descriptor.binpb")), examples },
    version: JSON.parse(readFileSync("package.json", "utf8")).version,
    services: services.map(({ typeName }) => typeName),
  });
}

export interface Operation {
  readonly rpc: string;
  readonly verb: string;
  readonly path: string;
  readonly content: JsonObject;
}

const verbs = ["get", "put", "post", "delete", "patch"];

export function operationsOf(document: JsonObject): readonly Operation[] {
  return Object.entries(objectAt(document, "paths")).flatMap(([path, item]) =>
    Object.entries(asObject(item))
      .filter(([verb]) => verbs.includes(verb))
      .map(([verb, operation]) => {
        const content = asObject(operation);
        return { rpc: String(content["x-rpc"]), verb: verb.toUpperCase(), path, content };
      }),
  );
}

/** The member of a document at the names. */
export function objectAt(value: JsonValue | undefined, ...names: readonly string[]): JsonObject {
  const [name, ...others] = names;
  return name === undefined ? asObject(value) : objectAt(asObject(value)[name], ...others);
}

function asObject(value: JsonValue | undefined): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error("The document has no object there.");
  return value;
}
