import { type DescField, type DescMessage, type JsonValue, ScalarType } from "@bufbuild/protobuf";
import type { ViolationReason } from "../../core/errors.js";
import { acceptedNames } from "./json-enums.js";
import { isJsonObject, type JsonNode } from "./json-parse.js";

/** Why protobuf does not accept a value for the field. */
interface LeafFault {
  readonly reason: ViolationReason;
  readonly description: string;
}

type Leaf = DescField & { readonly fieldKind: "scalar" | "enum" | "list" | "map" };

const integers: ReadonlySet<ScalarType> = new Set([
  ScalarType.INT32,
  ScalarType.UINT32,
  ScalarType.SINT32,
  ScalarType.FIXED32,
  ScalarType.SFIXED32,
  ScalarType.INT64,
  ScalarType.UINT64,
  ScalarType.SINT64,
  ScalarType.FIXED64,
  ScalarType.SFIXED64,
]);

/** Explains an invalid scalar or enum, or an invalid item of such a list or map. */
export function leafFault(field: Leaf, node: JsonNode): LeafFault {
  if (field.scalar === undefined) return { reason: "WRONG_TYPE", description: `Must be ${namesOf(field)}.` };
  if (field.scalar === ScalarType.BOOL) return { reason: "WRONG_TYPE", description: "Must be true or false." };
  if (field.scalar === ScalarType.STRING) return { reason: "WRONG_TYPE", description: "Must be a string." };
  if (field.scalar === ScalarType.BYTES) return textFault(node, "Must be a base64 string.");
  const kind = integers.has(field.scalar) ? "an integer" : "a number";
  if (typeof node === "number") {
    if (kind === "an integer" && !Number.isInteger(node))
      return { reason: "WRONG_TYPE", description: "Must be an integer." };
    return { reason: "OUT_OF_RANGE", description: "Must be within the range of the field type." };
  }
  if (typeof node === "string" && /^-?\d+$/.test(node)) {
    return { reason: "OUT_OF_RANGE", description: "Must be within the range of the field type." };
  }
  return textFault(node, `Must be ${kind}.`);
}

/** A 64-bit integer given as a JSON number too large for a double: its last digits are already lost. */
export function losesPrecision(field: Leaf, node: JsonNode): boolean {
  return field.scalar !== undefined && integers.has(field.scalar) && typeof node === "number" && Number.isInteger(node)
    ? !Number.isSafeInteger(node)
    : false;
}

/** The value for protobuf's JSON reader; undefined for an object or array, which a leaf cannot be. */
export function leafJson(node: JsonNode): JsonValue | undefined {
  return isJsonObject(node) || Array.isArray(node) ? undefined : node;
}

/** The names of the values of the enum, unless there are too many. */
function namesOf({ enum: desc }: Leaf): string {
  const names = desc ? acceptedNames(desc) : [];
  return names.length > 0 && names.length <= maxNames ? names.join(" or ") : "a value name of the enum";
}

const maxNames = 12;

function textFault(node: JsonNode, description: string): LeafFault {
  return { reason: typeof node === "string" ? "INVALID_FORMAT" : "WRONG_TYPE", description };
}

const examples: Readonly<Record<string, string>> = {
  "google.protobuf.Timestamp": "2024-08-01T09:15:00Z",
  "google.protobuf.Duration": "3600s",
};

/** The expected format, for a type with its own JSON encoding. */
export function jsonFormHint({ typeName }: DescMessage): string {
  const example = examples[typeName];
  return `Must be the JSON encoding of ${typeName}${example ? `, for example "${example}"` : ""}.`;
}

/** Explains a value that is not an object, where one is expected. */
export function messageFault({ typeName }: DescMessage, node: JsonNode): LeafFault {
  if (typeName !== "google.type.Date") return { reason: "WRONG_TYPE", description: "Must be an object." };
  return textFault(node, 'Must be a date in the format yyyy-MM-dd, for example "2024-08-01".');
}

/** How to send a list. */
export function arrayHint(field: DescField): string {
  if (field.message) return "Must be an array of objects.";
  return 'Must be an array, for example ["a", "b"].';
}

/** Suggests the intended field: one with a similar name, one of that name in a nested message, or those of a wrapper. */
export function fieldHint(schema: DescMessage, key: string, value: JsonNode): string {
  if (key.length > maxKeyChars) return "Unknown field.";
  if (isWrapper(schema, value)) return `Unknown field. Move the members of ${key} into the object around it.`;
  const split = nameHolder(schema, bare(key));
  if (split !== undefined) return `Unknown field. Split ${key} into ${split}firstName and ${split}lastName.`;
  const meant = pathMeant(schema, bare(key));
  return meant ? `Unknown field. Did you mean ${meant}?` : "Unknown field.";
}

/** Whether most members of the object are fields of the message around it. Any object can have an id and a name. */
function isWrapper({ fields }: DescMessage, value: JsonNode): boolean {
  if (!isJsonObject(value)) return false;
  const names = new Set(fields.flatMap(({ name, jsonName }) => [name, jsonName]));
  const known = value.members.filter(({ key }) => names.has(key));
  return known.length * 2 > value.members.length && known.some(({ key }) => key !== "id" && key !== "name");
}

/** Longer than any field name. A key can be up to 4 MiB long, and is compared with every name. */
const maxKeyChars = 100;

const wholeNames: readonly string[] = ["name", "fullname", "displayname", "customername", "leadname", "contactname"];

/** The path to the message with a first and a last name, if the key means both in one text. */
function nameHolder(schema: DescMessage, given: string): string | undefined {
  if (!wholeNames.includes(given)) return undefined;
  const isHolder = ({ fields }: DescMessage) =>
    fields.some(({ name }) => name === "first_name") && fields.some(({ name }) => name === "last_name");
  if (isHolder(schema)) return "";
  const holder = schema.fields.find((field) => field.fieldKind === "message" && isHolder(field.message));
  return holder && `${holder.jsonName}.`;
}

function pathMeant(schema: DescMessage, given: string): string | undefined {
  const known = [
    ...schema.fields.map(({ jsonName }) => ({ name: bare(jsonName), path: jsonName })),
    ...schema.fields.flatMap((field) => within(field)),
  ];
  const meant =
    known.find(({ name }) => name === given) ??
    known.find(({ name }) => isSlipOf(name, given)) ??
    known.find(({ name }) => isPartOf(name, given) || isPartOf(given, name));
  return meant?.path;
}

function within(field: DescField): { name: string; path: string }[] {
  if (field.fieldKind !== "message" || field.message.typeName.startsWith("google.protobuf.")) return [];
  return field.message.fields.map(({ jsonName }) => ({ name: bare(jsonName), path: `${field.jsonName}.${jsonName}` }));
}

const minPart = 4;

/** Whether the strings differ by one missing, extra, replaced or transposed character. */
export function isSlipOf(one: string, other: string): boolean {
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  if (short.length < minPart || long.length - short.length > 1) return false;
  let at = 0;
  while (at < short.length && short[at] === long[at]) at += 1;
  if (short.length < long.length) return short.slice(at) === long.slice(at + 1);
  if (short.slice(at + 1) === long.slice(at + 1)) return true;
  return short[at] === long[at + 1] && short[at + 1] === long[at] && short.slice(at + 2) === long.slice(at + 2);
}

function isPartOf(part: string, whole: string): boolean {
  return part.length >= minPart && whole.includes(part);
}

export function bare(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}
