import { create, type DescField, type DescMessage, type Message } from "@bufbuild/protobuf";
import { zeroTest } from "./scalars.js";
import { hasImplicitPresence } from "./values.js";

/** A message as its properties. */
export type Properties = Record<string, unknown>;

/**
 * Makes messages without any field set, as `create` of protobuf-es does, which reads the descriptor for each message.
 */
export function zeroMessageOf(schema: DescMessage): () => Message {
  const zero = create(schema);
  // Types with defaults of their own have a prototype.
  if (Object.getPrototypeOf(zero) !== Object.prototype) return () => create(schema);
  const { $typeName } = zero;
  const members = Object.entries(zero).map(([name, value]) => ({ name, value, make: makerOf(value) }));
  members.shift();
  return () => {
    const message = { $typeName };
    const properties: Properties = message;
    for (const { name, value, make } of members) properties[name] = make ? make() : value;
    return message;
  };
}

/** Lists, maps and oneofs change with their message; every other zero is the same in all messages. */
function makerOf(value: unknown): (() => unknown) | undefined {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return undefined;
  if (Array.isArray(value)) return () => [];
  return "case" in value ? () => ({ case: undefined }) : () => ({});
}

/** Sets a field of a message. False if a field of its oneof is set already. */
export function setterOf({ localName, oneof }: DescField): (message: Properties, value: unknown) => boolean {
  if (oneof) return (message, value) => choose(message, oneof.localName, { case: localName, value });
  return (message, value) => {
    message[localName] = value;
    return true;
  };
}

interface Choice {
  readonly case: string | undefined;
  readonly value?: unknown;
}

function choose(message: Properties, oneof: string, choice: Choice): boolean {
  const made = message[oneof];
  if (typeof made !== "object" || made === null || !("case" in made) || made.case !== undefined) return false;
  message[oneof] = choice;
  return true;
}

/** Whether a field with this value is as one that is not set. */
export function emptinessOf(field: DescField): (value: unknown) => boolean {
  if (!hasImplicitPresence(field)) return () => false;
  switch (field.fieldKind) {
    case "list":
      return (value) => Array.isArray(value) && value.length === 0;
    case "map":
      return (value) => typeof value === "object" && value !== null && Object.keys(value).length === 0;
    case "enum":
      return (value) => value === field.enum.values[0]?.number;
    case "scalar":
      return zeroTest(field.scalar);
    default:
      return () => false;
  }
}
