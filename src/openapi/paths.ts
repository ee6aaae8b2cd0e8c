import type { DescField } from "@bufbuild/protobuf";
import type { Route } from "../server/transport/rest-routes.js";

/** A path with the fields of its variables, in order. */
export interface OpenApiPath {
  readonly path: string;
  readonly variables: readonly { readonly name: string; readonly field: DescField }[];
}

/**
 * The paths of routes. Routes that differ only in the names of their variables get the names of the first one: OpenAPI takes
 * them for the same path.
 */
export function createPaths(): (route: Route) => OpenApiPath {
  const named = new Map<string, readonly string[]>();
  return ({ template, method }) => {
    const fields = [...template.matchAll(variablePattern)].map(([, name = ""]) => {
      const field = method.input.fields.find((known) => known.name === name);
      if (!field) throw new Error(`${template} has a variable that is not a field of the request.`);
      return field;
    });
    const shape = template.replaceAll(variablePattern, "{}");
    const names = named.get(shape) ?? fields.map(({ jsonName }) => jsonName);
    named.set(shape, names);
    let index = 0;
    const path = template.replaceAll(variablePattern, () => `{${names[index++]}}`);
    return { path, variables: fields.map((field, place) => ({ name: names[place] ?? field.jsonName, field })) };
  };
}

const variablePattern = /\{([a-z0-9_.]+)\}/g;
