import { create, type DescMessage, type Message, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { anyPack, type DurationSchema } from "@bufbuild/protobuf/wkt";
import { type DomainError, maxViolations, type Reason, type Violation } from "../../core/errors.js";
import type { Code } from "../../gen/proto/google/rpc/code_pb.js";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  QuotaFailureSchema,
  RetryInfoSchema,
} from "../../gen/proto/google/rpc/error_details_pb.js";
import { type Status, StatusSchema } from "../../gen/proto/google/rpc/status_pb.js";
import { codeOf, httpStatusOf, retryDelayMsOf } from "./error-table.js";

const errorDomain = "moego.api";

/** All details together, encoded. HTTP/2 peers reject header blocks above 8 to 16 KiB, and base64 adds a third. */
const maxDetailsBytes = 4096;
/** Encoding adds the type URL and two lengths to each detail. */
const detailOverheadBytes = 64;
const maxMetadataChars = 2_000;
const maxSentenceChars = 512;
const maxFieldChars = 256;

/** A detail message with its schema, since each transport encodes it differently. */
interface StatusDetail {
  readonly schema: DescMessage;
  readonly message: Message;
}

/** An error response, independent of the transport. */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly reason: Reason;
  readonly code: Code;
  readonly httpStatus: number;
  readonly retryDelayMs: number | undefined;

  constructor(
    error: DomainError,
    readonly requestId: string,
    readonly details: readonly StatusDetail[],
  ) {
    super(cut(error.message, maxSentenceChars), { cause: error });
    this.reason = error.reason;
    this.code = codeOf(error.reason);
    this.httpStatus = httpStatusOf(error.reason);
    this.retryDelayMs = error.details.retryDelayMs ?? retryDelayMsOf(error.reason);
  }

  /** `Retry-After` of an HTTP response, in seconds; undefined if the status has none. */
  get retryAfter(): string | undefined {
    const hasHeader = this.httpStatus === 429 || this.httpStatus === 503;
    return hasHeader && this.retryDelayMs ? String(Math.ceil(this.retryDelayMs / 1_000)) : undefined;
  }

  toStatus(): Status {
    return create(StatusSchema, {
      code: this.code,
      message: this.message,
      details: this.details.map(({ schema, message }) => anyPack(schema, message)),
    });
  }
}

/** Converts the error: code, message and `google.rpc` details, at most 4 KiB of them. */
export function toStatusError(error: DomainError, requestId: string): StatusError {
  const { violations = [], violationCount = violations.length, quota } = error.details;
  const retryDelayMs = error.details.retryDelayMs ?? retryDelayMsOf(error.reason);
  const metadata = {
    ...shortened(error.details.metadata ?? {}),
    ...(violations.length > 0 ? { violationCount: String(violationCount) } : {}),
    requestId,
  };
  const details = [detail(ErrorInfoSchema, { reason: error.reason, domain: errorDomain, metadata })];
  if (quota) {
    details.push(
      detail(QuotaFailureSchema, {
        violations: [
          { subject: cut(quota.subject, maxFieldChars), description: cut(quota.description, maxSentenceChars) },
        ],
      }),
    );
  }
  if (retryDelayMs !== undefined) details.push(detail(RetryInfoSchema, { retryDelay: durationOf(retryDelayMs) }));
  if (violations.length > 0) details.push(badRequest(violations, maxDetailsBytes - sizeOf(details)));
  return new StatusError(error, requestId, details);
}

function detail<Schema extends DescMessage>(schema: Schema, init: MessageInitShape<Schema>): StatusDetail {
  return { schema, message: create(schema, init) };
}

/** As many violations as fit, in order. The metadata has the total count. */
function badRequest(violations: readonly Violation[], budgetBytes: number): StatusDetail {
  const whole = badRequestOf(violations.slice(0, maxViolations));
  if (sizeOf([whole]) <= budgetBytes) return whole;
  const fitting: Violation[] = [];
  let leftBytes = budgetBytes - detailOverheadBytes;
  for (const violation of violations.slice(0, maxViolations)) {
    leftBytes -= sizeOf([badRequestOf([violation])]);
    if (leftBytes < 0) break;
    fitting.push(violation);
  }
  return badRequestOf(fitting);
}

function badRequestOf(violations: readonly Violation[]): StatusDetail {
  return detail(BadRequestSchema, {
    fieldViolations: violations.map(({ field, reason, description }) => ({
      field: cut(field, maxFieldChars),
      reason,
      description: cut(description, maxSentenceChars),
    })),
  });
}

function sizeOf(details: readonly StatusDetail[]): number {
  return details.reduce((sum, { schema, message }) => sum + toBinary(schema, message).length + detailOverheadBytes, 0);
}

/** Metadata shortened to its share of the budget. Truncated values end in "...". */
function shortened(metadata: Readonly<Record<string, string>>): Record<string, string> {
  let leftChars = maxMetadataChars;
  const kept: Record<string, string> = {};
  for (const [key, value] of Object.entries(metadata)) {
    kept[key] = cut(value, leftChars);
    leftChars = Math.max(0, leftChars - key.length - value.length);
  }
  return kept;
}

/** Counts bytes, not characters: a UTF-16 unit takes up to three bytes. */
function cut(text: string, maxLength: number): string {
  if (Buffer.byteLength(text) <= maxLength) return text;
  const bytes = Buffer.from(text).subarray(0, Math.max(0, maxLength - 3));
  // A truncated character decodes to U+FFFD at the end.
  return `${bytes.toString().replace(/\uFFFD+$/u, "")}...`;
}

function durationOf(milliseconds: number): MessageInitShape<typeof DurationSchema> {
  return { seconds: BigInt(Math.floor(milliseconds / 1_000)), nanos: (milliseconds % 1_000) * 1_000_000 };
}
