import type { Violation } from "../../core/errors.js";
import { isMultiNodePath, jsonPathFault } from "../../core/json-path.js";
import {
  type ExternalApiInput,
  invocationKeys,
  maxTimeoutMs,
  minTimeoutMs,
  type OutputParam,
  type RequestParam,
} from "./external-api.model.js";
import { headerFaults } from "./external-api-header-check.service.js";
import {
  paramFault,
  paramsInHeaders,
  placeholdersOf,
  readUrlTemplate,
  valueFault,
} from "./external-api-values.service.js";

/** A configuration that a client sends. A field is undefined if it is unset or not a value of its enum. */
export interface ExternalApiDraft extends Unset<Pick<ExternalApiInput, "method" | "url" | "headers" | "timeoutMs">> {
  readonly requestParams?: readonly ParamDraft[] | undefined;
  readonly outputParams?: readonly OutputDraft[] | undefined;
}

type ParamDraft = Pick<RequestParam, "name" | "required"> & Unset<Pick<RequestParam, "location" | keyof ValueDraft>>;
type OutputDraft = Pick<OutputParam, "name" | "path"> & ValueDraft;
type ValueDraft = Unset<Pick<OutputParam, "type" | "defaultValue">>;
type Unset<T> = { readonly [K in keyof T]?: T[K] | undefined };

export interface FaultOptions {
  /** Path of a list within the request: `headers` for `headers[0]`. */
  readonly within: (list: "headers" | "request_params" | "output_params") => string;
  /** Violation text for a URL that is not allowed as a target. */
  readonly targetFault: (url: string) => string | undefined;
}

/** Returns all violations of a configuration that a client sends. Unset fields are not validated. */
export type ExternalApiFaults = (draft: ExternalApiDraft, within?: FaultOptions["within"]) => readonly Violation[];

const takenNames: ReadonlySet<string> = new Set(invocationKeys);

/** Maximum number of outputs whose path searches the whole response. */
const maxSearches = 10;

/** All violations of a configuration. Unset fields are not validated. Lists must not be too long. */
export function externalApiFaults(draft: ExternalApiDraft, { within, targetFault }: FaultOptions): Violation[] {
  const { headers = [], requestParams, outputParams = [], timeoutMs = minTimeoutMs } = draft;
  return [
    ...urlFaults(draft, targetFault),
    ...headerFaults(headers, requestParams && new Set(requestParams.map(({ name }) => name)), within("headers")),
    ...paramFaults(draft, within("request_params")),
    ...outputFaults(outputParams, within("output_params")),
    ...(timeoutMs < minTimeoutMs || timeoutMs > maxTimeoutMs
      ? [outOfRange("timeout_ms", `Must be from ${minTimeoutMs} to ${maxTimeoutMs} milliseconds.`)]
      : []),
  ];
}

function urlFaults({ url, requestParams }: ExternalApiDraft, targetFault: FaultOptions["targetFault"]): Violation[] {
  if (url === undefined || url === "") return [];
  const template = readUrlTemplate(url);
  if (typeof template === "string") return [malformed("url", template)];
  const forbidden = targetFault(template.origin + template.path.replaceAll(/[{}]/g, "") + template.query);
  if (forbidden !== undefined) return [{ field: "url", reason: "NOT_ALLOWED", description: forbidden }];
  const inPath = new Set(requestParams?.filter(({ location }) => location === "PATH").map(({ name }) => name));
  const names = requestParams ? placeholdersOf(template) : [];
  if (names.every((name) => inPath.has(name))) return [];
  return [
    {
      field: "url",
      reason: "NOT_FOUND",
      description: "Must not contain a `{param}` placeholder without a matching PATH parameter.",
    },
  ];
}

function paramFaults({ method, url, headers = [], requestParams = [] }: ExternalApiDraft, list: string): Violation[] {
  const template = url === undefined ? undefined : readUrlTemplate(url);
  const placeholders = typeof template === "object" ? new Set(placeholdersOf(template)) : undefined;
  const inHeaders = paramsInHeaders(headers);
  const isBodyless = method === "GET" || method === "DELETE";
  const faults = requestParams.flatMap((param, index) => {
    const { name, location, required, defaultValue } = param;
    const at = (field: string) => `${list}[${index}].${field}`;
    const found: Violation[] = [];
    if (!/^[^\s\p{Cc}{}"\\]{1,64}$/u.test(name) || name === "__proto__") {
      found.push(malformed(at("name"), 'Must be 1 to 64 characters without whitespace, `{`, `}`, `"` or `\\`.'));
    }
    if (location === "BODY" && isBodyless)
      found.push(notAllowed(at("location"), "Must not be BODY: GET and DELETE requests have no body."));
    if (location === "PATH" && placeholders && !placeholders.has(name)) {
      found.push({
        field: at("location"),
        reason: "NOT_FOUND",
        description: "Must have a matching `{param}` placeholder in the path of url.",
      });
    }
    if (location === "PATH" && !required && defaultValue === undefined) {
      found.push({
        field: at("required"),
        reason: "REQUIRED",
        description: "Must be true for a PATH parameter without a default value.",
      });
    }
    const fault =
      defaultValue === undefined
        ? undefined
        : paramFault({ type: param.type ?? "STRING", location }, defaultValue, inHeaders.has(name));
    return fault ? [...found, { field: at("default_value"), ...fault }] : found;
  });
  return [...faults, ...repeated(requestParams, list)];
}

function outputFaults(outputs: readonly OutputDraft[], list: string): Violation[] {
  let searches = 0;
  const faults = outputs.flatMap(({ name, path, type = "STRING", defaultValue }, index) => {
    const at = (field: string) => `${list}[${index}].${field}`;
    const found: Violation[] = [];
    if (!/^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(name)) {
      found.push(malformed(at("name"), "Must start with a letter, followed by up to 63 letters, digits, `_` or `-`."));
    }
    if (takenNames.has(name))
      found.push(notAllowed(at("name"), "Must not be `status` or `reason`; both are reserved."));
    const pathFault = jsonPathFault(path);
    if (pathFault !== undefined) found.push(malformed(at("path"), pathFault));
    else if (isMultiNodePath(path) && ++searches > maxSearches) {
      const description = `Must not use \`..\`, \`*\`, \`:\` or \`?\` in more than ${maxSearches} output paths.`;
      found.push({ field: at("path"), reason: "TOO_MANY", description });
    }
    const fault = defaultValue === undefined ? undefined : valueFault(type, defaultValue);
    return fault ? [...found, { field: at("default_value"), ...fault }] : found;
  });
  return [...faults, ...repeated(outputs, list)];
}

function repeated(items: readonly { readonly name: string }[], list: string): Violation[] {
  const seen = new Set<string>();
  return items.flatMap(({ name }, index) => {
    const isRepeated = seen.has(name);
    seen.add(name);
    return isRepeated ? [conflict(`${list}[${index}].name`)] : [];
  });
}

function conflict(field: string): Violation {
  return { field, reason: "CONFLICT", description: "Must be unique in the list." };
}

function malformed(field: string, description: string): Violation {
  return { field, reason: "INVALID_FORMAT", description };
}

function notAllowed(field: string, description: string): Violation {
  return { field, reason: "NOT_ALLOWED", description };
}

function outOfRange(field: string, description: string): Violation {
  return { field, reason: "OUT_OF_RANGE", description };
}
