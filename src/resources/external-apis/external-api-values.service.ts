import { variablesOf } from "../../core/template.js";
import { type TextFault, textFault } from "../../core/text.js";
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

/** The parts of a URL as written. Only the path can contain `{param}`. */
export interface UrlTemplate {
  readonly origin: string;
  readonly path: string;
  /** Including the question mark, or empty. */
  readonly query: string;
}

const maxUrlChars = 2_048;
const placeholder = /\{([^{}]*)\}/g;

/** The parts of an absolute HTTP or HTTPS URL, or a violation text. */
export function readUrlTemplate(url: string): UrlTemplate | string {
  if (url.length > maxUrlChars) return `Must have at most ${maxUrlChars} characters.`;
  const [, origin = "", path = "", query = "", fragment] =
    /^(https?:\/\/[^/?#]+)([^?#]*)(\?[^#]*)?(#.*)?$/i.exec(url) ?? [];
  if (origin === "" || /[^\x21-\x7e]|\\/.test(url))
    return "Must be an absolute ASCII URL, for example https://api.example.com/v1.";
  if (fragment !== undefined) return "Must not contain a fragment.";
  if (origin.includes("@")) return "Must not contain credentials; use an Authorization header with secret_value.";
  if (/[{}]/.test(origin + query + path.replaceAll(placeholder, ""))) {
    return "Must contain `{param}` placeholders only in the path; query parameters need none.";
  }
  if (!URL.canParse(origin + path.replaceAll(placeholder, "x") + query)) return "Must be a valid URL.";
  return { origin, path, query };
}

/** Names of the placeholders in the path. */
export function placeholdersOf({ path }: UrlTemplate): readonly string[] {
  return [...path.matchAll(placeholder)].map(([, name = ""]) => name);
}

/** The URL with values for its placeholders, each percent-encoded as one path segment. */
export function renderUrl({ origin, path, query }: UrlTemplate, values: ReadonlyMap<string, string>): string {
  return origin + path.replaceAll(placeholder, (_, name: string) => encodeURIComponent(values.get(name) ?? "")) + query;
}

/** Normalized scheme, host and port. */
export function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}
