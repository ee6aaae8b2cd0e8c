import type { DescField, DescMessage } from "@bufbuild/protobuf";

const examples: Readonly<Record<string, string>> = {
  "google.protobuf.Timestamp": "2024-08-01T09:15:00Z",
  "google.protobuf.Duration": "3600s",
};

/** What to send instead of what cannot be read as a type with a JSON form of its own. */
export function jsonFormHint({ typeName }: DescMessage): string {
  const example = examples[typeName];
  return `Must be the JSON form of ${typeName}${example ? `, such as "${example}"` : ""}.`;
}

/** What a member that names no field may have been meant as: a field spelled alike, or one of that name further in. */
export function fieldHint(schema: DescMessage, key: string): string {
  const known = [
    ...schema.fields.map((field) => ({ name: field.jsonName, path: field.jsonName })),
    ...schema.fields.flatMap((field) => within(field)),
  ];
  const meant =
    known.find(({ name }) => bare(name) === bare(key)) ??
    known.find(({ name }) => isSlipOf(bare(name), bare(key))) ??
    known.find(({ name }) => isPartOf(bare(name), bare(key)) || isPartOf(bare(key), bare(name)));
  return meant ? `There is no such field. Is ${meant.path} meant?` : "There is no such field.";
}

function within(field: DescField): { name: string; path: string }[] {
  if (field.fieldKind !== "message" || field.message.typeName.startsWith("google.protobuf.")) return [];
  return field.message.fields.map(({ jsonName }) => ({ name: jsonName, path: `${field.jsonName}.${jsonName}` }));
}

const minPart = 4;

/** Whether the one becomes the other by one character that is missing, added, another, or swapped with the next. */
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
