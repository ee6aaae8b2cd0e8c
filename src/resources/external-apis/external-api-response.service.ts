import { setImmediate } from "node:timers/promises";
import { firstMatch, isLongInteger, type JsonValue, readJson } from "../../core/json-path.js";
import type { OutboundFailureResult, OutboundResponse } from "../../core/outbound-call.js";
import type { OutputParam, ValueType } from "./external-api.model.js";
import type { FailedOutput, Invocation } from "./external-api-call.service.js";

/** Converts the response or failure to the branch of the call and its outputs. */
export async function toInvocation(
  answer: OutboundResponse | OutboundFailureResult,
  outputParams: readonly OutputParam[],
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
  const { outputs, failedOutputs } = await mapOutputs(document, outputParams);
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
