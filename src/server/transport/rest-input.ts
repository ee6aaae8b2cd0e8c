import { type DescField, type DescMessage, type Message, ScalarType } from "@bufbuild/protobuf";
import type { Violation } from "../../core/errors.js";
import { readJson } from "./json-input.js";
import { isJsonObject, type JsonMember, type JsonNode, type JsonObjectNode, parseJson } from "./json-parse.js";
import { tooManyValues } from "./limits.js";
import type { Match } from "./rest-routes.js";

/**
 * Builds the request message of a REST call. Body, path variables and query are merged into one JSON object, so that
 * all violations are reported at once and with the same texts as for JSON input.
 *
 * @throws DomainError MALFORMED_REQUEST, INVALID_REQUEST
 */
export function readRestRequest({ route, variables }: Match, query: string, body: Uint8Array): Message {
  const schema = route.method.input;
  const faults: Violation[] = [];
  const root = bodyNode(schema, route.body, body, faults);
  if (!isJsonObject(root)) return readJson(schema, root, faults);

  for (const { name, value } of queryParameters(query, faults)) {
    if (route.body === "*")
      faults.push(notAllowed(name, "Must be sent in the body; this method takes no query parameters."));
    else placeParameter(root, schema, name, value);
  }
  for (const { path, encoded } of variables) {
    const value = decoded(encoded);
    if (value === undefined) faults.push(badEncoding(path));
    else placeVariable(root, schema, path, value, faults);
  }
  return readJson(schema, root, faults);
}

/** The body as an object of request fields. No body = an empty object. */
function bodyNode(schema: DescMessage, field: string, body: Uint8Array, faults: Violation[]): JsonNode {
  const within = field === "*" || field === "" ? [] : [field];
  const node: JsonNode =
    body.length === 0 ? { members: [] } : parseJson(body, (keys) => tooManyValues(schema, [...within, ...keys]));
  if (field === "*") return node;
  if (field !== "") return { members: body.length === 0 ? [] : [{ key: field, value: node }] };
  if (!isJsonObject(node) || node.members.length > 0)
    faults.push(notAllowed("", "This method does not accept a request body."));
  return { members: [] };
}

function queryParameters(query: string, faults: Violation[]): { name: string; value: string }[] {
  return query
    .split("&")
    .filter((pair) => pair !== "")
    .flatMap((pair) => {
      const [rawName = "", ...rest] = pair.replaceAll("+", " ").split("=");
      const name = decoded(rawName);
      const value = decoded(rest.join("="));
      if (name !== undefined && value !== undefined) return [{ name, value }];
      faults.push(badEncoding(name ?? ""));
      return [];
    });
}

/**
 * Adds a query parameter: `a.b=c` sets a field of the message `a`, and a repeated parameter appends to a list. A name
 * that matches no field is added as is, and rejected with the other unknown fields.
 */
function placeParameter(root: JsonObjectNode, schema: DescMessage, name: string, value: string): void {
  const fields = fieldsAlong(schema, name);
  const last = fields?.at(-1);
  if (!fields || !last) return void root.members.push({ key: name, value });
  const holder = holderOf(root, fields);
  if (!holder) return;
  const node = nodeOf(last, value);
  const own = memberOf(holder, last);
  if (last.fieldKind === "list" && Array.isArray(own?.value)) own.value.push(node);
  else holder.members.push({ key: last.name, value: last.fieldKind === "list" ? [node] : node });
}

/** Sets a path variable. The body may repeat its value but must not contradict it. */
function placeVariable(
  root: JsonObjectNode,
  schema: DescMessage,
  path: string,
  value: string,
  faults: Violation[],
): void {
  const fields = fieldsAlong(schema, path);
  const last = fields?.at(-1);
  const holder = fields && holderOf(root, fields);
  if (!last || !holder) return;
  const own = memberOf(holder, last);
  if (!own || own.value === null) {
    if (own) holder.members.splice(holder.members.indexOf(own), 1);
    holder.members.push({ key: last.name, value: nodeOf(last, value) });
  } else if (typeof own.value === "object") {
    // Rejected as a wrong type with everything else.
  } else if (String(own.value) !== value) {
    faults.push({ field: path, reason: "CONFLICT", description: "Must equal the value in the path." });
  }
}

/** The fields along a dotted path in lowerCamelCase or snake_case; undefined if one does not exist. */
function fieldsAlong(schema: DescMessage, path: string): readonly DescField[] | undefined {
  const fields: DescField[] = [];
  let within: DescMessage | undefined = schema;
  for (const segment of path.split(".")) {
    const field: DescField | undefined = within?.fields.find(
      ({ name, jsonName }) => name === segment || jsonName === segment,
    );
    if (!field) return undefined;
    fields.push(field);
    within = field.fieldKind === "message" ? field.message : undefined;
  }
  return fields;
}

/** The object that contains the last field, created if needed; undefined if another value is in its place. */
function holderOf(root: JsonObjectNode, fields: readonly DescField[]): JsonObjectNode | undefined {
  let holder = root;
  for (const field of fields.slice(0, -1)) {
    const own = memberOf(holder, field);
    const child: JsonNode = own?.value ?? { members: [] };
    if (!isJsonObject(child)) return undefined;
    if (own?.value === null) holder.members.splice(holder.members.indexOf(own), 1);
    if (own?.value !== child) holder.members.push({ key: field.name, value: child });
    holder = child;
  }
  return holder;
}

function memberOf({ members }: JsonObjectNode, { name, jsonName }: DescField): JsonMember | undefined {
  return members.find(({ key }) => key === name || key === jsonName);
}

/** Converts text to the JSON value of the field: protobuf reads numbers from strings, but not bools or enum numbers. */
function nodeOf(field: DescField, text: string): JsonNode {
  if (field.scalar === ScalarType.BOOL && (text === "true" || text === "false")) return text === "true";
  return field.enum && /^-?\d+$/.test(text) ? Number(text) : text;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function badEncoding(field: string): Violation {
  return { field, reason: "INVALID_FORMAT", description: "Invalid percent-encoding." };
}

function notAllowed(field: string, description: string): Violation {
  return { field, reason: "NOT_ALLOWED", description };
}
