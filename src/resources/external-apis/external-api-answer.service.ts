import { setImmediate } from "node:timers/promises";
import { isLongInteger, type JsonValue, readJson } from "../../core/json-document.js";
import { allMatches, firstMatch, isMultiNodePath } from "../../core/json-path.js";
import type { OutboundFailureResult, OutboundResponse } from "../../core/outbound-call.js";
import type { FailedOutput, Invocation, OutputParam, ValueType } from "./external-api.model.js";
import { maskJson, type SecretMask } from "./secret-mask.service.js";

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
  const defaults = body.trim() === "" ? defaultsOf(outputParams) : undefined;
  if (defaults) return { branch: "SUCCESS", status, ...nothing, outputs: defaults };
  const document = readJson(body);
  if (document === undefined) return { branch: "FAILURE", reason: "ANSWER_NOT_JSON", status, ...nothing };
  const { outputs, failedOutputs } = await mapOutputs(maskJson(document, mask), outputParams);
  const [failed] = failedOutputs;
  return { ...end(failed), status, outputs, failedOutputs, durationMs };
}

/** The outputs of a response without a body. Undefined if an output has no default value. */
function defaultsOf(outputParams: readonly OutputParam[]): Readonly<Record<string, string>> | undefined {
  const values = outputParams.flatMap(({ name, defaultValue }): (readonly [string, string])[] =>
    defaultValue === undefined ? [] : [[name, defaultValue]],
  );
  return values.length === outputParams.length ? Object.fromEntries(values) : undefined;
}

function end(failed: FailedOutput | undefined): Pick<Invocation, "branch" | "reason"> {
  return failed ? { branch: "FAILURE", reason: failed.reason } : { branch: "SUCCESS" };
}

/** Yields to other requests between two paths, because each may search the whole response. */
async function mapOutputs(document: JsonValue, params: readonly OutputParam[]) {
  const outputs: [name: string, value: string][] = [];
  const failedOutputs: FailedOutput[] = [];
  for (const { name, defaultValue, ...output } of params) {
    const found = select(document, output);
    const isMissing = found === "OUTPUT_MISSING";
    if (typeof found === "object") outputs.push([name, found.text]);
    else if (isMissing && defaultValue !== undefined) outputs.push([name, defaultValue]);
    else failedOutputs.push({ name, reason: found });
    await setImmediate();
  }
  return { outputs: Object.fromEntries(outputs), failedOutputs };
}

type Found = { readonly text: string } | FailedOutput["reason"];

function select(document: JsonValue, { path, type, selection }: Omit<OutputParam, "name">): Found {
  if (selection === "FIRST") {
    const value = firstMatch(document, path) ?? null;
    return value === null ? "OUTPUT_MISSING" : orWrongType(toText(type, value));
  }
  const values = valuesAt(document, path);
  if (values === undefined) return "OUTPUT_MISSING";
  if (selection === "COUNT") return { text: String(values.length) };
  const items = values.map((value) => toItem(type, value));
  return items.every((item) => item !== undefined) ? { text: `[${items.join(",")}]` } : "OUTPUT_TYPE";
}

function orWrongType(text: string | undefined): Found {
  return text === undefined ? "OUTPUT_TYPE" : { text };
}

/**
 * The values of a list or count, without nulls. A path to one place has the elements of the array there, or the one value.
 * Undefined if such a path finds nothing; a search that finds nothing is an empty list.
 */
function valuesAt(document: JsonValue, path: string): readonly JsonValue[] | undefined {
  const matches = allMatches(document, path);
  if (isMultiNodePath(path)) return matches.filter(isPresent);
  const value = matches[0] ?? null;
  if (value === null) return undefined;
  return Array.isArray(value) ? value.filter(isPresent) : [value];
}

function isPresent(value: JsonValue): boolean {
  return value !== null;
}

/** An element of a list in JSON notation. */
function toItem(type: ValueType, value: JsonValue): string | undefined {
  const text = toText(type, value);
  return text === undefined || type !== "STRING" ? text : JSON.stringify(text);
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
