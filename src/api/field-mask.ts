import { type DescField, type DescMessage, type Message, ScalarType } from "@bufbuild/protobuf";
import { protoCamelCase, type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import type { FieldMask } from "@bufbuild/protobuf/wkt";
import type { Violation } from "../core/errors.js";
import type { Emptiness, EmptyMembers } from "../core/presence.js";
import { clearedField } from "../core/required-field.js";

/** The fields that an update writes (AIP-134). */
export interface UpdateMask {
  /**
   * Whether the request has a mask. With a mask, exactly the listed fields are written, even if empty. Without one, the
   * populated fields are written, and what a JSON request has without a value.
   */
  readonly explicit: boolean;
  readonly violations: readonly Violation[];
  /** Whether the whole field is written. Takes the proto name. */
  writes(field: string): boolean;
  /**
   * The parts of a message field that are written, by proto name. Undefined if the whole field or none of it is
   * written.
   */
  partsOf(field: string): readonly string[] | undefined;
}

interface MaskRules {
  /** Fields that identify the resource and cannot be in the mask: `id`, `company_id`, `etag`, `update_mask`. */
  readonly notMaskable: readonly string[];
  readonly required: readonly string[];
  /** Message fields that can only be listed as a whole. These are references, of which only the id is used. */
  readonly whole: readonly string[];
  /**
   * Path prefix of the resource within the request, with a trailing dot. Absent if the request itself holds the fields.
   */
  readonly within?: string;
}

interface MaskPath {
  readonly path: string;
  readonly position: number;
}

/** The paths of the mask. Undefined if the mask is absent or empty (AIP-134). */
export function maskPaths(mask: FieldMask | undefined): readonly MaskPath[] | undefined {
  if (!mask || mask.paths.length === 0) return undefined;
  return mask.paths.map((path, position) => ({ path, position }));
}

/**
 * Reads the update mask of a request. Without one, its members are the mask (`maskOfMembers`). A path can go one level
 * into a message field (`preference.receive_auto_email`), but not into lists and maps. Unknown paths, populated fields
 * outside the mask and clearing a required field are violations.
 *
 * @param holder the message that the paths refer to: the request, or a resource in it
 */
export function readMask(
  schema: DescMessage,
  holder: Message,
  paths: readonly MaskPath[] | undefined,
  rules: MaskRules,
  emptyMembers?: EmptyMembers,
): UpdateMask {
  const fields = schema.fields.filter((field) => !rules.notMaskable.includes(field.name));
  const reflected = reflect(schema, holder);
  const populated = new Set(fields.filter((field) => reflected.isSet(field)).map((field) => field.name));
  if (!paths) return maskOfMembers(fields, reflected, rules, emptyMembers);
  const { within = "" } = rules;
  const violations: Violation[] = [];
  const whole = new Set<string>();
  const parts = new Map<string, string[]>();
  for (const { path, position } of paths) {
    const [name = "", part, ...deeper] = path.split(".", 3);
    const field = fields.find((known) => known.name === name);
    if (field && part === undefined) whole.add(name);
    else if (
      field &&
      part !== undefined &&
      deeper.length === 0 &&
      !rules.whole.includes(name) &&
      hasPart(field, part)
    ) {
      parts.set(name, [...(parts.get(name) ?? []), part]);
    } else violations.push(unknownPath(position));
  }
  for (const name of populated) {
    if (whole.has(name) || parts.has(name)) continue;
    violations.push(unlisted(within + name));
  }
  for (const [name, listed] of parts) {
    if (!whole.has(name))
      violations.push(...unlistedParts(reflected, name, listed).map((path) => unlisted(within + path)));
  }
  for (const name of rules.required) {
    const field = fields.find((known) => known.name === name);
    if (field && whole.has(name) && isEmpty(reflected, field)) {
      violations.push(clearedField(within + name));
    }
  }
  return {
    explicit: true,
    violations,
    writes: (field) => whole.has(field),
    partsOf: (field) => (whole.has(field) ? undefined : parts.get(field)),
  };
}

/**
 * The mask of a request without one: the fields that are set. In JSON absence is known, so an empty text or list is
 * written too, and of a message only the parts that it has; `null` in such a part clears a text. Nothing else about an
 * update depends on the encoding of its request.
 */
function maskOfMembers(
  fields: readonly DescField[],
  holder: ReflectMessage,
  { within = "", whole, required }: MaskRules,
  emptyMembers: EmptyMembers | undefined,
): UpdateMask {
  const isEmptied = (field: DescField) => holdsNothing(field, emptyMembers?.get(within + field.name));
  const written = fields.filter(
    (field) => holder.isSet(field) || (!required.includes(field.name) && isEmptied(field) === "empty"),
  );
  const parts = new Map<string, readonly string[]>();
  for (const field of emptyMembers ? written : []) {
    if (field.fieldKind !== "message" || whole.includes(field.name) || isOneValue(field.message)) continue;
    parts.set(field.name, presentParts(holder.get(field), within + field.name, emptyMembers));
  }
  const names = new Set(written.map(({ name }) => name));
  return {
    explicit: false,
    violations: [],
    writes: (field) => names.has(field) && !parts.has(field),
    partsOf: (field) => parts.get(field),
  };
}

/** The parts that a JSON request has of the message at the path, but for its id, which selects what is written. */
function presentParts(message: ReflectMessage, path: string, emptyMembers: EmptyMembers | undefined): string[] {
  return message.fields
    .filter((part) => part.name !== "id")
    .filter((part) => message.isSet(part) || holdsNothing(part, emptyMembers?.get(`${path}.${part.name}`)))
    .map(({ name }) => name);
}

/** The same for the message of a request. Undefined for a binary request, and if the message is absent. */
export function presentPartsOf(
  schema: DescMessage,
  message: Message | undefined,
  path: string,
  emptyMembers: EmptyMembers | undefined,
): readonly string[] | undefined {
  return message && emptyMembers && presentParts(reflect(schema, message), path, emptyMembers);
}

/** The same of each item of a list of messages. Undefined for a binary request. */
export function presentPartsOfItems(
  schema: DescMessage,
  items: readonly Message[],
  path: string,
  emptyMembers: EmptyMembers | undefined,
): readonly (readonly string[])[] | undefined {
  if (!emptyMembers) return undefined;
  return items.map((item, position) => presentParts(reflect(schema, item), `${path}[${position}]`, emptyMembers));
}

/** How a member clears its field. Unspecified enum values and empty messages and maps say nothing. */
function holdsNothing(field: DescField, emptiness: Emptiness | undefined): Emptiness | undefined {
  if (emptiness === "empty") return field.fieldKind === "scalar" || field.fieldKind === "list" ? "empty" : undefined;
  return field.scalar === ScalarType.STRING && field.fieldKind === "scalar" ? emptiness : undefined;
}

/** Dates, amounts and such are written as a whole. */
function isOneValue({ typeName }: DescMessage): boolean {
  return typeName.startsWith("google.");
}

/** An id selects what is written, so it is never a writable part. */
function hasPart(field: DescField, part: string): boolean {
  return field.fieldKind === "message" && part !== "id" && field.message.fields.some((known) => known.name === part);
}

/** Parts that are set in the message but not listed. Otherwise they would be ignored silently. */
function unlistedParts(holder: ReturnType<typeof reflect>, name: string, listed: readonly string[]): string[] {
  const field = holder.fields.find((known) => known.name === name);
  if (field?.fieldKind !== "message" || !holder.isSet(field)) return [];
  const message = holder.get(field);
  return message.fields
    .filter((part) => part.name !== "id" && message.isSet(part) && !listed.includes(part.name))
    .map((part) => `${name}.${part.name}`);
}

export function unlisted(field: string): Violation {
  return { field, reason: "NOT_ALLOWED", description: "Must be listed in update_mask or left unset." };
}

function isEmpty(holder: ReturnType<typeof reflect>, field: DescField): boolean {
  return !holder.isSet(field) || (field.fieldKind === "scalar" && holder.get(field) === "");
}

function unknownPath(position: number): Violation {
  return {
    field: `update_mask.paths[${position}]`,
    reason: "UNKNOWN_FIELD",
    description: "Must be the path of a writable field.",
  };
}

/** Those of the texts, by proto name, that the mask writes and the request leaves empty. */
export function emptiedTexts<Name extends string>(
  mask: Pick<UpdateMask, "writes">,
  texts: { readonly [K in Name]: string | undefined },
): Name[] {
  return keysOf(texts).filter((name) => mask.writes(name) && (texts[name] ?? "").trim() === "");
}

/** The mask without the fields, which are then unchanged. */
export function maskWithout<Mask extends UpdateMask>(mask: Mask, fields: readonly string[]): Mask {
  return { ...mask, writes: (field) => mask.writes(field) && !fields.includes(field) };
}

/** Reads those of the named texts that the mask writes. An absent one is cleared. */
export function maskedTexts<Name extends string>(
  schema: { readonly field: Readonly<Record<Name, DescField>> },
  names: readonly Name[],
): (parsed: Texts<Name>, mask: UpdateMask) => Texts<Name> {
  return (parsed, mask) => {
    const texts: { -readonly [K in Name]?: string } = {};
    for (const name of names) if (mask.writes(schema.field[name].name)) texts[name] = parsed[name] ?? "";
    return texts;
  };
}

type Texts<Name extends string> = { readonly [K in Name]?: string | undefined };

/**
 * A message field of an update: the whole of it, or its listed parts, to merge into the stored value. An absent one is
 * `cleared`. Undefined if the mask writes none of it.
 */
export function maskedParts<T extends object>(
  mask: UpdateMask,
  field: string,
  { given, cleared }: { readonly given: Partial<T> | undefined; readonly cleared: T },
): Partial<T> | undefined {
  if (mask.writes(field)) return given ?? cleared;
  const parts = mask.partsOf(field);
  return parts && pickFields({ ...cleared, ...given }, parts);
}

/** The listed parts of a message, by local name, to merge into the stored value. */
export function pickFields<T extends object>(value: T, parts: readonly string[]): Partial<T> {
  const names = new Set<string>(parts.map(protoCamelCase));
  const picked: Partial<T> = {};
  for (const key of keysOf(value)) if (names.has(String(key))) picked[key] = value[key];
  return picked;
}

export function keysOf<T extends object>(value: T): (keyof T)[] {
  const keys: (keyof T)[] = [];
  for (const key in value) keys.push(key);
  return keys;
}
