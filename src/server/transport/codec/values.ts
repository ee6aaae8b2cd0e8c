import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence, StructSchema, ValueSchema } from "@bufbuild/protobuf/wkt";

/** A message, or what one is created from: a member that is absent or undefined is not set. */
export type Values = Readonly<Record<string, unknown>>;

export function isValues(value: unknown): value is Values {
  return typeof value === "object" && value !== null;
}

/** @throws TypeError which is a bug of the handler */
export function valuesOf(value: unknown): Values {
  if (isValues(value)) return value;
  throw new TypeError("Value must be a message.");
}

/** @throws TypeError which is a bug of the handler */
export function itemsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError("Value must be a list.");
}

/** The value of a field, undefined if it is not set. A zero of implicit presence is returned. */
export function readerOf({ localName, oneof }: DescField): (message: Values) => unknown {
  if (!oneof) return (message) => message[localName] ?? undefined;
  const name = oneof.localName;
  return (message) => {
    const chosen = message[name];
    return isValues(chosen) && chosen["case"] === localName ? chosen["value"] : undefined;
  };
}

export function hasImplicitPresence(field: DescField): boolean {
  return field.presence === FeatureSet_FieldPresence.IMPLICIT;
}

/** Whether the property of a field of this message type is JSON. In a Value a Struct is a message like others. */
export function isJson(message: DescMessage, parent: DescMessage): boolean {
  return message.typeName === StructSchema.typeName && parent.typeName !== ValueSchema.typeName;
}
