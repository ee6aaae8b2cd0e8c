import { type DescMessage, type DescService, getOption, hasOption, ScalarType } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import { http } from "../../gen/proto/google/api/annotations_pb.js";
import type { HttpRule } from "../../gen/proto/google/api/http_pb.js";
import {
  form_body,
  ignores_unknown_parameters,
  lenient_values,
  plain_text,
} from "../../gen/proto/moego/option/v1/option_pb.js";
import type { ServedMethod } from "../pipeline/call.js";
import { isStream, isUnary, rpcNameOf } from "../pipeline/contract.js";
import { compileTemplate, type PathTemplate } from "./path-template.js";

/** One `google.api.http` binding of an rpc. */
export interface Route {
  readonly method: ServedMethod;
  /** HTTP method, upper case. */
  readonly verb: string;
  readonly template: string;
  /** `*`, a field name, or "" for none. */
  readonly body: string;
  /** Name of the field that is the response body, or "" for the whole response. */
  readonly responseBody: string;
  /** Local name of the response field that is the body as text if it is present. */
  readonly plainText: string | undefined;
  /** Whether the body can be a form. */
  readonly takesForm: boolean;
  /** Whether query parameters and members of a form that name no field are ignored: of every GET, and by option. */
  readonly ignoresUnknown: boolean;
  /** Whether a value is read however it is written: `lenient_values` in the contract. */
  readonly isLenient: boolean;
  /** Local names of the fields that the variables of the path are; undefined unless each is one text of the request. */
  readonly texts: ReadonlyMap<string, string> | undefined;
}

export interface Match {
  readonly route: Route;
  /** Field path and percent-encoded value of each variable. */
  readonly variables: readonly { readonly path: string; readonly encoded: string }[];
}

interface RouteTable {
  /** The routes whose template matches the path and has the best rank. They differ only in their HTTP method. */
  match(path: string): readonly Match[];
}

interface CompiledRoute extends PathTemplate {
  readonly route: Route;
}

/** Routes by the number of their segments, and by their second segment if that is a literal. */
interface RouteGroup {
  readonly routes: CompiledRoute[];
  readonly byLiteral: Map<string, CompiledRoute[]>;
}

/**
 * The routes of all rpcs, from the annotations of the contract alone.
 *
 * @throws Error at startup for an invalid template, method or field in the contract
 */
export function routeTable(services: readonly DescService[]): RouteTable {
  const groups = new Map<number, RouteGroup>();
  for (const method of services.flatMap((service) => service.methods)) {
    if (!(isUnary(method) || isStream(method))) continue;
    for (const route of routesOf(method)) {
      const compiled = compile(route);
      const group: RouteGroup = groups.get(compiled.segments) ?? { routes: [], byLiteral: new Map() };
      groups.set(compiled.segments, group);
      group.routes.push(compiled);
    }
  }
  for (const group of groups.values()) index(group);
  return {
    match(path) {
      const segments = path.split("/");
      const group = groups.get(segments.length - 1);
      const routes = group?.byLiteral.get(withoutVerb(segments[2] ?? "")) ?? group?.byLiteral.get(variable) ?? [];
      const fitting: (Match & { rank: string })[] = [];
      for (const { route, pattern, paths, rank } of routes) {
        if (fitting[0] && fitting[0].rank !== rank) break;
        const values = pattern.exec(path);
        if (!values) continue;
        fitting.push({
          route,
          rank,
          variables: paths.map((name, position) => ({ path: name, encoded: values[position + 1] ?? "" })),
        });
      }
      return fitting;
    },
  };
}

/** The second segment of routes that have a variable there. */
const variable = "{}";

/** Trying all routes of a length takes longer than most requests need otherwise. */
function index({ routes, byLiteral }: RouteGroup): void {
  routes.sort((a, b) => (a.rank < b.rank ? -1 : Number(a.rank > b.rank)));
  for (const { route } of routes) {
    const literal = secondSegmentOf(route);
    byLiteral.set(
      literal,
      routes.filter((other) => [literal, variable].includes(secondSegmentOf(other.route))),
    );
  }
}

function secondSegmentOf({ template }: Route): string {
  const second = withoutVerb(template.split("/")[2] ?? "");
  return second.startsWith("{") ? variable : second;
}

function withoutVerb(segment: string): string {
  return segment.split(/:|%3a/i, 1)[0] ?? "";
}

/** The routes of an rpc: one for each binding, the first one first. */
export function routesOf(method: ServedMethod): readonly Route[] {
  if (!hasOption(method, http)) return [];
  const rule = getOption(method, http);
  return [rule, ...rule.additionalBindings].map((binding) => routeOf(method, binding));
}

function routeOf(method: ServedMethod, { pattern, body, responseBody }: HttpRule): Route {
  const name = rpcNameOf(method);
  if (pattern.case === undefined) throw new Error(`${name} has an HTTP rule without a path`);
  const [verb, template] =
    pattern.case === "custom" ? [pattern.value.kind, pattern.value.path] : [pattern.case.toUpperCase(), pattern.value];
  if (body !== "" && body !== "*") requireField(method.input, body, name);
  if (responseBody !== "") {
    requireField(method.output, responseBody, name);
    if (method.output.fields.find((field) => field.name === responseBody)?.fieldKind !== "message")
      throw new Error(`The HTTP rule of ${name} has response_body ${responseBody}, which is not a message field`);
  }
  return {
    ...{ method, verb, template, body, responseBody, plainText: plainTextOf(method) },
    takesForm: body === "*" && getOption(method, form_body),
    ignoresUnknown: verb === "GET" || getOption(method, ignores_unknown_parameters),
    isLenient: getOption(method, lenient_values),
    texts: textsOf(method, template),
  };
}

function textsOf({ input }: ServedMethod, template: string): ReadonlyMap<string, string> | undefined {
  const paths = compileTemplate(template)?.paths ?? [];
  const fields = input.fields.filter(
    ({ name, fieldKind, scalar, oneof }) =>
      paths.includes(name) && fieldKind === "scalar" && scalar === ScalarType.STRING && !oneof,
  );
  return fields.length === paths.length ? new Map(fields.map(({ name, localName }) => [name, localName])) : undefined;
}

function plainTextOf(method: ServedMethod): string | undefined {
  const field = method.output.fields.find((candidate) => getOption(candidate, plain_text));
  if (field && (field.scalar !== ScalarType.STRING || field.presence !== FeatureSet_FieldPresence.EXPLICIT))
    throw new Error(`${rpcNameOf(method)} has plain_text on ${field.name}, which is not an optional string`);
  return field?.localName;
}

function compile(route: Route): CompiledRoute {
  const { template, method } = route;
  const compiled = compileTemplate(template);
  if (!compiled) throw new Error(`${rpcNameOf(method)} has the unsupported HTTP path ${template}`);
  for (const path of compiled.paths) requireField(method.input, path, rpcNameOf(method));
  return { ...compiled, route };
}

function requireField(schema: DescMessage, path: string, rpc: string): void {
  let within: DescMessage | undefined = schema;
  for (const name of path.split(".")) {
    const field: DescMessage["fields"][number] | undefined = within?.fields.find(
      (candidate) => candidate.name === name,
    );
    if (!field) throw new Error(`The HTTP rule of ${rpc} references an unknown field ${path}`);
    within = field.message;
  }
}
