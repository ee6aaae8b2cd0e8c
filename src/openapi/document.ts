import type { DescService, JsonObject } from "@bufbuild/protobuf";
import { isStream, isUnary } from "../server/pipeline/contract.js";
import { routesOf } from "../server/transport/rest-routes.js";
import type { Contract } from "./contract.js";
import { createErrorResponses } from "./error-responses.js";
import { errorSchemas } from "./error-schemas.js";
import type { Examples } from "./examples.js";
import { operationOf, summaryOf } from "./operations.js";
import { headerParameters } from "./parameters.js";
import { createPaths } from "./paths.js";
import { createSchemas } from "./schemas.js";

interface DocumentOptions {
  /** Type names of the services that are served. */
  readonly services: readonly string[];
  readonly contract: Contract;
  readonly examples: Examples;
  readonly version: string;
}

/** The OpenAPI 3.1 document of the REST routes, from the contract alone. */
export function openApiDocument({ services: names, contract, examples, version }: DocumentOptions): JsonObject {
  const services = names.map((name) => serviceNamed(contract, name));
  const methods = services
    .flatMap((service) => service.methods)
    .filter((method) => isUnary(method) || isStream(method));
  const schemas = createSchemas(
    contract,
    methods.map(({ output }) => output),
    errorSchemas(contract),
  );
  const errors = createErrorResponses({ contract, schemas, examples: examples.errors });
  const pathOf = createPaths();
  const paths: Record<string, JsonObject> = {};
  for (const method of methods) {
    for (const [index, route] of routesOf(method).entries()) {
      const path = pathOf(route);
      const operation = operationOf(route, path, index === 0, { contract, schemas, errors, examples: examples.rpcs });
      const verb = route.verb.toLowerCase();
      if (paths[path.path]?.[verb]) throw new Error(`Two RPCs have the route ${route.verb} ${path.path}.`);
      paths[path.path] = { ...paths[path.path], [verb]: operation };
    }
  }
  const shown = Object.entries(examples.errors).map(([reason, value]) => [reason, { value: value ?? null }] as const);
  return {
    openapi: "3.1.0",
    info: {
      ...{ title: "moego-open-backend", version, description },
      license: { name: "Apache License 2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/", description: "This server." }],
    tags: services.map((service) => ({
      name: service.name,
      // Its first paragraph. What follows is about all its RPCs, and in each of them.
      description: contract.commentOf(service).split("\n\n")[0] ?? "",
      "x-displayName": summaryOf(service.name.replace(/Service$/, "")),
    })),
    paths,
    components: {
      schemas: schemas.components(),
      responses: errors.components(),
      parameters: headerParameters,
      headers: { IdempotencyReplayed: replayed },
      examples: Object.fromEntries(shown),
      securitySchemes,
    },
  };
}

const description = `The REST routes of this server. The same RPCs are available over gRPC, gRPC-Web and Connect; their contract is
at \`/descriptor.binpb\`.

Members have the names of the contract in lowerCamelCase. Requests can also have the names as the contract writes them, with
\`_\`, which the descriptions use. Requests are at most 4 MiB.

Every operation names the scopes that its API key needs. Errors are a \`google.rpc.Status\`: clients decide by
\`reason\`, never by the message.`;

const replayed: JsonObject = {
  description: "`true` if the request repeats an earlier one with the same `idempotency-key`, and changed nothing.",
  schema: { type: "string", enum: ["true"] },
};

const securitySchemes: JsonObject = {
  basic: { type: "http", scheme: "basic", description: "The API key is the user name; the password is empty." },
  bearer: { type: "http", scheme: "bearer", description: "The API key." },
};

function serviceNamed({ registry }: Contract, name: string): DescService {
  const service = registry.getService(name);
  if (!service) throw new Error(`The contract has no service ${name}.`);
  return service;
}
