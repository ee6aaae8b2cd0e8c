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
