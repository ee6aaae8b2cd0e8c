import { type DescField, getOption, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { StructSchema } from "@bufbuild/protobuf/wkt";
import { StatusSchema } from "../gen/proto/google/rpc/status_pb.js";
import { scope as scopeOption } from "../gen/proto/moego/option/v1/option_pb.js";
import {
  forwardsIdempotencyKey,
  importsRecords,
  isReadOnly,
  isStream,
  rpcNameOf,
} from "../server/pipeline/contract.js";
import { formType, jsonType } from "../server/transport/http-message.js";
import type { Route } from "../server/transport/rest-routes.js";
import type { Contract } from "./contract.js";
import type { createErrorResponses } from "./error-responses.js";
import type { Example, Examples } from "./examples.js";
import { headerRef, queryParameters } from "./parameters.js";
import type { OpenApiPath } from "./paths.js";
import { isRequired, type Schemas } from "./schemas.js";

interface OperationOptions {
  readonly contract: Contract;
  readonly schemas: Schemas;
  readonly errors: ReturnType<typeof createErrorResponses>;
  readonly examples: Examples["rpcs"];
}

/** @param isFirst whether it is the first route of its rpc; the others are named after their HTTP method */
export function operationOf(
  route: Route,
  { variables }: OpenApiPath,
  isFirst: boolean,
  options: OperationOptions,
): JsonObject {
  const { contract, schemas, errors, examples } = options;
  const { method, verb, body, takesForm } = route;
  const name = rpcNameOf(method);
  const example = examples[name];
  const inPath = variables.map(({ field }) => field);
  const scopes = [getOption(method, scopeOption), ...(importsRecords(method) ? ["record:import"] : [])];
  const [description = ""] = contract.commentOf(method).split(/^Errors:$/m);
  const scopeText = `Needs the ${scopes.length > 1 ? "scopes" : "scope"} ${scopes.map((one) => `\`${one}\``).join(" and ")}.`;
  const bodySchema = body === "*" ? schemas.bodyRef(method.input, inPath) : undefined;
  const bodyFields = method.input.fields.filter((field) => !inPath.includes(field));
  const bodyExample = example && { example: without(example.request, inPath) };
  return {
    operationId: `${method.parent.name}_${method.name}${isFirst ? "" : `_${verb.toLowerCase()}`}`,
    tags: [method.parent.name],
    summary: summaryOf(method.name),
    description: `${description.trim()}\n\n${scopeText}`,
    security: [{ basic: scopes }, { bearer: scopes }],
    parameters: [
      ...variables.map(({ name: variable, field }) => ({
        ...{ name: variable, in: "path", required: true, description: contract.commentOf(field) },
        schema: { ...schemas.fieldSchema(field, "input"), minLength: 1 },
        ...(example ? exampleOf(example.request, field) : {}),
      })),
      ...(body === "" ? queryParameters(method.input, { contract, schemas, inPath }) : []),
      ...(isReadOnly(method)
        ? []
        : [headerRef(forwardsIdempotencyKey(method) ? "ForwardedIdempotencyKey" : "IdempotencyKey")]),
      headerRef("Company"),
    ],
    ...(bodySchema
      ? {
          requestBody: {
            ...(bodyFields.some(isRequired) ? { required: true } : {}),
            content: {
              [jsonType]: { schema: bodySchema, ...bodyExample },
              ...(takesForm ? { [formType]: { schema: bodySchema } } : {}),
            },
          },
        }
      : {}),
    responses: { 200: successOf(route, example, options), ...errors.of(route) },
    ...{ "x-rpc": name, "x-scopes": scopes },
  };
}

function successOf(route: Route, example: Example | undefined, { contract, schemas }: OperationOptions): JsonObject {
  const { method, responseBody, plainText } = route;
  const [description = ""] = contract.commentOf(method.output).split(/(?<=\.)\s/);
  const message = () => schemas.messageRef(method.output, "output");
  const shown = example ? { example: example.response } : {};
  const isReplayed = !isReadOnly(method) && !forwardsIdempotencyKey(method);
  return {
    description,
    ...(isReplayed
      ? { headers: { "idempotency-replayed": { $ref: "#/components/headers/IdempotencyReplayed" } } }
      : {}),
    content: isStream(method)
      ? { "application/x-ndjson": { schema: { oneOf: [message(), lastLine(schemas)] }, ...shown } }
      : {
          [jsonType]: { schema: responseBody === "" ? message() : bodyPart(route), ...shown },
          ...(plainText === undefined ? {} : { "text/plain": { schema: { type: "string" } } }),
        },
  };
}

/** A stream that fails ends with a line that has the error. */
function lastLine({ messageRef }: Schemas): JsonObject {
  return {
    ...{ type: "object", title: "StreamError" },
    description: "The error that ended the stream, in its last line.",
    properties: { error: messageRef(StatusSchema, "output") },
    required: ["error"],
  };
}

/** The field of the response that is the body: an object, or `null`. */
function bodyPart({ method, responseBody }: Route): JsonObject {
  const field = method.output.fields.find(({ name }) => name === responseBody);
  if (field?.message?.typeName !== StructSchema.typeName)
    throw new Error(`${method.name} has no object ${responseBody}.`);
  return { type: ["object", "null"], additionalProperties: true };
}

function exampleOf(request: JsonObject, { jsonName }: DescField): { readonly example?: JsonValue } {
  const value = request[jsonName];
  return value === undefined ? {} : { example: value };
}

function without(request: JsonObject, fields: readonly DescField[]): JsonObject {
  const names = fields.map(({ jsonName }) => jsonName);
  return Object.fromEntries(Object.entries(request).filter(([name]) => !names.includes(name)));
}

/** `CreateCustomer` is "Create customer". */
export function summaryOf(name: string): string {
  const [first = "", ...others] = name.split(/(?<=[a-z])(?=[A-Z])/);
  return [first, ...others.map((word) => word.toLowerCase())].join(" ");
}
