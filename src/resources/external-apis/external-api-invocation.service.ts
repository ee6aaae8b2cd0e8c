import { setImmediate } from "node:timers/promises";
import type { Violation } from "../../core/errors.js";
import { isLongInteger, type JsonValue, readJson } from "../../core/json-document.js";
import { firstMatch } from "../../core/json-path.js";
import type { OutboundFailureResult, OutboundRequest, OutboundResponse } from "../../core/outbound-call.js";
import { renderTemplate, variablesOf } from "../../core/template.js";
import type {
  ExternalApi,
  FailedOutput,
  HeaderSecrets,
  Invocation,
  OutputParam,
  RequestParam,
  ValueType,
} from "./external-api.model.js";
import { paramFault, paramsInHeaders, readUrlTemplate, renderUrl } from "./external-api-values.service.js";
import { maskJson, type SecretMask } from "./secret-mask.service.js";

type Params = Readonly<Record<string, string>>;

/** All violations of the parameters of a call, each at `params["name"]`. */
export function paramViolations({ headers, requestParams }: ExternalApi, params: Params): Violation[] {
  const inHeaders = paramsInHeaders(headers);
  const known = new Set(requestParams.map(({ name }) => name));
  const given = new Map(Object.entries(params));
  const unknown = Object.keys(params)
    .filter((name) => !known.has(name))
    .map((name): Violation => ({ field: at(name), reason: "UNKNOWN_FIELD", description: "Unknown parameter." }));
  const faults = requestParams.flatMap((param): Violation[] => {
    const value = given.get(param.name);
    if (value === undefined) {
      return param.required && param.defaultValue === undefined
        ? [{ field: at(param.name), reason: "REQUIRED", description: "Required." }]
        : [];
    }
    const fault = paramFault(param, value, inHeaders.has(param.name));
    return fault ? [{ field: at(param.name), ...fault }] : [];
  });
  if (unknown.length + faults.length > 0) return [...unknown, ...faults];
  const values = valuesOf(requestParams, params);
  // A placeholder can occur hundreds of times in a header.
  const tooLong = headers.filter(({ value }) => renderTemplate(value, values, maxSentHeaderChars) === undefined);
  const description = `Must leave the header with at most ${maxSentHeaderChars} characters.`;
  return tooLong.map(({ value }) => ({ field: at(variablesOf(value)[0] ?? ""), reason: "TOO_LONG", description }));
}

const maxSentHeaderChars = 8_192;

/** The given values and the defaults. */
function valuesOf(requestParams: readonly RequestParam[], params: Params): ReadonlyMap<string, string> {
  const named = new Map(Object.entries(params));
  return new Map(
    requestParams.flatMap(({ name, defaultValue }): (readonly [string, string])[] => {
      const value = named.get(name) ?? defaultValue;
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function at(name: string): string {
  return `params[${JSON.stringify(name)}]`;
}

/**
 * Builds the request from a configuration and valid parameters. QUERY parameters are appended to those of the URL; BODY
 * parameters become the members of one JSON object.
 */
export function buildRequest(
  { companyId, id, version, method, url, headers, requestParams, timeoutMs }: ExternalApi,
  params: Params,
  secrets: HeaderSecrets,
): OutboundRequest {
  const values = valuesOf(requestParams, params);
  const given = (location: RequestParam["location"]) =>
    requestParams.flatMap((param) => {
      const value = param.location === location ? values.get(param.name) : undefined;
      return value === undefined ? [] : [{ ...param, value }];
    });
  const sent = headers.map(({ name, value, isSecret }): readonly [string, string] => [
    name,
    isSecret ? (secrets.get(name.toLowerCase()) ?? "") : (renderTemplate(value, values, maxSentHeaderChars) ?? ""),
  ]);
  const body = given("BODY");
  const hasBody = requestParams.some(({ location }) => location === "BODY");
  return {
    ...{ companyId, externalApiId: id, version: String(version), method, timeoutMs },
    url: withQuery(filled(url, values), given("QUERY")),
    headers: hasBody && !hasHeader(sent, "content-type") ? [...sent, ["content-type", "application/json"]] : sent,
    ...(hasBody ? { body: `{${body.map(toMember).join(",")}}` } : {}),
  };
}

export function hasHeader(headers: readonly (readonly [name: string, value: string])[], name: string): boolean {
  return headers.some(([one]) => one.toLowerCase() === name);
}

function filled(url: string, values: ReadonlyMap<string, string>): string {
  const template = readUrlTemplate(url);
  if (typeof template === "string") throw new Error("stored URL failed validation");
  return renderUrl(template, values);
}

function withQuery(url: string, params: readonly { readonly name: string; readonly value: string }[]): string {
  if (params.length === 0) return url;
  const query = params.map(({ name, value }) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&");
  if (!url.includes("?")) return `${url}?${query}`;
  return url + (/[?&]$/.test(url) ? "" : "&") + query;
}

/** Numbers and booleans are already in JSON notation, so long numbers keep all digits. */
function toMember({ name, type, value }: RequestParam & { readonly value: string }): string {
  return `${JSON.stringify(name)}:${type === "STRING" ? JSON.stringify(value) : value}`;
}

/**
 * Converts the response or failure to the branch of the call and its outputs. Secrets are masked before the paths are
 * evaluated: by its result, a filter over a response that repeats a secret would reveal it.
 */
export async function toInvocation(
  answer: OutboundResponse | OutboundFailureResult,
  outputParams: readonly OutputParam[],
  mask: SecretMask,
): Promise<Invocation> {
  const nothing = { outputs: {}, failedOutputs: [], durationMs: answer.durationMs };
  if (answer.kind === "failed") {
    const { failure } = answer;
    return { branch: failure === "TIMEOUT" ? "TIMEOUT" : "FAILURE", reason: failure, ...nothing };
  }
  const { status, body, durationMs } = answer;
  if (status < 200 || status > 299) return { branch: "FAILURE", reason: "STATUS_NOT_2XX", status, ...nothing };
  if (outputParams.length === 0) return { branch: "SUCCESS", status, ...nothing };
  const document = readJson(body);
  if (document === undefined) return { branch: "FAILURE", reason: "ANSWER_NOT_JSON", status, ...nothing };
  const { outputs, failedOutputs } = await mapOutputs(maskJson(document, mask), outputParams);
  const [failed] = failedOutputs;
  return { ...end(failed), status, outputs, failedOutputs, durationMs };
}

function end(failed: FailedOutput | undefined): Pick<Invocation, "branch" | "reason"> {
  return failed ? { branch: "FAILURE", reason: failed.reason } : { branch: "SUCCESS" };
}

/** Yields to other requests between two paths, because each may search the whole response. */
async function mapOutputs(document: JsonValue, params: readonly OutputParam[]) {
  const outputs: [name: string, value: string][] = [];
  const failedOutputs: FailedOutput[] = [];
  for (const { name, path, type, defaultValue } of params) {
    const found = firstMatch(document, path) ?? null;
    const value = found === null ? defaultValue : toText(type, found);
    if (value !== undefined) outputs.push([name, value]);
    else failedOutputs.push({ name, reason: found === null ? "OUTPUT_MISSING" : "OUTPUT_TYPE" });
    await setImmediate();
  }
  return { outputs: Object.fromEntries(outputs), failedOutputs };
}

/**
 * A value as text. Undefined if it does not have the type. A STRING accepts any single value, because IVRs only have
 * strings.
 */
function toText(type: ValueType, value: JsonValue): string | undefined {
  if (typeof value === "object") return undefined;
  switch (type) {
    case "STRING":
      return typeof value === "string" ? value.replaceAll(/\p{Cs}/gu, "\ufffd") : String(value);
    case "NUMBER":
      if (typeof value === "string" && isLongInteger(value)) return value;
      return typeof value === "number" ? String(value) : undefined;
    case "BOOLEAN":
      return typeof value === "boolean" ? String(value) : undefined;
    default:
      return type satisfies never;
  }
}
