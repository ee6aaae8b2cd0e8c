import { clone, type DescField, type DescMessage, type DescMethod, getOption, type Message } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { FieldBehavior, field_behavior } from "../../src/gen/proto/google/api/field_behavior_pb.js";

/** `moego.business.customer.v1.CustomerService/GetCustomer` */
export function nameOf(method: DescMethod): string {
  return `${method.parent.typeName}/${method.name}`;
}

/** What is wrong with a list of entries: RPCs without one, RPCs with two, and entries of no RPC. */
export function coverageFaults(methods: readonly DescMethod[], covered: readonly DescMethod[]): string[] {
  const known = methods.map(nameOf);
  const names = covered.map(nameOf);
  return [
    ...known.filter((name) => !names.includes(name)).map((name) => `${name} has no entry`),
    ...names.filter((name) => !known.includes(name)).map((name) => `${name} is not in the contract`),
    ...names.filter((name, index) => names.indexOf(name) < index).map((name) => `${name} has two entries`),
  ];
}

/** The fields that the contract requires. */
export function requiredFieldsOf(schema: DescMessage): readonly string[] {
  return schema.fields
    .filter((field) => getOption(field, field_behavior).includes(FieldBehavior.REQUIRED))
    .map((field) => field.name);
}

export function hasField(schema: DescMessage, name: string): boolean {
  return schema.fields.some((field) => field.name === name);
}

/** A copy with some text fields replaced. */
export function withTexts(schema: DescMessage, message: Message, texts: Readonly<Record<string, string>>): Message {
  const copy = reflect(schema, clone(schema, message));
  for (const [name, text] of Object.entries(texts)) copy.set(fieldOf(schema, name), text);
  return copy.message;
}

/** A copy without some fields. */
export function without(schema: DescMessage, message: Message, names: readonly string[]): Message {
  const copy = reflect(schema, clone(schema, message));
  for (const name of names) copy.clear(fieldOf(schema, name));
  return copy.message;
}

function fieldOf(schema: DescMessage, name: string): DescField {
  const field = schema.fields.find((known) => known.name === name);
  if (!field) throw new Error(`${schema.typeName} has no field ${name}`);
  return field;
}
