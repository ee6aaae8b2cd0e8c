import { type JsonValue, query } from "jsonpath-rfc9535";
import parse from "jsonpath-rfc9535/parser";

export type { JsonValue };

/** Longest path, in code units. */
const maxPathChars = 255;
/** Most comparisons and tests of a filter. */
const maxFilterTerms = 3;
/** Deepest nesting of arrays and objects that is looked at. */
const maxDepth = 100;

/** Two of RFC 9535's functions are regular expressions, which an answer could make run for ever. */
const allowedFunctions: ReadonlySet<unknown> = new Set(["length", "count", "value"]);

/** What makes a query return more than the nodes along one line; not allowed where it would be repeated for each node. */
const searching: ReadonlySet<unknown> = new Set([
  "DescendantSegment",
  "WildcardSelector",
  "SliceSelector",
  "FilterSelector",
]);

const logical: ReadonlySet<unknown> = new Set(["LogicalOrExpr", "LogicalAndExpr"]);

/**
 * What keeps a text from being a path of ours, as a sentence: JSONPath of RFC 9535, without what costs more than a walk
 * or two through the document. Unions and a second `..` multiply the nodes with each step, and a filter is evaluated for
 * each of them (test/domain/json-path.test.ts holds the dearest paths that are left).
 */
export function jsonPathFault(path: string): string | undefined {
  if (path.length > maxPathChars) return `Must have at most ${maxPathChars} characters.`;
  const nodes = nodesOf(path);
  if (!nodes) return "Must be a JSONPath (RFC 9535), for example $.customer.id.";
  if (nodes.some(({ type, name }) => type === "FunctionExpr" && !allowedFunctions.has(name))) {
    return "Must use no functions other than length, count and value.";
  }
  if (nodes.some(({ selectors }) => Array.isArray(selectors) && selectors.length > 1)) {
    return "Must have one selector per pair of brackets.";
  }
  if (nodes.filter(({ type }) => type === "DescendantSegment").length > 1) return "Must contain `..` at most once.";
  const filters = nodes.filter(({ type }) => type === "FilterSelector");
  if (filters.length > 1) return "Must contain at most one filter.";
  const inner = filters.flatMap(({ value }) => walk(value));
  if (inner.some(({ type }) => searching.has(type))) return "Must compare only single values in a filter.";
  if (inner.filter(({ type }) => logical.has(type)).length >= maxFilterTerms) {
    return `Must have at most ${maxFilterTerms} terms in a filter.`;
  }
  return undefined;
}

/** Whether a path looks through the document, instead of stepping to one place. */
export function isMultiNodePath(path: string): boolean {
  return nodesOf(path)?.some(({ type }) => searching.has(type)) ?? false;
}

/** The first node that a path without fault finds. */
export function firstMatch(document: JsonValue, path: string): JsonValue | undefined {
  return query(document, path)[0];
}

/**
 * The document that a text holds; undefined for what is no JSON or is nested too deep. An integer that a double cannot
 * hold is a text of its digits (`isLongInteger`): it is somebody's id, and a rounded one would be that of somebody else.
 */
export function readJson(text: string): JsonValue | undefined {
  try {
    const document: JsonValue = JSON.parse(text);
    if (isTooDeep(document)) return undefined;
    return /\d{16}/.test(text) ? JSON.parse(text.replaceAll(stringOrNumber, quoteLongInteger)) : document;
  } catch {
    return undefined;
  }
}

/** Whether a text is what `readJson` makes of an integer beyond 2^53. */
export function isLongInteger(text: string): boolean {
  return /^-?\d{16,}$/.test(text) && !Number.isSafeInteger(Number(text));
}

/** Each as a whole, so that the search is one walk through a text that was found to be JSON. */
const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

function quoteLongInteger(token: string): string {
  return isLongInteger(token) ? `"${token}"` : token;
}

type Node = Readonly<Record<string, unknown>>;

function nodesOf(path: string): readonly Node[] | undefined {
  try {
    return walk(parse(path));
  } catch {
    return undefined;
  }
}

function walk(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(walk);
  if (typeof value !== "object" || value === null) return [];
  const node = Object.fromEntries(Object.entries(value));
  return [node, ...Object.values(node).flatMap(walk)];
}

/** Level by level, since a recursion could run out of stack. */
function isTooDeep(document: JsonValue): boolean {
  let level: readonly unknown[] = [document];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) return true;
    level = level.flatMap((value) => (typeof value === "object" && value !== null ? Object.values(value) : []));
  }
  return false;
}
