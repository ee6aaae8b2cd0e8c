import { JSONPathEnvironment, type JSONPathQuery, type JSONValue, jsonpath } from "json-p3";
import { type JsonValue, maxDepth } from "./json-document.js";

/** Maximum length of a path, in UTF-16 code units. */
const maxPathChars = 255;
/** Maximum number of comparisons and tests in a filter. */
const maxFilterTerms = 3;

/** The other two functions of RFC 9535 take regular expressions, which a response could make run forever. */
const allowedFunctions: ReadonlySet<string> = new Set(["length", "count", "value"]);

const environment = createEnvironment();

function createEnvironment(): JSONPathEnvironment {
  // The limit is of calls of the library, of which the root is one.
  const created = new JSONPathEnvironment({ maxRecursionDepth: maxDepth + 2 });
  for (const name of created.functionRegister.keys()) {
    if (!allowedFunctions.has(name)) created.functionRegister.delete(name);
  }
  return created;
}

/**
 * Validates a JSONPath (RFC 9535) and returns a violation text. Excludes what costs more than one or two passes through
 * the document: unions and a second `..` multiply the nodes at each step, and a filter is evaluated for each node.
 * test/domain/json-path.test.ts measures the most expensive allowed paths.
 */
export function jsonPathFault(path: string): string | undefined {
  if (path.length > maxPathChars) return `Must have at most ${maxPathChars} characters.`;
  const query = compiled(path);
  if (query === "UNKNOWN_FUNCTION") return "Must use no functions other than length, count and value.";
  if (query === "MALFORMED") return "Must be a JSONPath (RFC 9535), for example $.customer.id.";
  const inner = filtersOf(query).map(partsOf);
  const queries = [query, ...inner.flatMap((parts) => parts.queries)];
  if (queries.some(({ segments }) => segments.some(({ selectors }) => selectors.length > 1)))
    return "Must have one selector per pair of brackets.";
  if (queries.flatMap(({ segments }) => segments).filter(isDescendant).length > 1)
    return "Must contain `..` at most once.";
  if (queries.flatMap(filtersOf).length > 1) return "Must contain at most one filter.";
  if (inner.some((parts) => parts.queries.some(isSearching))) return "Must compare only single values in a filter.";
  if (inner.some(({ operators }) => operators >= maxFilterTerms))
    return `Must have at most ${maxFilterTerms} terms in a filter.`;
  return undefined;
}

/** Whether a path searches the document instead of selecting one position. */
export function isMultiNodePath(path: string): boolean {
  const query = compiled(path);
  return typeof query !== "string" && isSearching(query);
}

export function firstMatch(document: JsonValue, path: string): JsonValue | undefined {
  const value = environment.match(path, document)?.value;
  return isJsonValue(value) ? value : undefined;
}

export function allMatches(document: JsonValue, path: string): readonly JsonValue[] {
  return environment.query(path, document).values().filter(isJsonValue);
}

/** The library's type also allows undefined, which no document contains. */
function isJsonValue(value: JSONValue): value is JsonValue {
  return value !== undefined;
}

function compiled(path: string): JSONPathQuery | "UNKNOWN_FUNCTION" | "MALFORMED" {
  try {
    return environment.compile(path);
  } catch (error) {
    return error instanceof Error && error.name === "UndefinedFilterFunctionError" ? "UNKNOWN_FUNCTION" : "MALFORMED";
  }
}

const { FilterSelector, NameSelector, IndexSelector } = jsonpath.selectors;
const { LogicalExpression, PrefixExpression, InfixExpression, FunctionExtension, FilterQuery } = jsonpath.expressions;

/** Selects several nodes. A filter, which runs once per node, must not contain such a query. */
function isSearching({ segments }: JSONPathQuery): boolean {
  return segments.some(
    (segment) =>
      isDescendant(segment) ||
      segment.selectors.some((selector) => !(selector instanceof NameSelector || selector instanceof IndexSelector)),
  );
}

/** The library does not export the class. */
function isDescendant(segment: jsonpath.JSONPathSegment): boolean {
  return segment.toString().startsWith("..");
}

function filtersOf({ segments }: JSONPathQuery) {
  return segments
    .flatMap(({ selectors }) => selectors)
    .flatMap((selector) => (selector instanceof FilterSelector ? [selector.expression] : []));
}

interface FilterParts {
  readonly queries: readonly JSONPathQuery[];
  /** Number of `&&` and `||`. */
  readonly operators: number;
}

function partsOf(expression: unknown): FilterParts {
  if (expression instanceof LogicalExpression) return partsOf(expression.expression);
  if (expression instanceof PrefixExpression) return partsOf(expression.right);
  if (expression instanceof FilterQuery)
    return all([{ queries: [expression.path], operators: 0 }, ...innerOf(expression.path)]);
  if (expression instanceof FunctionExtension) return all(expression.args.map(partsOf));
  if (!(expression instanceof InfixExpression)) return { queries: [], operators: 0 };
  const own = { queries: [], operators: expression.logical ? 1 : 0 };
  return all([own, partsOf(expression.left), partsOf(expression.right)]);
}

function innerOf(query: JSONPathQuery): readonly FilterParts[] {
  return filtersOf(query).map(partsOf);
}

function all(parts: readonly FilterParts[]): FilterParts {
  return {
    queries: parts.flatMap(({ queries }) => queries),
    operators: parts.reduce((sum, { operators }) => sum + operators, 0),
  };
}
