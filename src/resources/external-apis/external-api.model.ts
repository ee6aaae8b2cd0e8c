import { enumeration, type WordOf } from "../../core/enumeration.js";

/** HTTP methods of external APIs. */
export const httpMethods = enumeration("GET", "POST", "PUT", "PATCH", "DELETE");

export type HttpMethod = WordOf<typeof httpMethods>;

/** Types of parameters and outputs. Values are always strings, in JSON notation. */
export const valueTypes = enumeration("STRING", "NUMBER", "BOOLEAN");

export type ValueType = WordOf<typeof valueTypes>;

/** Where a request parameter is sent. */
export const paramLocations = enumeration("QUERY", "BODY", "PATH");

export type ParamLocation = WordOf<typeof paramLocations>;

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
}

/** A value extracted from the JSON response. */
export interface OutputParam {
  readonly name: string;
  /** JSONPath (RFC 9535). The first matching node is used. */
  readonly path: string;
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

export interface ExternalApi extends ExternalApiContent {
  readonly companyId: string;
  readonly id: string;
  readonly archived: boolean;
  readonly version: bigint;
  readonly createdBy: string;
  readonly createdTime: Date;
  readonly lastUpdatedBy: string;
  readonly lastUpdatedTime: Date;
}

export interface ExternalApiTarget {
  readonly companyId: string;
  readonly id: string;
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
export interface ExternalApiUpdate extends ExternalApiTarget {
  readonly etag?: string | undefined;
  readonly content: Partial<ExternalApiInput>;
}
