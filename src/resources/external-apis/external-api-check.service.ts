import { type Violation, type ViolationReason, violation } from "../../core/errors.js";
import { isTemplate, variablesOf } from "../../core/template.js";
import type { TextFault } from "../../core/text.js";
import { charsetFault } from "./content-type.service.js";
import {
  type ExternalApiInput,
  type HeaderDraft,
  maxTimeoutMs,
  minTimeoutMs,
  type RequestParam,
} from "./external-api.model.js";
import { bodyFaults, isParamName } from "./external-api-body-check.service.js";
import { type OutputDraft, outputFaults } from "./external-api-output-check.service.js";
import {
  isHeaderText,
  paramFault,
  paramsInHeaders,
  placeholdersOf,
  readUrlTemplate,
} from "./external-api-values.service.js";

/** A configuration that a client sends. A field is undefined if it is unset or not a value of its enum. */
export interface ExternalApiDraft extends Unset<Pick<ExternalApiInput, "method" | "url" | "headers" | "timeoutMs">> {
  readonly requestParams?: readonly ParamDraft[] | undefined;
  readonly outputParams?: readonly OutputDraft[] | undefined;
}

type ParamDraft = Pick<RequestParam, "name" | "required"> &
  Unset<Pick<RequestParam, "location" | "type" | "defaultValue" | "nested">>;
type Unset<T> = { readonly [K in keyof T]?: T[K] | undefined };

export interface FaultOptions {
  /** Path of a list within the request: `headers` for `headers[0]`. */
  readonly within: (list: "headers" | "request_params" | "output_params") => string;
  /** Violation text for a URL that is not allowed as a target. */
  readonly targetFault: (url: string) => string | undefined;
}

/** Returns all violations of a configuration that a client sends. Unset fields are not validated. */
export type ExternalApiFaults = (draft: ExternalApiDraft, within?: FaultOptions["within"]) => readonly Violation[];

/** All violations of a configuration. Unset fields are not validated. Lists must not be too long. */
export function externalApiFaults(draft: ExternalApiDraft, { within, targetFault }: FaultOptions): Violation[] {
  const { outputParams = [], timeoutMs = minTimeoutMs } = draft;
  return [
    ...urlFaults(draft, targetFault),
    ...headerFaults(draft, within("headers")),
    ...paramFaults(draft, within("request_params")),
    ...outputFaults(outputParams, within("output_params")),
    ...repeated(outputParams, within("output_params")),
    ...(timeoutMs < minTimeoutMs || timeoutMs > maxTimeoutMs
      ? [violation("timeout_ms", "OUT_OF_RANGE", `Must be from ${minTimeoutMs} to ${maxTimeoutMs} milliseconds.`)]
      : []),
  ];
}

function urlFaults({ url, requestParams }: ExternalApiDraft, targetFault: FaultOptions["targetFault"]): Violation[] {
  if (url === undefined || url === "") return [];
  const template = readUrlTemplate(url);
  if (typeof template === "string") return [violation("url", "INVALID_FORMAT", template)];
  const forbidden = targetFault(template.origin + template.path.replaceAll(/[{}]/g, "") + template.query);
  if (forbidden !== undefined) return [violation("url", "NOT_ALLOWED", forbidden)];
  const inPath = new Set(requestParams?.filter(({ location }) => location === "PATH").map(({ name }) => name));
  const names = requestParams ? placeholdersOf(template) : [];
  return names.every((name) => inPath.has(name))
    ? []
    : [violation("url", "NOT_FOUND", "Must not contain a `{param}` placeholder without a matching PATH parameter.")];
}

function headerFaults({ headers = [], requestParams }: ExternalApiDraft, list: string): Violation[] {
  const params = requestParams && new Set(requestParams.map(({ name }) => name));
  const hasBody = requestParams?.some(({ location }) => location === "BODY");
  const seen = new Set<string>();
  return headers.flatMap((header, index) => {
    const name = header.name.toLowerCase();
    const faults = [
      ["name", headerNameFault(name) ?? (seen.has(name) ? repeatedName : undefined)],
      ["value", headerValueFault(header, params) ?? (hasBody ? charsetFault(header) : undefined)],
      ["secret_value", secretFault(header)],
    ] as const;
    seen.add(name);
    return faults.flatMap(([field, fault]) => (fault ? [{ field: `${list}[${index}].${field}`, ...fault }] : []));
  });
}

function paramFaults(draft: ExternalApiDraft, list: string): Violation[] {
  const { method, url, headers = [], requestParams = [] } = draft;
  const template = url === undefined ? undefined : readUrlTemplate(url);
  const placeholders = typeof template === "object" ? new Set(placeholdersOf(template)) : undefined;
  const inHeaders = paramsInHeaders(headers);
  const isBodyless = method === "GET" || method === "DELETE";
  const faults = requestParams.flatMap((param, index) => {
    const { name, location, type = "STRING", required, defaultValue } = param;
    const found: Violation[] = [];
    const add = (field: string, reason: ViolationReason, description: string) =>
      found.push(violation(`${list}[${index}].${field}`, reason, description));
    if (!isParamName(name)) {
      add("name", "INVALID_FORMAT", 'Must be 1 to 128 characters without whitespace, `{`, `}`, `"` or `\\`.');
    }
    if (location === "BODY" && isBodyless) {
      add("location", "NOT_ALLOWED", "Must not be BODY: GET and DELETE requests have no body.");
    }
    if (location === "PATH" && placeholders && !placeholders.has(name)) {
      add("location", "NOT_FOUND", "Must have a matching `{param}` placeholder in the path of url.");
    }
    if (location === "PATH" && !required && defaultValue === undefined) {
      add("required", "REQUIRED", "Must be true for a PATH parameter without a default value.");
    }
    const fault =
      defaultValue === undefined ? undefined : paramFault({ type, location }, defaultValue, inHeaders.has(name));
    if (fault) add("default_value", fault.reason, fault.description);
    return found;
  });
  return [...faults, ...repeated(requestParams, list), ...bodyFaults(draft, list)];
}

function repeated(items: readonly { readonly name: string }[], list: string): Violation[] {
  const seen = new Set<string>();
  return items.flatMap(({ name }, index) => {
    const isRepeated = seen.has(name);
    seen.add(name);
    return isRepeated ? [{ field: `${list}[${index}].name`, ...repeatedName }] : [];
  });
}

const repeatedName: TextFault = { reason: "CONFLICT", description: "Must be unique in the list." };

const maxHeaderChars = 4_096;
/** Shorter secrets could not be masked reliably in responses. */
const minSecretChars = 8;

/** Headers that frame the message or name the host. The HTTP client sets them (RFC 9110, RFC 9112). */
const framing: ReadonlySet<string> = new Set([
  ...["host", "content-length", "transfer-encoding", "connection", "upgrade", "expect"],
  ...["te", "trailer", "keep-alive"],
]);

function headerNameFault(name: string): TextFault | undefined {
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]{1,100}$/.test(name)) {
    return { reason: "INVALID_FORMAT", description: "Must be a valid HTTP header name (RFC 9110)." };
  }
  if (framing.has(name) || name.startsWith("proxy-")) {
    return { reason: "NOT_ALLOWED", description: "Must not be a header that the HTTP client sets itself." };
  }
  return undefined;
}

function headerValueFault({ value }: HeaderDraft, params: ReadonlySet<string> | undefined): TextFault | undefined {
  if (value.length > maxHeaderChars) {
    return { reason: "TOO_LONG", description: `Must have at most ${maxHeaderChars} characters.` };
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

function secretFault({ value, secretValue, isSecret }: HeaderDraft): TextFault | undefined {
  if (secretValue === undefined) {
    return isSecret && value !== ""
      ? { reason: "CONFLICT", description: "Must be set instead of value, because is_secret is true." }
      : undefined;
  }
  if (value !== "") return { reason: "CONFLICT", description: "Must not be set together with value." };
  if (secretValue.length < minSecretChars || secretValue.length > maxHeaderChars) {
    const reason = secretValue.length < minSecretChars ? "TOO_SHORT" : "TOO_LONG";
    return { reason, description: `Must be from ${minSecretChars} to ${maxHeaderChars} characters long.` };
  }
  if (!isHeaderText(secretValue) || secretValue.trim() !== secretValue) {
    return {
      reason: "INVALID_FORMAT",
      description: "Must be a single line of printable ASCII without leading or trailing whitespace.",
    };
  }
  return undefined;
}
