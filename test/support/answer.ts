import type { Message } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { Code } from "../../src/gen/proto/google/rpc/code_pb.js";
import type { BadRequest, ErrorInfo, RetryInfo } from "../../src/gen/proto/google/rpc/error_details_pb.js";
import type { Status } from "../../src/gen/proto/google/rpc/status_pb.js";
import { detailTypes } from "../../src/server/transport/http-message.js";

/** Response headers, and trailers where a transport has them, by lower-case name. */
export type Headers = Readonly<Record<string, string>>;

export interface Success<M> {
  readonly ok: true;
  readonly message: M;
  readonly headers: Headers;
}

/** A call that was refused, in one shape for all transports. */
export interface Refusal {
  readonly ok: false;
  /** Name of the canonical code: `NOT_FOUND`. */
  readonly code: string;
  readonly text: string;
  readonly reason: string;
  readonly domain: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly Violation[];
  /** When the call may be sent again unchanged, by RetryInfo. */
  readonly retryDelayMs: number | undefined;
  /** Type names of all details. */
  readonly detailTypes: readonly string[];
  readonly headers: Headers;
  /** The error as it came over the wire, a character a byte. */
  readonly wire: string;
}

export interface Violation {
  readonly field: string;
  readonly reason: string;
}

export type Answer<M> = Success<M> | Refusal;

/** The shape of an error that came as `google.rpc.Status`. */
export function refusalOf(status: Status, headers: Headers, wire: string): Refusal {
  return toRefusal({
    code: status.code,
    text: status.message,
    details: status.details.flatMap((any) => anyUnpack(any, detailTypes) ?? []),
    headers,
    wire,
  });
}

export interface ErrorParts {
  readonly code: number;
  readonly text: string;
  readonly details: readonly Message[];
  readonly headers: Headers;
  readonly wire: string;
}

export function toRefusal({ code, text, details, headers, wire }: ErrorParts): Refusal {
  const info = details.find(isErrorInfo);
  const badRequest = details.find(isBadRequest);
  const delay = details.find(isRetryInfo)?.retryDelay;
  return {
    ok: false,
    code: Code[code] ?? String(code),
    text,
    reason: info?.reason ?? "",
    domain: info?.domain ?? "",
    metadata: info?.metadata ?? {},
    violations: (badRequest?.fieldViolations ?? []).map(({ field, reason }) => ({ field, reason })),
    retryDelayMs: delay && Number(delay.seconds) * 1_000 + delay.nanos / 1_000_000,
    detailTypes: details.map((detail) => detail.$typeName),
    headers,
    wire,
  };
}

/** The fields that an error complains about, sorted. */
export function fieldsOf(refusal: Refusal): string[] {
  return refusal.violations.map(({ field }) => field).toSorted();
}

function isErrorInfo(message: Message): message is ErrorInfo {
  return message.$typeName === "google.rpc.ErrorInfo";
}

function isBadRequest(message: Message): message is BadRequest {
  return message.$typeName === "google.rpc.BadRequest";
}

function isRetryInfo(message: Message): message is RetryInfo {
  return message.$typeName === "google.rpc.RetryInfo";
}
