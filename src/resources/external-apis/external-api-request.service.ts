import type { Violation } from "../../core/errors.js";
import type { OutboundRequest } from "../../core/outbound-call.js";
import { renderTemplate } from "../../core/text.js";
import type { ExternalApi, RequestParam } from "./external-api.model.js";
import type { HeaderSecrets } from "./external-api-store.model.js";
import { readUrlTemplate, renderUrl } from "./external-api-url.service.js";
import { paramFault, paramsInHeaders } from "./external-api-values.service.js";

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
  return [...unknown, ...faults];
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
  const named = new Map(Object.entries(params));
  const values = new Map(
    requestParams.flatMap(({ name, defaultValue }): (readonly [string, string])[] => {
      const value = named.get(name) ?? defaultValue;
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const given = (location: RequestParam["location"]) =>
    requestParams.flatMap((param) => {
      const value = param.location === location ? values.get(param.name) : undefined;
      return value === undefined ? [] : [{ ...param, value }];
    });
  const sent = headers.map(({ name, value, isSecret }): readonly [string, string] => [
    name,
    isSecret ? (secrets.get(name.toLowerCase()) ?? "") : renderTemplate(value, values),
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
