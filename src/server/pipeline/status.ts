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

/** All details together, as in `google.rpc.Status`. HTTP/2 peers reject header blocks above 8 KiB; base64 adds a third. */
const maxDetailsBytes = 4096;
/** Percent-encoded, as in the header `grpc-message`. */
const maxMessageBytes = 1024;
const maxMetadataChars = 2_000;
const maxSentenceChars = 512;
/** Lengths of descriptions, tried in this order until all violations fit. */
const descriptionChars = [maxSentenceChars, 256, 128, 96, 72, 60, 48, 36, 24, 0] as const;
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
    message = error.message,
  ) {
    super(cutMessage(message), { cause: error });
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
  if (violations.length === 0) return new StatusError(error, requestId, details);
  const listed = fitting(violations.slice(0, maxViolations), maxDetailsBytes - sizeOf(details));
  details.push(badRequestOf(listed));
  const isCut = listed.length < violationCount;
  const message = isCut ? `${error.message} The first ${listed.length} of them are listed.` : error.message;
  return new StatusError(error, requestId, details, message);
}

function detail<Schema extends DescMessage>(schema: Schema, init: MessageInitShape<Schema>): StatusDetail {
  return { schema, message: create(schema, init) };
}

/**
 * All violations, with descriptions as long as they may be for that, or else as many as fit without descriptions, in
 * order.
 */
function fitting(violations: readonly Violation[], budgetBytes: number): readonly Violation[] {
  let listed: readonly Violation[] = violations;
  for (const maxChars of descriptionChars) {
    listed = violations.map(({ field, reason, description }) => ({
      field: cut(field, maxFieldChars),
      reason,
      description: cut(description, maxChars),
    }));
    if (sizeOf([badRequestOf(listed)]) <= budgetBytes) return listed;
  }
  while (sizeOf([badRequestOf(listed)]) > budgetBytes) listed = listed.slice(0, -1);
  return listed;
}

function badRequestOf(violations: readonly Violation[]): StatusDetail {
  return detail(BadRequestSchema, { fieldViolations: [...violations] });
}

/** Encoded as in `google.rpc.Status`, with their type URLs. */
function sizeOf(details: readonly StatusDetail[]): number {
  const packed = details.map(({ schema, message }) => anyPack(schema, message));
  return toBinary(StatusSchema, create(StatusSchema, { details: packed })).length;
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

function cutMessage(message: string): string {
  // An unpaired surrogate, which cannot be percent-encoded, becomes U+FFFD.
  let text = cut(Buffer.from(message).toString(), maxSentenceChars);
  for (let max = maxSentenceChars / 2; encodeURI(text).length > maxMessageBytes; max /= 2) text = cut(message, max);
  return text;
}

/** Counts bytes, not characters: a UTF-16 unit takes up to three bytes. */
function cut(text: string, maxLength: number): string {
  if (Buffer.byteLength(text) <= maxLength) return text;
  if (maxLength < 3) return "";
  const bytes = Buffer.from(text).subarray(0, maxLength - 3);
  // A truncated character decodes to U+FFFD at the end.
  return `${bytes.toString().replace(/\uFFFD+$/u, "")}...`;
}

function durationOf(milliseconds: number): MessageInitShape<typeof DurationSchema> {
  return { seconds: BigInt(Math.floor(milliseconds / 1_000)), nanos: (milliseconds % 1_000) * 1_000_000 };
}
