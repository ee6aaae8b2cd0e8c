import type { DescField, DescMessage, JsonObject } from "@bufbuild/protobuf";
import type { Contract } from "./contract.js";
import { isRequired, type Schemas } from "./schemas.js";

interface QueryOptions {
  readonly contract: Contract;
  readonly schemas: Schemas;
  /** The fields that the path has. */
  readonly inPath: readonly DescField[];
}

/**
 * The query parameters of a route without a body: one for each field, and for the fields of its messages one with both names
 * joined by a dot.
 */
export function queryParameters(message: DescMessage, { contract, schemas, inPath }: QueryOptions): JsonObject[] {
  function parametersOf(field: DescField, prefix: string): JsonObject[] {
    const name = prefix + field.jsonName;
    const within = field.fieldKind === "message" ? fieldsOf(field.message) : undefined;
    if (within) return within.flatMap((inner) => parametersOf(inner, `${name}.`));
    if (field.fieldKind === "list" && field.listKind === "message") throw new Error(`${name} fits into no query.`);
    return [
      {
        ...{ name, in: "query", description: contract.commentOf(field) },
        ...(isRequired(field) && prefix === "" ? { required: true } : {}),
        schema: schemas.fieldSchema(field, "input"),
        ...(field.fieldKind === "map" ? { style: "deepObject", explode: true } : {}),
      },
    ];
  }

  return message.fields.filter((field) => !inPath.includes(field)).flatMap((field) => parametersOf(field, ""));
}

/** Undefined for the types of protobuf, which have one value. */
function fieldsOf(message: DescMessage): readonly DescField[] | undefined {
  return message.typeName.startsWith("google.protobuf.") ? undefined : message.fields;
}

/** The headers that requests of several rpcs have, by component name. */
export const headerParameters = {
  IdempotencyKey: {
    ...{ name: "idempotency-key", in: "header" },
    description:
      "Makes a retry safe: up to 255 printable ASCII characters, stored for 24 hours per API key and RPC. A retry with the " +
      "same key and request has no further effect, and its response has the header `idempotency-replayed: true`.",
    schema: { type: "string", minLength: 1, maxLength: 255 },
  },
  ForwardedIdempotencyKey: {
    ...{ name: "idempotency-key", in: "header" },
    description:
      "Forwarded to the third-party system, which decides what it does with it. This server does not store it.",
    schema: { type: "string", minLength: 1, maxLength: 255 },
  },
  Company: {
    ...{ name: "moego-company", in: "header" },
    description: "Id of a company. Restricts an API key with access to several companies to this one.",
    schema: { type: "string" },
  },
} satisfies Record<string, JsonObject>;

export function headerRef(name: keyof typeof headerParameters): JsonObject {
  return { $ref: `#/components/parameters/${name}` };
}
