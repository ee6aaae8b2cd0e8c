/** HTTP methods that an external API can be called with. */
export const httpMethods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
export type HttpMethod = (typeof httpMethods)[number];

/** What a param takes and an output gives: always as text, in the spelling of JSON. */
export const valueTypes = ["STRING", "NUMBER", "BOOLEAN"] as const;
export type ValueType = (typeof valueTypes)[number];

/** Where a request param is sent. */
export const paramLocations = ["QUERY", "BODY", "PATH"] as const;
export type ParamLocation = (typeof paramLocations)[number];

/** A header of every request. */
export interface HeaderParam {
  readonly name: string;
  /** May hold `{{param}}` for the value of a request param; empty for a secret, which is stored elsewhere. */
  readonly value: string;
  readonly isSecret: boolean;
}

/** A value that the caller gives for each request. */
export interface RequestParam {
  readonly name: string;
  readonly location: ParamLocation;
  readonly type: ValueType;
  /** Must be given, unless there is a default. */
  readonly required: boolean;
  readonly defaultValue?: string;
  readonly description: string;
}

/** A value that is taken out of the JSON answer. */
export interface OutputParam {
  readonly name: string;
  /** JSONPath of RFC 9535; the first node that it finds counts. */
  readonly path: string;
  readonly type: ValueType;
  /** For an answer that does not have it. */
  readonly defaultValue?: string;
}

/** How a system of somebody else is asked for data. */
export interface ExternalApiContent {
  readonly name: string;
  readonly description: string;
  readonly method: HttpMethod;
  /** Absolute; its path may hold `{param}`. */
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

/** Most of each in one configuration. */
export const maxHeaders = 20;
export const maxRequestParams = 50;
export const maxOutputParams = 50;

export const defaultTimeoutMs = 3_000;
export const minTimeoutMs = 100;
export const maxTimeoutMs = 10_000;
/** A header as a caller writes it. */

export interface HeaderDraft {
  readonly name: string;
  readonly value: string;
  /** Absent = none is given. */
  readonly secretValue?: string | undefined;
  /** Without `secretValue`: the stored secret of this name stays. */
  readonly isSecret: boolean;
}
/** What a caller writes. Without faults. */

export interface ExternalApiInput extends Omit<ExternalApiContent, "headers"> {
  readonly headers: readonly HeaderDraft[];
}
export interface NewExternalApi extends ExternalApiInput {
  readonly companyId: string;
  /** The id to keep for a pet migrated from another system. Absent: the server generates one. */
  readonly id?: string | undefined;
}
/** Absent fields are unchanged. */

export interface ExternalApiUpdate extends ExternalApiTarget {
  readonly etag?: string | undefined;
  readonly content: Partial<ExternalApiInput>;
}
