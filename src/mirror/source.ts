import { setTimeout as sleep } from "node:timers/promises";
import type { JsonObject } from "@bufbuild/protobuf";
import { z } from "zod";
import { OperatorError } from "../core/operator-error.js";
import { createGate } from "./gate.js";

/** A system that speaks the published API, read with its API key. */
export interface Source {
  /**
   * Sends a request that only reads, and repeats it while the source is busy or unreachable.
   *
   * @throws SourceError
   */
  post(path: string, body: JsonObject): Promise<JsonObject>;
  get(path: string): Promise<JsonObject>;
}

/** A request that the source did not answer, however often it was repeated. Has no value of the request. */
export class SourceError extends OperatorError {
  override readonly name = "SourceError";
  /** HTTP status. 0 without an answer. */
  readonly status: number;

  constructor(message: string, status: number) {
    super(message, { exit: status === 401 || status === 403 ? "permission" : "unavailable" });
    this.status = status;
  }
}

export interface SourceOptions {
  readonly baseUrl: string;
  readonly key: string;
  readonly signal: AbortSignal;
  /** Requests at the same time. */
  readonly concurrency?: number;
  /** How often a request is sent before it fails. */
  readonly attempts?: number;
  /** The first delay of a repetition. It doubles each time. */
  readonly delayMs?: number;
  readonly timeoutMs?: number;
}

const longestDelayMs = 30_000;
/** What a source may ask for with `Retry-After`. */
const longestAskedMs = 120_000;

export function openSource(options: SourceOptions): Source {
  const { baseUrl, key, signal, concurrency = 4, attempts = 8, delayMs = 500, timeoutMs = 60_000 } = options;
  const gate = createGate(concurrency);
  const headers = {
    // The published form is the key alone in Base64, without a user.
    authorization: `Basic ${Buffer.from(key).toString("base64")}`,
    accept: "application/json",
    "content-type": "application/json",
  };

  async function attempt(method: string, path: string, body?: JsonObject): Promise<Attempt> {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const sent = { method, headers, redirect: "error", signal: limited } as const;
    try {
      const response = await fetch(new URL(path, baseUrl), body ? { ...sent, body: JSON.stringify(body) } : sent);
      const text = await response.text();
      if (response.ok) return { kind: "answer", json: objectOf(text) };
      const refusal = refusalOf(text);
      const isBusy = [408, 425, 429].includes(response.status) || response.status >= 500 || refusal === "INTERNAL";
      const message = `the source answered HTTP ${response.status}${refusal === "" ? "" : ` ${refusal}`}`;
      const error = new SourceError(message, response.status);
      return isBusy ? { kind: "busy", error, waitMs: askedMs(response.headers) } : { kind: "refused", error };
    } catch (error) {
      signal.throwIfAborted();
      const isLate = limited.aborted;
      const message = isLate
        ? `the source did not answer within ${timeoutMs} ms`
        : `the source is not reachable${causeOf(error)}`;
      return { kind: "busy", error: new SourceError(message, 0), waitMs: undefined };
    }
  }

  async function send(method: string, path: string, body?: JsonObject): Promise<JsonObject> {
    for (let count = 1; ; count += 1) {
      const result = await gate(() => attempt(method, path, body));
      if (result.kind === "answer") return result.json;
      if (result.kind === "refused" || count >= attempts)
        throw new SourceError(`${method} ${pathName(path)}: ${result.error.message}`, result.error.status);
      const grown = Math.min(longestDelayMs, delayMs * 2 ** (count - 1));
      // Full jitter, so that the lanes do not come back together.
      await sleep(result.waitMs ?? grown * (0.5 + Math.random() / 2), undefined, { signal });
    }
  }

  return { post: (path, body) => send("POST", path, body), get: (path) => send("GET", path) };
}

type Attempt =
  | { readonly kind: "answer"; readonly json: JsonObject }
  | { readonly kind: "busy"; readonly error: SourceError; readonly waitMs: number | undefined }
  | { readonly kind: "refused"; readonly error: SourceError };

const objectSchema = z.record(z.string(), z.json());

/** An answer without a body says nothing, which is an empty message. */
function objectOf(text: string): JsonObject {
  const parsed = objectSchema.safeParse(text === "" ? {} : parsedOrNot(text));
  if (!parsed.success) throw new SourceError("the source answered no JSON object", 200);
  return parsed.data;
}

function parsedOrNot(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Canonical codes whose numbers a `google.rpc.Status` has. */
const codes = new Map<number, string>([
  [3, "INVALID_ARGUMENT"],
  [5, "NOT_FOUND"],
  [7, "PERMISSION_DENIED"],
  [8, "RESOURCE_EXHAUSTED"],
  [12, "UNIMPLEMENTED"],
  [13, "INTERNAL"],
  [14, "UNAVAILABLE"],
  [16, "UNAUTHENTICATED"],
]);

/** The code of an error. Its message may have values of a request, so that it is not shown. */
function refusalOf(text: string): string {
  const parsed = z.looseObject({ code: z.union([z.number(), z.string()]) }).safeParse(parsedOrNot(text));
  if (!parsed.success) return "";
  const { code } = parsed.data;
  if (typeof code === "number") return codes.get(code) ?? "";
  return /^[a-z_]{1,40}$/i.test(code) ? code.toUpperCase() : "";
}

/** `Retry-After` in milliseconds: seconds, or a date. */
function askedMs(headers: Headers): number | undefined {
  const given = headers.get("retry-after");
  if (given === null) return undefined;
  const ms = /^\d+$/.test(given) ? Number(given) * 1_000 : Date.parse(given) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(longestAskedMs, Math.max(0, ms));
}

/** The code of a network error, such as ECONNREFUSED. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return /^[A-Z_]{1,60}$/.test(code) ? ` (${code})` : "";
}

/** A path without the ids in it. */
function pathName(path: string): string {
  return path.replace(/(companies|customers|pets|leads)\/[^/:]+/g, "$1/{id}");
}
