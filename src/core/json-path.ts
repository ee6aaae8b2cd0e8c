import { type JsonValue, query } from "jsonpath-rfc9535";
import parse from "jsonpath-rfc9535/parser";

export type { JsonValue };

/** Maximum length of a path, in UTF-16 code units. */
const maxPathChars = 255;
/** Maximum number of comparisons and tests in a filter. */
const maxFilterTerms = 3;
const maxDepth = 100;

/** The other two functions of RFC 9535 take regular expressions, which a response could make run forever. */
const allowedFunctions: ReadonlySet<unknown> = new Set(["length", "count", "value"]);

/** Selectors that can match several nodes. They are not allowed in filters, which run once per node. */
const searching: ReadonlySet<unknown> = new Set([
  "DescendantSegment",
  "WildcardSelector",
  "SliceSelector",
  "FilterSelector",
]);

const logical: ReadonlySet<unknown> = new Set(["LogicalOrExpr", "LogicalAndExpr"]);

/**
 * Validates a JSONPath (RFC 9535) and returns a violation text. Excludes what costs more than one or two passes through
 * the document: unions and a second `..` multiply the nodes at each step, and a filter is evaluated for each node.
 * test/domain/json-path.test.ts measures the most expensive allowed paths.
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

/** Whether a path searches the document instead of selecting one position. */
export function isMultiNodePath(path: string): boolean {
  return nodesOf(path)?.some(({ type }) => searching.has(type)) ?? false;
}

export function firstMatch(document: JsonValue, path: string): JsonValue | undefined {
  return query(document, path)[0];
}

/**
 * Parses a JSON document. Undefined if the text is not JSON or nested too deeply. An integer that a double cannot
 * represent becomes a string of its digits (`isLongInteger`): it is probably an id, and a rounded id would be another
 * record's.
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

/** Whether `readJson` could have made this string from an integer beyond 2^53. */
export function isLongInteger(text: string): boolean {
  return /^-?\d{16,}$/.test(text) && !Number.isSafeInteger(Number(text));
}

/** Matches strings and numbers as whole tokens, so that one pass over valid JSON is enough. */
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

/** Iterates level by level, because recursion could overflow the stack. */
function isTooDeep(document: JsonValue): boolean {
  let level: readonly unknown[] = [document];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) return true;
    level = level.flatMap((value) => (typeof value === "object" && value !== null ? Object.values(value) : []));
  }
  return false;
}
