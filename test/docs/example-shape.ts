import type { JsonValue } from "@bufbuild/protobuf";

/** Whether two JSON values have the same members with values of the same types, whatever the values and the number of items. */
export function hasShapeOf(value: JsonValue, other: JsonValue): boolean {
  return [...shapeOf(value)].toSorted().join("\n") === [...shapeOf(other)].toSorted().join("\n");
}

/** The type at each path. */
function shapeOf(value: JsonValue, path = "", found = new Set<string>()): ReadonlySet<string> {
  if (Array.isArray(value)) {
    found.add(`${path}[]`);
    for (const item of value) shapeOf(item, `${path}[]`, found);
  } else if (typeof value === "object" && value !== null) {
    found.add(`${path}{}`);
    for (const [name, inner] of Object.entries(value)) shapeOf(inner, `${path}.${name}`, found);
  } else found.add(`${path}: ${typeof value}`);
  return found;
}
