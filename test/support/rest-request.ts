import { type DescMethodUnary, getOption, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { http } from "../../src/gen/proto/google/api/annotations_pb.js";

export interface RestRequest {
  readonly verb: string;
  /** Path and query. */
  readonly target: string;
  readonly body?: string;
}

/** The request fields that the path of the rpc's REST route holds, by proto name. */
export function pathFieldsOf(method: DescMethodUnary): readonly string[] {
  return [...ruleOf(method).template.matchAll(/\{([a-z_.]+)\}/g)].map(([, name = ""]) => name);
}

/**
 * A REST call from the contract's `google.api.http` annotation, as a client of the route writes it: what stands in the
 * path is not in the body.
 */
export function restRequestOf(method: DescMethodUnary, request: JsonObject): RestRequest {
  const inPath = pathFieldsOf(method).flatMap((name) => keysOf(method, name));
  const rest = Object.fromEntries(Object.entries(request).filter(([key]) => !inPath.includes(key)));
  return restRequestWith(method, request, rest);
}

/** A REST call that sends the whole object as its body, also what stands in the path. */
export function printedRestRequestOf(method: DescMethodUnary, request: JsonObject): RestRequest {
  return restRequestWith(method, request, request);
}

function restRequestWith(method: DescMethodUnary, request: JsonObject, rest: JsonObject): RestRequest {
  const { verb, template, body } = ruleOf(method);
  const path = template.replaceAll(/\{([a-z_.]+)\}/g, (_, name: string) => {
    const value = keysOf(method, name)
      .map((key) => request[key])
      .find((given) => typeof given === "string" && given !== "");
    if (typeof value !== "string") throw new Error(`${method.name} has no REST route without ${name}`);
    return encodeURIComponent(value);
  });
  if (body === "*") return { verb, target: path, body: JSON.stringify(rest) };
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(rest)) query.append(key, scalarText(value));
  return { verb, target: query.size > 0 ? `${path}?${query}` : path };
}

function ruleOf(method: DescMethodUnary) {
  const { pattern, body } = getOption(method, http);
  if (pattern.case === undefined || pattern.case === "custom") throw new Error(`${method.name} has no REST route`);
  return { verb: pattern.case.toUpperCase(), template: pattern.value, body };
}

/** A field in both spellings. */
function keysOf(method: DescMethodUnary, name: string): string[] {
  const field = method.input.fields.find((known) => known.name === name);
  return field ? [field.jsonName, field.name] : [name];
}

function scalarText(value: JsonValue): string {
  if (typeof value === "object") throw new Error("only scalars have a place in a query");
  return String(value);
}
