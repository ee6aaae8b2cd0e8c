import { type Violation, type ViolationReason, violation } from "../../core/errors.js";
import { isLongInteger, readJson } from "../../core/json-document.js";
import { isMultiNodePath, jsonPathFault } from "../../core/json-path.js";
import type { TextFault } from "../../core/text.js";
import { invocationKeys, type OutputParam } from "./external-api.model.js";
import { maxValueChars, valueFault } from "./external-api-values.service.js";

/** An output that a client sends. A field is undefined if it is unset or not a value of its enum. */
export interface OutputDraft extends Pick<OutputParam, "name" | "path"> {
  readonly type?: OutputParam["type"] | undefined;
  readonly selection?: OutputParam["selection"] | undefined;
  readonly defaultValue?: string | undefined;
}

const reservedNames: ReadonlySet<string> = new Set(invocationKeys);

/** Maximum number of outputs whose path searches the whole response. */
const maxSearches = 10;

/** A parameter as in a URL or a header. A key with braces can be written with escapes: `\u007b`. */
const placeholder = /\{\{|\{[^{}\s]*\}/;

/** All violations of outputs, except repeated names. */
export function outputFaults(outputs: readonly OutputDraft[], list: string): Violation[] {
  let searches = 0;
  return outputs.flatMap((output, index) => {
    const { name, path, type, selection, defaultValue } = output;
    const found: Violation[] = [];
    const add = (field: string, reason: ViolationReason, description: string) =>
      found.push(violation(`${list}[${index}].${field}`, reason, description));
    if (!/^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(name)) {
      add("name", "INVALID_FORMAT", "Must start with a letter, followed by up to 63 letters, digits, `_` or `-`.");
    }
    if (reservedNames.has(name)) add("name", "NOT_ALLOWED", "Must not be `status` or `reason`; both are reserved.");
    const pathFault = jsonPathFault(path);
    if (placeholder.test(path)) add("path", "NOT_ALLOWED", "Must not contain placeholders: a path has no parameters.");
    else if (pathFault !== undefined) add("path", "INVALID_FORMAT", pathFault);
    else if (isMultiNodePath(path) && ++searches > maxSearches) {
      add("path", "TOO_MANY", `Must not use \`..\`, \`*\`, \`:\` or \`?\` in more than ${maxSearches} output paths.`);
    }
    if (selection === "COUNT" && type === "BOOLEAN")
      add("type", "NOT_ALLOWED", "Must not be BOOLEAN: a count is a number.");
    const fault = defaultValue === undefined ? undefined : defaultFault(output, defaultValue);
    if (fault) add("default_value", fault.reason, fault.description);
    return found;
  });
}

function defaultFault({ type = "STRING", selection = "FIRST" }: OutputDraft, value: string): TextFault | undefined {
  switch (selection) {
    case "FIRST":
      return valueFault(type, value);
    case "COUNT":
      return /^(0|[1-9]\d{0,8})$/.test(value)
        ? undefined
        : { reason: "WRONG_TYPE", description: "Must be a whole number, for example 0." };
    case "LIST":
      return valueFault("STRING", value) ?? (isListOf(type, value) ? undefined : wrongList);
    default:
      return selection satisfies never;
  }
}

const wrongList: TextFault = { reason: "WRONG_TYPE", description: "Must be a JSON array of values of the type." };

function isListOf(type: OutputParam["type"], text: string): boolean {
  const list = text.length <= maxValueChars * 2 ? readJson(text) : undefined;
  if (!Array.isArray(list)) return false;
  // A long integer was read as a string of its digits.
  return list.every((item) =>
    typeof item === "string"
      ? type === "STRING" || (type === "NUMBER" && isLongInteger(item))
      : type !== "STRING" && valueFault(type, String(item)) === undefined,
  );
}
