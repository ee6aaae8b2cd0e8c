import { create, type DescField, type DescMessage, type Message, ScalarType } from "@bufbuild/protobuf";
import type { Violation } from "../../core/errors.js";
import type { ReadBack } from "../pipeline/read-back.js";
import { type Beside, nothingBeside, unwrapped, withoutOwnId } from "./json-beside.js";
import { readJson } from "./json-input.js";
import { isJsonObject, type JsonNode, type JsonObjectNode, parseJson } from "./json-parse.js";
import { keyMeantBy, usualName } from "./key-parameter.js";
import { valueLimit } from "./limits.js";
import { listedItems } from "./listed-items.js";
import { type ParameterPath, parameterPath, placedValue, placeValue } from "./parameter-path.js";
import { formMembers, looselyDecoded, type Parameter, percentDecoded, queryParameters } from "./parameters.js";
import type { BodyEncoding } from "./rest-body.js";
import type { Match, Route } from "./rest-routes.js";

interface RestRequest {
  readonly query: string;
  readonly body: Uint8Array;
  readonly encoding: BodyEncoding;
  /** Receives the names of all parameters that the route ignores, before any violation is reported. */
  ignore(names: readonly string[]): void;
}

/**
 * Builds the request message of a REST call. Body, path variables and query are merged into one JSON object, so that
 * all violations are reported at once and with the same texts as for JSON input.
 *
 * @param beside receives what the request says beside its message
 * @throws DomainError MALFORMED_REQUEST, INVALID_REQUEST
 */
export function readRestRequest(
  { route, variables }: Match,
  request: RestRequest,
  beside: Beside = nothingBeside(),
  readBack?: ReadBack,
): Message {
  const schema = route.method.input;
  const named = readBack ? undefined : namedAlone({ route, variables }, request);
  if (named) return named;
  const faults: Violation[] = [];
  const isForm = request.encoding === "form";
  const body: JsonNode = isForm ? { members: [] } : bodyNode(schema, route.body, request.body, faults);
  const ownId = variables.find(({ path }) => path === readBack?.idField?.name);
  const root = withoutOwnId(
    schema,
    unwrapped(schema, body, readBack),
    readBack,
    ownId && percentDecoded(ownId.encoded),
  );
  const { isLenient } = route;
  if (!isJsonObject(root)) return readJson(schema, root, { found: faults, isLenient });

  const parameters = [...queryParameters(request.query), ...(isForm ? formMembers(request.body, { isLenient }) : [])];
  request.ignore(placeParameters(root, route, parameters, faults));
  for (const { path, encoded } of variables) {
    const value = percentDecoded(encoded);
    if (value === undefined) faults.push(badEncoding(path));
    else placeVariable(root, schema, path, value, faults);
  }
  return readJson(schema, root, { found: faults, isLenient, beside, readBack });
}

/** An id as it is usually written. */
const plain = /^[\w.~-]+$/;

/** The message of a request that has nothing but its path. Such a request needs none of the checks below. */
function namedAlone({ route, variables }: Match, { query, body }: RestRequest): Message | undefined {
  const { method, texts } = route;
  if (texts === undefined || query !== "" || body.length > 0) return undefined;
  if (variables.some(({ encoded }) => !plain.test(encoded))) return undefined;
  const message = create(method.input);
  for (const { path, encoded } of variables) Reflect.set(message, texts.get(path) ?? path, encoded);
  return message;
}

/** The body as an object of request fields. No body = an empty object. */
function bodyNode(schema: DescMessage, field: string, body: Uint8Array, faults: Violation[]): JsonNode {
  const within = field === "*" || field === "" ? [] : [field];
  const node: JsonNode = body.length === 0 ? { members: [] } : parseJson(body, valueLimit(schema, within));
  if (field === "*") return node;
  if (field !== "") return { members: body.length === 0 ? [] : [{ key: field, value: node }] };
  if (!isJsonObject(node) || node.members.length > 0)
    faults.push(notAllowed("", "This method does not accept a request body."));
  return { members: [] };
}

/**
 * Adds the parameters. A name of no field is added as is, and rejected with the other unknown fields, unless the route
 * ignores it.
 *
 * @returns the ignored names
 */
function placeParameters(
  root: JsonObjectNode,
  { method, body, ignoresUnknown, isLenient }: Route,
  parameters: readonly Parameter[],
  faults: Violation[],
): string[] {
  const ignored: string[] = [];
  for (const { origin, rawName, name: given, value: decoded, rawValue } of parameters) {
    const name = given !== undefined && ignoresUnknown ? usualName(method.input, given) : given;
    const value = decoded ?? (isLenient ? looselyDecoded(rawValue) : undefined);
    const path = name === undefined ? undefined : parameterPath(method.input, name);
    const meant = path || !ignoresUnknown ? undefined : keyMeantBy(method, name ?? rawName);
    if (meant !== undefined) faults.push(meant);
    else if (!path && ignoresUnknown) ignored.push(name ?? rawName);
    else if (name === undefined || value === undefined) faults.push(badEncoding(name ?? ""));
    else if (origin === "query" && body === "*" && !ignoresUnknown)
      faults.push(notAllowed(name, "Must be sent in the body; this method takes no query parameters."));
    else if (!path) root.members.push({ key: name, value });
    else {
      const first = isLenient && takesOneValue(path) ? (placedValue(root, path) ?? undefined) : undefined;
      if (first === undefined)
        for (const item of itemsOf(path, value)) faults.push(...placeValue(root, path, nodeOf(path.leaf, item)));
      // Of several values the first one counts: the URL that the owner wrote comes before what a system adds.
      else if (String(first) !== value) ignored.push(name);
    }
  }
  return ignored;
}

function takesOneValue({ steps, leaf }: ParameterPath): boolean {
  const isWhole = steps.at(-1) === leaf;
  return isWhole ? leaf.fieldKind === "scalar" || leaf.fieldKind === "enum" : leaf.fieldKind === "map";
}

/** Sets a path variable. The body may repeat its value but must not contradict it. */
function placeVariable(
  root: JsonObjectNode,
  schema: DescMessage,
  name: string,
  value: string,
  faults: Violation[],
): void {
  const path = parameterPath(schema, name);
  if (!path) return;
  const own = placedValue(root, path);
  if (own === undefined || own === null) placeValue(root, path, nodeOf(path.leaf, value));
  // An object or array is rejected as a wrong type with everything else.
  else if (typeof own !== "object" && String(own) !== value)
    faults.push({ field: name, reason: "CONFLICT", description: "Must equal the value in the path." });
}

/** The items of a list in one parameter, `ids=a,b`, or the one value. */
function itemsOf({ leaf, steps }: ParameterPath, value: string): readonly string[] {
  if (leaf.fieldKind !== "list" || steps.at(-1) !== leaf || !value.includes(",")) return [value];
  return listedItems(leaf, value) ?? [value];
}

/** Converts text to the JSON value of the field: protobuf reads numbers from strings, but not bools or enum numbers. */
function nodeOf(field: DescField, text: string): JsonNode {
  if (field.scalar === ScalarType.BOOL && (text === "true" || text === "false")) return text === "true";
  return field.enum && /^-?\d+$/.test(text) ? Number(text) : text;
}

function badEncoding(field: string): Violation {
  return { field, reason: "INVALID_FORMAT", description: "Invalid percent-encoding." };
}

function notAllowed(field: string, description: string): Violation {
  return { field, reason: "NOT_ALLOWED", description };
}
