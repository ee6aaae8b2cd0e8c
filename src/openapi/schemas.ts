import {
  type DescEnum,
  type DescField,
  type DescMessage,
  getOption,
  type JsonObject,
  ScalarType,
} from "@bufbuild/protobuf";
import { FieldBehavior, field_behavior } from "../gen/proto/google/api/field_behavior_pb.js";
import { hasImplicitPresence } from "../server/transport/codec/values.js";
import { countLimits, valueLimits } from "./comment-limits.js";
import type { Contract } from "./contract.js";
import { scalarSchema, wellKnownSchema } from "./value-schemas.js";

/** Whether a message is read from a request or written to a response. Responses have every field that is not optional. */
export type Direction = "input" | "output";

/** The schemas of the messages of a contract, each made when it is first referred to. */
export interface Schemas {
  messageRef(message: DescMessage, direction: Direction): JsonObject;
  /** The schema of a request body: the message without the fields that the path has. */
  bodyRef(message: DescMessage, inPath: readonly DescField[]): JsonObject;
  enumRef(type: DescEnum): JsonObject;
  /** Without the description. */
  fieldSchema(field: DescField, direction: Direction): JsonObject;
  /** By name, sorted. */
  components(): JsonObject;
}

/** Schemas by type name, in place of what would be made of these types. */
export type SpecialSchemas = Readonly<Record<string, (schemas: Schemas) => JsonObject>>;

/** @param responses the messages of which responses consist */
export function createSchemas(
  { commentOf }: Contract,
  responses: readonly DescMessage[],
  special: SpecialSchemas = {},
): Schemas {
  const made = new Map<string, JsonObject>();
  const written = reachable(responses);

  function component(name: string, make: () => JsonObject): JsonObject {
    if (!made.has(name)) {
      // A message can contain itself.
      made.set(name, {});
      made.set(name, make());
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  function messageRef(message: DescMessage, direction: Direction): JsonObject {
    const own = special[message.typeName];
    if (own) return component(message.typeName, () => own(schemas));
    const wellKnown = wellKnownSchema(message);
    if (wellKnown) return wellKnown;
    const name = direction === "input" && written.has(message) ? `${message.typeName}Input` : message.typeName;
    return component(name, () =>
      objectSchema(message, { title: titleOf(name, message), fields: message.fields, direction }),
    );
  }

  function objectSchema(message: DescMessage, { title, fields, direction }: ObjectParts): JsonObject {
    const required = fields.filter((field) => (direction === "input" ? isRequired(field) : isAlwaysPresent(field)));
    const properties = fields.map((field) => [field.jsonName, describedField(field, direction)] as const);
    return {
      type: "object",
      title,
      description: commentOf(message),
      properties: Object.fromEntries(properties),
      ...(required.length > 0 ? { required: required.map(({ jsonName }) => jsonName) } : {}),
      // Unknown members of requests are rejected. Responses of later versions can have more.
      ...(direction === "input" ? { additionalProperties: false } : {}),
    };
  }

  function describedField(field: DescField, direction: Direction): JsonObject {
    const others = (field.oneof?.fields ?? [])
      .filter((other) => other !== field)
      .map(({ jsonName }) => `\`${jsonName}\``);
    const comment = commentOf(field);
    return {
      ...fieldSchema(field, direction),
      description: others.length > 0 ? `${comment}\n\nNot together with ${others.join(", ")}.` : comment,
      ...(hasBehavior(field, FieldBehavior.OUTPUT_ONLY) ? { readOnly: true } : {}),
      ...(hasBehavior(field, FieldBehavior.INPUT_ONLY) ? { writeOnly: true } : {}),
    };
  }

  function isAlwaysPresent(field: DescField): boolean {
    return hasImplicitPresence(field) || (!field.oneof && /\bAlways present\b/.test(commentOf(field)));
  }

  function fieldSchema(field: DescField, direction: Direction): JsonObject {
    const comment = direction === "input" ? commentOf(field) : "";
    const item = itemSchema(field, direction, valueLimits(field, comment, isRequired(field)));
    const count = countLimits(field, comment, isRequired(field));
    if (field.fieldKind === "list") return { type: "array", items: item, ...count };
    if (field.fieldKind === "map") return { type: "object", additionalProperties: item, ...count };
    return item;
  }

  function itemSchema(field: DescField, direction: Direction, limits: JsonObject): JsonObject {
    if (field.message) return messageRef(field.message, direction);
    if (field.enum) return enumRef(field.enum);
    return { ...scalarSchema(field.scalar ?? ScalarType.STRING, direction), ...limits };
  }

  function enumRef(type: DescEnum): JsonObject {
    return component(type.typeName, () => {
      const own = special[type.typeName];
      if (own) return own(schemas);
      const values = type.values.map((value) => ({ name: value.name, comment: commentOf(value) }));
      return enumSchema(titleOf(type.typeName, type), commentOf(type), values);
    });
  }

  const schemas: Schemas = {
    messageRef,
    enumRef,
    fieldSchema,
    bodyRef(message, inPath) {
      if (inPath.length === 0) return messageRef(message, "input");
      const fields = message.fields.filter((field) => !inPath.includes(field));
      const name = `${message.typeName}Body`;
      return component(name, () =>
        objectSchema(message, { title: titleOf(name, message), fields, direction: "input" }),
      );
    },
    components: () => Object.fromEntries([...made].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  };
  return schemas;
}

interface ObjectParts {
  readonly title: string;
  readonly fields: readonly DescField[];
  readonly direction: Direction;
}

/** The name without its package. Generators name types by it: `CustomerStatus` of `Customer.Status`. */
function titleOf(name: string, { file }: DescMessage | DescEnum): string {
  return name.slice(file.proto.package.length + 1).replaceAll(".", "");
}

/** @param values in the order of the contract */
export function enumSchema(
  title: string,
  comment: string,
  values: readonly { readonly name: string; readonly comment: string }[],
): JsonObject {
  const described = values.map(({ name, comment: text }) => `- \`${name}\`: ${text.replaceAll(/\s+/g, " ")}`);
  return {
    type: "string",
    title,
    description: [comment, described.join("\n")].join("\n\n"),
    enum: values.map(({ name }) => name),
  };
}

/** Whether a request needs the field. */
export function isRequired(field: DescField): boolean {
  return hasBehavior(field, FieldBehavior.REQUIRED);
}

function hasBehavior(field: DescField, behavior: FieldBehavior): boolean {
  return getOption(field, field_behavior).includes(behavior);
}

/** The messages, those within them, and so on. */
function reachable(messages: readonly DescMessage[], found = new Set<DescMessage>()): ReadonlySet<DescMessage> {
  for (const message of messages) {
    if (found.has(message)) continue;
    found.add(message);
    reachable(
      message.fields.flatMap((field) => field.message ?? []),
      found,
    );
  }
  return found;
}
