import type { Violation } from "../../core/errors.js";
import { isTemplate, variablesOf } from "../../core/text.js";
import type { HeaderDraft } from "./external-api.model.js";
import { isHeaderText } from "./external-api-values.service.js";

const maxValueChars = 4_096;
/** Shorter secrets could not be masked reliably in responses. */
const minSecretChars = 8;

/** Headers that frame the message or name the host. The HTTP client sets them (RFC 9110, RFC 9112). */
const framing: ReadonlySet<string> = new Set([
  ...["host", "content-length", "transfer-encoding", "connection", "upgrade", "expect"],
  ...["te", "trailer", "keep-alive"],
]);

/**
 * All violations of the headers.
 *
 * @param params names of the request parameters; undefined if unknown
 * @param list path of the headers within the request
 */
export function headerFaults(
  headers: readonly HeaderDraft[],
  params: ReadonlySet<string> | undefined,
  list: string,
): Violation[] {
  const seen = new Set<string>();
  return headers.flatMap((header, index) => {
    const at = (field: string) => `${list}[${index}].${field}`;
    const name = header.name.toLowerCase();
    const fault = nameFault(name) ?? (seen.has(name) ? repeatedName : undefined);
    seen.add(name);
    const found: Violation[] = fault ? [{ field: at("name"), ...fault }] : [];
    const valueFault = faultOfValue(header, params);
    if (valueFault) found.push({ field: at("value"), ...valueFault });
    const secretFault = faultOfSecret(header);
    if (secretFault) found.push({ field: at("secret_value"), ...secretFault });
    return found;
  });
}

type FieldProblem = Omit<Violation, "field">;

const repeatedName: FieldProblem = { reason: "CONFLICT", description: "Must be unique in the list." };

function nameFault(name: string): FieldProblem | undefined {
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]{1,100}$/.test(name)) {
    return { reason: "INVALID_FORMAT", description: "Must be a valid HTTP header name (RFC 9110)." };
  }
  if (framing.has(name) || name.startsWith("proxy-")) {
    return { reason: "NOT_ALLOWED", description: "Must not be a header that the HTTP client sets itself." };
  }
  return undefined;
}

function faultOfValue({ value }: HeaderDraft, params: ReadonlySet<string> | undefined): FieldProblem | undefined {
  if (value.length > maxValueChars) {
    return { reason: "TOO_LONG", description: `Must have at most ${maxValueChars} characters.` };
  }
  if (!isHeaderText(value)) {
    return {
      reason: "INVALID_FORMAT",
      description: "Must be a single line of printable ASCII characters, spaces and tabs.",
    };
  }
  if (!isTemplate(value))
    return { reason: "INVALID_FORMAT", description: "Must not contain `{{` outside a `{{param}}` placeholder." };
  if (params && variablesOf(value).some((name) => !params.has(name))) {
    return {
      reason: "NOT_FOUND",
      description: "Must not contain a `{{param}}` placeholder without a matching request parameter.",
    };
  }
  return undefined;
}

function faultOfSecret({ value, secretValue, isSecret }: HeaderDraft): FieldProblem | undefined {
  if (secretValue === undefined) {
    return isSecret && value !== ""
      ? { reason: "CONFLICT", description: "Must be set instead of value, because is_secret is true." }
      : undefined;
  }
  if (value !== "") return { reason: "CONFLICT", description: "Must not be set together with value." };
  if (secretValue.length < minSecretChars || secretValue.length > maxValueChars) {
    const reason = secretValue.length < minSecretChars ? "TOO_SHORT" : "TOO_LONG";
    return { reason, description: `Must be from ${minSecretChars} to ${maxValueChars} characters long.` };
  }
  if (!isHeaderText(secretValue) || secretValue.trim() !== secretValue) {
    return {
      reason: "INVALID_FORMAT",
      description: "Must be a single line of printable ASCII without leading or trailing whitespace.",
    };
  }
  return undefined;
}
