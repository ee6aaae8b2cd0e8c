import type { Audited, CompanyResource, CompanyResourceQuery } from "../../core/company-resource.js";
import { type Enumeration, enumeration, type WordOf } from "../../core/enumeration.js";
import type { OutboundFailure } from "../../core/outbound-call.js";
import type { WriteContext } from "../../core/write.js";

/** HTTP methods of external APIs. */
export const httpMethods = enumeration("GET", "POST", "PUT", "PATCH", "DELETE");

export type HttpMethod = WordOf<typeof httpMethods>;

/** Types of parameters and outputs. Values are always strings, in JSON notation. */
export const valueTypes = enumeration("STRING", "NUMBER", "BOOLEAN");

export type ValueType = WordOf<typeof valueTypes>;

/** Where a request parameter is sent. */
export const paramLocations = enumeration("QUERY", "BODY", "PATH");

export type ParamLocation = WordOf<typeof paramLocations>;

/** Which of the values at the path of an output it has: the first, all as a JSON array, or their number. */
export const outputSelections = enumeration("FIRST", "LIST", "COUNT");

export type OutputSelection = WordOf<typeof outputSelections>;

/** A header of every request. */
export interface HeaderParam {
  readonly name: string;
  /** Can contain `{{param}}` for the value of a request parameter. Empty for a secret, which is stored separately. */
  readonly value: string;
  readonly isSecret: boolean;
}

/** A value that each call passes. */
export interface RequestParam {
  readonly name: string;
  readonly location: ParamLocation;
  readonly type: ValueType;
  /** Required, unless there is a default value. */
  readonly required: boolean;
  readonly defaultValue?: string;
  readonly description: string;
  /** Whether the name of a BODY parameter is a path. Absent in configurations from before paths: they have plain names. */
  readonly nested?: boolean;
}

/** A value extracted from the JSON response. */
export interface OutputParam {
  readonly name: string;
  /** JSONPath (RFC 9535). */
  readonly path: string;
  readonly selection: OutputSelection;
  /** Of a LIST, the type of its elements. A COUNT is a number. */
  readonly type: ValueType;
  /** Used if the response does not contain the value. */
  readonly defaultValue?: string;
}

/** How to call a third-party API. */
export interface ExternalApiContent {
  readonly name: string;
  readonly description: string;
  readonly method: HttpMethod;
  /** Absolute. The path can contain `{param}`. */
  readonly url: string;
  readonly headers: readonly HeaderParam[];
  readonly requestParams: readonly RequestParam[];
  readonly outputParams: readonly OutputParam[];
  /** Includes connecting and reading the response. */
  readonly timeoutMs: number;
}

export interface ExternalApi extends CompanyResource, ExternalApiContent, Audited {
  readonly archived: boolean;
}

/** Maximum numbers per configuration. */
export const maxHeaders = 20;
export const maxRequestParams = 50;
export const maxOutputParams = 50;

export const defaultTimeoutMs = 3_000;
export const minTimeoutMs = 100;
export const maxTimeoutMs = 10_000;

/** A header that a client sends. */
export interface HeaderDraft {
  readonly name: string;
  readonly value: string;
  /** Absent means unset. */
  readonly secretValue?: string | undefined;
  /** If true without `secretValue`, the stored secret of this header is unchanged. */
  readonly isSecret: boolean;
}

/** A valid configuration that a client sends. */
export interface ExternalApiInput extends Omit<ExternalApiContent, "headers"> {
  readonly headers: readonly HeaderDraft[];
}

export interface NewExternalApi extends ExternalApiInput {
  readonly companyId: string;
  /** The id to keep for a record migrated from another system. Absent: the server generates one. */
  readonly id?: string | undefined;
}

/** Absent fields are unchanged. */
export interface ExternalApiUpdate extends CompanyResource {
  readonly etag?: string | undefined;
  readonly content: Partial<ExternalApiInput>;
}

/** Secret header values, by lower-case header name. */
export type HeaderSecrets = ReadonlyMap<string, string>;

/** A configuration to store. Secret headers that are not in `secrets` keep their stored secrets. */
export interface ExternalApiRecord {
  readonly content: ExternalApiContent;
  readonly secrets: HeaderSecrets;
}

/** Why a call of an external API did not end in SUCCESS. */
export type InvocationFailure =
  | OutboundFailure
  /** Including redirects and client errors. */
  | "STATUS_NOT_2XX"
  /** There are outputs, and the body is not JSON or is nested too deeply. An empty body: an output has no default. */
  | "ANSWER_NOT_JSON"
  /** The response does not contain an output without a default value. */
  | "OUTPUT_MISSING"
  /** The response contains a value of another type. */
  | "OUTPUT_TYPE";

export const invocationFailures = enumeration(
  "TARGET_FORBIDDEN",
  "NAME_NOT_RESOLVED",
  "CONNECTION_FAILED",
  "TLS_FAILED",
  "CONNECTION_LOST",
  "TIMEOUT",
  "ANSWER_TOO_LARGE",
  "ANSWER_MALFORMED",
  "BREAKER_OPEN",
  "TOO_MANY_CALLS",
  "STATUS_NOT_2XX",
  "ANSWER_NOT_JSON",
  "OUTPUT_MISSING",
  "OUTPUT_TYPE",
) satisfies Enumeration<InvocationFailure>;

/** TIMEOUT if there was no connection or no complete response in time, FAILURE for every other failure. */
export const invocationOutcomes = enumeration("SUCCESS", "FAILURE", "TIMEOUT");

/** Names under which a flow can read how a call ended. No output can have one of them. */
export const invocationKeys = ["status", "reason"] as const;

/** An output that the response did not provide, and why. */
export interface FailedOutput {
  readonly name: string;
  readonly reason: "OUTPUT_MISSING" | "OUTPUT_TYPE";
}

/** A call to make. */
export interface InvocationInput extends CompanyResource {
  /** By name, as strings. Parameters with a default value are optional. */
  readonly params: Readonly<Record<string, string>>;
  /** The call ends by then, on the clock of `performance.now()`. Absent: only the limit of the configuration. */
  readonly deadlineMs?: number;
  /** The `Idempotency-Key` sent to the third-party system is derived from it. Absent: none is sent. */
  readonly idempotencyKey?: string;
}

/** How a call ended. A failure of the third-party system is a result, not an error. */
export interface Invocation {
  readonly branch: WordOf<typeof invocationOutcomes>;
  /** Absent on SUCCESS. */
  readonly reason?: InvocationFailure;
  /** HTTP status. Absent if there was no response. */
  readonly status?: number;
  /** By name, as strings: the values found, and the default values of the others. Empty unless the status is 2xx. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly failedOutputs: readonly FailedOutput[];
  readonly durationMs: number;
}

/**
 * Each write is one transaction with its audit log entry and its idempotency claim. A replay returns the current state.
 * Secrets are stored encrypted, and only `findForCall` decrypts them.
 */
export interface ExternalApiRepository {
  find(target: CompanyResource, signal: AbortSignal): Promise<ExternalApi | undefined>;
  findForCall(
    target: CompanyResource,
    signal: AbortSignal,
  ): Promise<{ readonly api: ExternalApi; readonly secrets: HeaderSecrets } | undefined>;
  /** Newest first. Returns one row more than the page size if there is a next page. */
  list(query: CompanyResourceQuery, signal: AbortSignal): Promise<readonly ExternalApi[]>;
  /** Throws ALREADY_EXISTS if the id is already used. */
  create(target: CompanyResource, record: ExternalApiRecord, write: WriteContext): Promise<ExternalApi>;
  /** Stores the change that `decide` returns for the locked configuration. Undefined means no change. */
  change(
    target: CompanyResource,
    write: WriteContext,
    decide: (current: ExternalApi | undefined) => ExternalApiRecord | { readonly archived: boolean } | undefined,
  ): Promise<ExternalApi>;
}
