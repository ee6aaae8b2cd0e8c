import { type TextFault, textFault, variablesOf } from "../../core/text.js";
import type { RequestParam, ValueType } from "./external-api.model.js";

/** Maximum length of a parameter value, in code points. */
export const maxValueChars = 2_048;
const maxNumberChars = 64;

/** What is wrong with a value of the type, if anything. */
export function valueFault(type: ValueType, value: string): TextFault | undefined {
  switch (type) {
    case "STRING":
      return textFault(value, { min: 0, max: maxValueChars, multiline: true });
    case "NUMBER":
      return value.length <= maxNumberChars && /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(value)
        ? undefined
        : { reason: "WRONG_TYPE", description: "Must be a JSON number." };
    case "BOOLEAN":
      return value === "true" || value === "false"
        ? undefined
        : { reason: "WRONG_TYPE", description: "Must be `true` or `false`." };
    default:
      return type satisfies never;
  }
}

/** The same for a request parameter, whose value must also be valid at its location. */
export function paramFault(
  { type, location }: { readonly type: ValueType; readonly location?: RequestParam["location"] | undefined },
  value: string,
  isInHeader: boolean,
): TextFault | undefined {
  const fault = valueFault(type, value);
  if (fault) return fault;
  if (location === "PATH" && /^\.*$/.test(value)) {
    return { reason: "INVALID_FORMAT", description: "Must not be empty, `.` or `..` in a URL path." };
  }
  if (isInHeader && !isHeaderText(value)) {
    return {
      reason: "INVALID_FORMAT",
      description: "Must be a single line of printable ASCII, because it is sent in a header.",
    };
  }
  return undefined;
}

/** Whether a string can be a header value: printable ASCII, spaces and tabs. */
export function isHeaderText(text: string): boolean {
  return /^[\t\x20-\x7e]*$/.test(text);
}

/** Names of the parameters used in headers. */
export function paramsInHeaders(headers: readonly { readonly value: string }[]): ReadonlySet<string> {
  return new Set(headers.flatMap(({ value }) => variablesOf(value)));
}
