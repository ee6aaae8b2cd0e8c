import type { DescField, DescMessage } from "@bufbuild/protobuf";

const examples: Readonly<Record<string, string>> = {
  "google.protobuf.Timestamp": "2024-08-01T09:15:00Z",
  "google.protobuf.Duration": "3600s",
};

/** The expected format, for a type with its own JSON encoding. */
export function jsonFormHint({ typeName }: DescMessage): string {
  const example = examples[typeName];
  return `Must be the JSON encoding of ${typeName}${example ? `, for example "${example}"` : ""}.`;
}

/** Suggests the intended field: one with a similar name, or one of that name in a nested message. */
export function fieldHint(schema: DescMessage, key: string): string {
  const meant = key.length <= maxKeyChars ? pathMeant(schema, bare(key)) : undefined;
  return meant ? `Unknown field. Did you mean ${meant}?` : "Unknown field.";
}

/** Longer than any field name. A key can be up to 4 MiB long, and is compared with every name. */
const maxKeyChars = 100;

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
function isSlipOf(one: string, other: string): boolean {
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

function bare(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}
