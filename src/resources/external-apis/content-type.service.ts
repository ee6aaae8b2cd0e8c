import { isTemplate, variablesOf } from "../../core/template.js";
import type { TextFault } from "../../core/text.js";

type Headers = readonly (readonly [name: string, value: string])[];

/** Whether the body is encoded as a form, by the media type of the header, in any case and with any parameters. */
export function isForm(headers: Headers): boolean {
  const [mediaType = ""] = contentTypeOf(headers).split(";");
  return mediaType.trim().toLowerCase() === "application/x-www-form-urlencoded";
}

function contentTypeOf(headers: Headers): string {
  return headers.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
}

/** Bodies are sent in UTF-8. A header that declares another charset would garble every text that is not ASCII. */
export function charsetFault({
  name,
  value,
}: {
  readonly name: string;
  readonly value: string;
}): TextFault | undefined {
  if (name.toLowerCase() !== "content-type" || !isTemplate(value) || variablesOf(value).length > 0) return undefined;
  const [, charset = "utf-8"] = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(value) ?? [];
  return /^utf-?8$/i.test(charset)
    ? undefined
    : { reason: "NOT_ALLOWED", description: "Must not have a charset other than UTF-8: bodies are sent in UTF-8." };
}
