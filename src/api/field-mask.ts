import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { protoCamelCase, reflect } from "@bufbuild/protobuf/reflect";
import type { FieldMask } from "@bufbuild/protobuf/wkt";
import type { Violation } from "../core/errors.js";

/** Which fields of a resource an update writes (AIP-134). */
export interface UpdateMask {
  /** A mask was sent: listed fields are written even when empty, and nothing else is. Without one, populated fields are. */
  readonly explicit: boolean;
  readonly violations: readonly Violation[];
  /** The field, by proto name, is written as a whole. */
  writes(field: string): boolean;
  /** The parts of a message field that are written, by proto name; undefined = all of them or none. */
  partsOf(field: string): readonly string[] | undefined;
}

export interface MaskRules {
  /** Fields that name the resource rather than change it: `id`, `company_id`, `etag`, `update_mask`. */
  readonly notMaskable: readonly string[];
  /** Fields that cannot be cleared. */
  readonly required: readonly string[];
  /** Message fields that a path names as a whole or not at all: references, of which the id alone counts. */
  readonly whole: readonly string[];
  /** Path of the holder within the request, with a dot at its end; none when it is the request. */
  readonly within?: string;
}

/** A path of a mask with its position in it. */
export interface MaskPath {
  readonly path: string;
  readonly position: number;
}

/** The paths of a mask that was sent; an empty mask counts as absent (AIP-134). */
export function maskPaths(mask: FieldMask | undefined): readonly MaskPath[] | undefined {
  if (!mask || mask.paths.length === 0) return undefined;
  return mask.paths.map((path, position) => ({ path, position }));
}

/**
 * Reads the update mask of a request. Paths go one level into a message field (`preference.receive_auto_email`), not into
 * lists and maps. Refused: unknown paths, populated fields outside the mask, clearing of required fields.
 *
 * @param holder the message whose fields the paths name: the request, or a resource inside it
 */
export function readMask(
  schema: DescMessage,
  holder: Message,
  paths: readonly MaskPath[] | undefined,
  rules: MaskRules,
): UpdateMask {
  const fields = schema.fields.filter((field) => !rules.notMaskable.includes(field.name));
  const reflected = reflect(schema, holder);
  const populated = new Set(fields.filter((field) => reflected.isSet(field)).map((field) => field.name));
  if (!paths) {
    return { explicit: false, violations: [], writes: (field) => populated.has(field), partsOf: () => undefined };
  }
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
      violations.push({
        field: within + name,
        reason: "REQUIRED",
        description: "Must not be cleared; this field is required.",
      });
    }
  }
  return {
    explicit: true,
    violations,
    writes: (field) => whole.has(field),
    partsOf: (field) => (whole.has(field) ? undefined : parts.get(field)),
  };
}

/** An id selects what is written and is never written itself. */
function hasPart(field: DescField, part: string): boolean {
  return field.fieldKind === "message" && part !== "id" && field.message.fields.some((known) => known.name === part);
}

/** Paths of parts that are set in the message but not listed: they would be dropped in silence. */
function unlistedParts(holder: ReturnType<typeof reflect>, name: string, listed: readonly string[]): string[] {
  const field = holder.fields.find((known) => known.name === name);
  if (field?.fieldKind !== "message" || !holder.isSet(field)) return [];
  const message = holder.get(field);
  return message.fields
    .filter((part) => part.name !== "id" && message.isSet(part) && !listed.includes(part.name))
    .map((part) => `${name}.${part.name}`);
}

function unlisted(field: string): Violation {
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

/** The given parts of a message, by local name, for a merge into what is stored. */
export function pickFields<T extends object>(value: T, parts: readonly string[]): Partial<T> {
  const names = new Set<string>(parts.map(protoCamelCase));
  const picked: Partial<T> = {};
  for (const key of keysOf(value)) if (names.has(String(key))) picked[key] = value[key];
  return picked;
}

function keysOf<T extends object>(value: T): (keyof T)[] {
  const keys: (keyof T)[] = [];
  for (const key in value) keys.push(key);
  return keys;
}
