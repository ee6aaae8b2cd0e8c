import type { Violation } from "../../core/errors.js";
import type { OutboundRequest } from "../../core/outbound-call.js";
import { renderTemplate, variablesOf } from "../../core/template.js";
import { jsonBody, readBodyPath } from "./body-path.service.js";
import { isForm } from "./content-type.service.js";
import type { ExternalApi, HeaderSecrets, RequestParam } from "./external-api.model.js";
import { paramFault, paramsInHeaders, readUrlTemplate, renderUrl } from "./external-api-values.service.js";

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
 * parameters become one JSON document, or a form.
 */
export function buildRequest(
  { companyId, id, version, method, url, headers, requestParams, timeoutMs }: ExternalApi,
  params: Params,
  secrets: HeaderSecrets,
): OutboundRequest {
  const values = valuesOf(requestParams, params);
  const query = requestParams.flatMap(({ name, location }) => {
    const value = location === "QUERY" ? values.get(name) : undefined;
    return value === undefined ? [] : [{ name, value }];
  });
  const sent = headers.map(({ name, value, isSecret }): readonly [string, string] => [
    name,
    isSecret ? (secrets.get(name.toLowerCase()) ?? "") : (renderTemplate(value, values, maxSentHeaderChars) ?? ""),
  ]);
  const inBody = requestParams.filter(({ location }) => location === "BODY");
  const hasBody = inBody.length > 0;
  const body = inBody.map((param) => ({ ...param, value: values.get(param.name) }));
  return {
    ...{ companyId, externalApiId: id, version: String(version), method, timeoutMs },
    url: withQuery(filled(url, values), query),
    headers: hasBody && !hasHeader(sent, "content-type") ? [...sent, ["content-type", "application/json"]] : sent,
    ...(hasBody ? { body: encodeBody(body, isForm(sent)) } : {}),
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

/**
 * A form has each name as it is. Numbers and booleans are already in JSON notation, so long numbers keep all digits.
 */
function encodeBody(params: readonly (RequestParam & { readonly value: string | undefined })[], form: boolean): string {
  if (form) {
    const sent = params.flatMap(({ name, value }): [string, string][] => (value === undefined ? [] : [[name, value]]));
    return new URLSearchParams(sent).toString();
  }
  return jsonBody(
    params.map(({ name, nested, type, value }) => ({
      path: (nested ? readBodyPath(name) : undefined) ?? [name],
      value: value === undefined || type !== "STRING" ? value : JSON.stringify(value),
    })),
  );
}
