import type { DescMessage } from "@bufbuild/protobuf";
import { maxMaskPaths } from "./element-limits.js";

/** Longer than any path of the contract, including map keys. */
const maxPathChars = 512;

/**
 * Converts the comma-separated paths of a FieldMask, in lowerCamelCase or snake_case, to the names of the contract.
 * Paths start at the request or at one of its messages (`lead` of UpdateLead). Map keys stay as is. So does a path that
 * names no field; the handler rejects it.
 *
 * @returns undefined for more than `maxMaskPaths` paths
 */
export function maskPaths(request: DescMessage, text: string): string[] | undefined {
  const given = text.split(",", maxMaskPaths + 1);
  if (given.length > maxMaskPaths) return undefined;
  return given
    .map((path) => path.trim())
    .filter((path) => path !== "")
    .map((path) => protoPath(request, path));
}

function protoPath(request: DescMessage, path: string): string {
  if (path.length > maxPathChars) return path;
  const segments = path.split(".");
  const roots = [request, ...request.fields.flatMap((field) => (field.fieldKind === "message" ? [field.message] : []))];
  for (const root of roots) {
    const named = protoSegments(root, segments);
    if (named) return named.join(".");
  }
  return path;
}

function protoSegments(start: DescMessage, segments: readonly string[]): readonly string[] | undefined {
  const named: string[] = [];
  let schema: DescMessage | undefined = start;
  for (const [index, segment] of segments.entries()) {
    const field: DescMessage["fields"][number] | undefined = schema?.fields.find(
      ({ name, jsonName }) => name === segment || jsonName === segment,
    );
    if (!field) return undefined;
    named.push(field.name);
    if (field.fieldKind === "map") return [...named, ...segments.slice(index + 1)];
    schema = field.message;
  }
  return named;
}
