import type { DescField, DescMessage } from "@bufbuild/protobuf";
import type { Violation } from "../../core/errors.js";
import { isJsonObject, type JsonMember, type JsonNode, type JsonObjectNode } from "./json-parse.js";

/** A step into a message, a map or a list of messages. */
type Step = MemberStep | { readonly kind: "index"; readonly index: number };
type MemberStep = DescField | { readonly kind: "key"; readonly key: string };

/** The way to a value of a request, at least one step. */
export interface ParameterPath {
  readonly steps: readonly Step[];
  /** The field with the value: a scalar, an enum, a message in its JSON encoding, or the whole of a list or map. */
  readonly leaf: DescField;
}

/** Deeper than any field of the contract. */
const maxSteps = 20;

/**
 * Resolves the name of a query parameter or form member: field names in lowerCamelCase or snake_case joined by dots,
 * `[0]` for an item of a list of messages, and `[key]` or `.key` for an entry of a map. The key of a map of scalars is
 * all of the rest.
 *
 * @returns undefined if the name is not the one of a field
 */
export function parameterPath(schema: DescMessage, name: string): ParameterPath | undefined {
  const steps: Step[] = [];
  let within: DescMessage | undefined = schema;
  let rest = name;
  while (within && steps.length < maxSteps) {
    const [segment = ""] = /^[^.[]+/.exec(rest) ?? [];
    const field: DescField | undefined = within.fields.find((own) => own.name === segment || own.jsonName === segment);
    if (!field) return undefined;
    steps.push(field);
    rest = rest.slice(segment.length);
    const entry: Entry | undefined = rest === "" ? undefined : entryOf(field, rest);
    if (entry) {
      steps.push(entry.step);
      rest = rest.slice(entry.length);
    }
    if (rest === "") return { steps, leaf: field };
    if (!rest.startsWith(".")) return undefined;
    rest = rest.slice(1);
    within = entry || field.fieldKind === "message" ? ownMessageOf(field) : undefined;
  }
  return undefined;
}

interface Entry {
  readonly step: Step;
  /** Characters of the name that select it. */
  readonly length: number;
}

/** The entry or item that the start of the text selects. */
function entryOf(field: DescField, text: string): Entry | undefined {
  if (field.fieldKind === "list" && field.listKind === "message") {
    const [whole = "", index = ""] = /^\[(\d{1,4})\]/.exec(text) ?? [];
    return whole === "" ? undefined : { step: { kind: "index", index: Number(index) }, length: whole.length };
  }
  if (field.fieldKind !== "map") return undefined;
  const pattern = field.mapKind === "message" ? /^(?:\[([^\]]+)\]|\.([^.]+))/s : /^(?:\[(.+)\]|\.(.+))$/s;
  const [whole = "", bracketed, dotted] = pattern.exec(text) ?? [];
  const key = bracketed ?? dotted;
  return key === undefined ? undefined : { step: { kind: "key", key }, length: whole.length };
}

/** Types of protobuf have their own JSON encoding, so that their fields have no names. */
function ownMessageOf({ message }: DescField): DescMessage | undefined {
  return message?.typeName.startsWith("google.protobuf.") ? undefined : message;
}

/**
 * Sets a value in the request; in a list, adds it as an item. Leaves the request as is if another value is in the way,
 * which is then rejected as a wrong type.
 *
 * @returns the violation of a name that skips or repeats an index
 */
export function placeValue(
  root: JsonObjectNode,
  { steps, leaf }: ParameterPath,
  value: JsonNode,
): readonly Violation[] {
  let holder: JsonNode = root;
  for (const [position, step] of steps.entries()) {
    const next = steps[position + 1];
    const own = valueAt(holder, step);
    const isList = !next && step === leaf && leaf.fieldKind === "list";
    if (next && own !== undefined && own !== null) holder = own;
    else if (isList && Array.isArray(own)) own.push(value);
    else {
      const made: JsonNode = next ? emptyFor(next) : isList ? [value] : value;
      if (step.kind === "index" && !addItem(holder, step.index, made)) return [badIndex(steps.slice(0, position + 1))];
      if (step.kind !== "index") addMember(holder, step, made);
      holder = made;
    }
  }
  return [];
}

/** The value at the end of the steps; undefined if the request has none. */
export function placedValue(root: JsonObjectNode, { steps }: ParameterPath): JsonNode | undefined {
  let node: JsonNode | undefined = root;
  for (const step of steps) node = node === undefined ? undefined : valueAt(node, step);
  return node;
}

function valueAt(node: JsonNode, step: Step): JsonNode | undefined {
  if (step.kind === "index") return Array.isArray(node) ? node[step.index] : undefined;
  return isJsonObject(node) ? memberAt(node, step)?.value : undefined;
}

function memberAt({ members }: JsonObjectNode, step: MemberStep): JsonMember | undefined {
  return members.find(({ key }) =>
    step.kind === "key" ? key === step.key : key === step.name || key === step.jsonName,
  );
}

/** Null counts as absent. */
function addMember(holder: JsonNode, step: MemberStep, value: JsonNode): void {
  if (!isJsonObject(holder)) return;
  const own = memberAt(holder, step);
  if (own?.value === null) holder.members.splice(holder.members.indexOf(own), 1);
  holder.members.push({ key: step.kind === "key" ? step.key : step.name, value });
}

function addItem(holder: JsonNode, index: number, value: JsonNode): boolean {
  if (!Array.isArray(holder)) return true;
  if (index !== holder.length) return false;
  holder.push(value);
  return true;
}

function emptyFor(next: Step): JsonNode {
  return next.kind === "index" ? [] : { members: [] };
}

function badIndex(steps: readonly Step[]): Violation {
  const names = steps.map((step) => {
    if (step.kind === "index") return `[${step.index}]`;
    return step.kind === "key" ? `[${JSON.stringify(step.key)}]` : `.${step.name}`;
  });
  const description = "Must have the indexes from 0 in order, each once.";
  return { field: names.join("").slice(1), reason: "INVALID_FORMAT", description };
}
