import { create, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { DomainError, type Reason, type Violation } from "../../src/core/errors.js";
import { Code } from "../../src/gen/proto/google/rpc/code_pb.js";
import { StatusSchema } from "../../src/gen/proto/google/rpc/status_pb.js";
import { ErrorReason } from "../../src/gen/proto/moego/error/v1/error_reason_pb.js";
import { httpStatusOf, reasonCodes } from "../../src/server/pipeline/error-table.js";
import { toStatusError } from "../../src/server/pipeline/status.js";

const violation = (index: number, length = 10): Violation => ({
  field: `field_${index}_${"x".repeat(length)}`,
  reason: "INVALID_FORMAT",
  description: "Must be something else.",
});
const statusOf = (reason: Reason, details: DomainError["details"], message = "No.") =>
  toStatusError(new DomainError(reason, message, details), "req_1");
const bytesOf = (status: ReturnType<typeof statusOf>) =>
  toBinary(StatusSchema, create(StatusSchema, { details: status.toStatus().details })).length;
/** What the details and the message take in the headers of gRPC. */
const headerBytesOf = (status: ReturnType<typeof statusOf>) =>
  Buffer.from(toBinary(StatusSchema, status.toStatus())).toString("base64").length + encodeURI(status.message).length;
const partOf = (status: ReturnType<typeof statusOf>, type: string) => {
  const found = status.details.find(({ schema }) => schema.typeName === `google.rpc.${type}`);
  return JSON.parse(
    JSON.stringify(found?.message ?? {}, (_key, value) => (typeof value === "bigint" ? String(value) : value)),
  );
};

describe("the details of an error", () => {
  it("are one ErrorInfo with reason, domain, metadata and request id", () => {
    const status = statusOf("LEAD_PROMOTED", { metadata: { id: "lcus_1", customerId: "cus_1" } });
    expect(partOf(status, "ErrorInfo")).toMatchObject({
      reason: "LEAD_PROMOTED",
      domain: "moego.api",
      metadata: { id: "lcus_1", customerId: "cus_1", requestId: "req_1" },
    });
    expect(status.details).toHaveLength(1);
  });

  it("tell quota and delay", () => {
    const quota = statusOf("CUSTOMER_QUOTA_EXCEEDED", { quota: { subject: "cmp_001", description: "At most 50." } });
    const delay = statusOf("CONCURRENT_WRITE", { retryDelayMs: 2_500 });
    expect(partOf(quota, "QuotaFailure").violations).toMatchObject([
      { subject: "cmp_001", description: "At most 50." },
    ]);
    expect(partOf(delay, "RetryInfo").retryDelay).toMatchObject({ seconds: "2", nanos: 500_000_000 });
  });

  it("never invite to repeat what may have happened", () => {
    for (const reason of ["OUTCOME_UNKNOWN", "DEADLINE_EXCEEDED", "INTERNAL"] as const) {
      expect(partOf(statusOf(reason, {}), "RetryInfo")).toEqual({});
    }
  });

  it("list the first 50 violations and count them all", () => {
    const status = statusOf("INVALID_REQUEST", {
      violations: Array.from({ length: 80 }, (_, index) => violation(index, 1)),
    });
    expect(partOf(status, "BadRequest").fieldViolations).toHaveLength(50);
    expect(partOf(status, "ErrorInfo").metadata.violationCount).toBe("80");
    expect(status.message).toBe("No. The first 50 of them are listed.");
  });

  it.each([
    ["of the usual length", "preference.custom_fields", "Must be one of the options of the field.", 40],
    ["with descriptions of 500 characters", "emails", "d".repeat(500), 30],
  ])("list 50 violations %s within 4 KiB, with what fits of the descriptions", (_what, name, description, kept) => {
    const violations = Array.from({ length: 50 }, (_, index): Violation => {
      return { field: `${name}[${index}]`, reason: "NOT_FOUND", description };
    });
    const status = statusOf("INVALID_REQUEST", { violations });
    const listed: readonly Violation[] = partOf(status, "BadRequest").fieldViolations;
    expect(listed.map(({ field, reason }) => ({ field, reason }))).toEqual(
      violations.map(({ field, reason }) => ({ field, reason })),
    );
    const lengths = new Set(listed.map(({ description: text }) => text.length));
    expect([...lengths][0]).toBeGreaterThanOrEqual(Math.min(kept, 24));
    expect(lengths.size).toBe(1);
    expect(bytesOf(status)).toBeLessThanOrEqual(4_096);
    expect(status.message).toBe("No.");
  });

  it("say how many of the violations are listed when not even their fields fit", () => {
    const status = statusOf("INVALID_REQUEST", {
      violations: Array.from({ length: 50 }, (_, index) => violation(index, 200)),
    });
    const listed = partOf(status, "BadRequest").fieldViolations.length;
    // 255 bytes each, beside 200 of the rest.
    expect(listed).toBeGreaterThanOrEqual(15);
    expect(status.message).toBe(`No. The first ${listed} of them are listed.`);
    expect(partOf(status, "ErrorInfo").metadata.violationCount).toBe("50");
  });

  it.each([
    ["many long violations", { violations: Array.from({ length: 500 }, (_, index) => violation(index, 500)) }],
    ["one endless violation", { violations: [violation(1, 100_000)] }],
    [
      "violations in a script of three bytes",
      { violations: Array.from({ length: 50 }, () => ({ ...violation(1), field: "漢".repeat(300) })) },
    ],
    ["endless metadata", { metadata: { ids: "id,".repeat(10_000), more: "é".repeat(10_000) } }],
    [
      "all of it",
      {
        violations: [violation(1, 9_000)],
        metadata: { a: "x".repeat(9_000) },
        quota: { subject: "s".repeat(9_000), description: "d".repeat(9_000) },
        retryDelayMs: 1,
      },
    ],
  ])("stay within 4 KiB with %s", (_what, details) => {
    const status = statusOf("INVALID_REQUEST", details, "\ud800é".repeat(10_000));
    expect(bytesOf(status)).toBeLessThanOrEqual(4_096);
    // HTTP/2 peers take 8 KiB by default, 32 more for each header.
    expect(headerBytesOf(status)).toBeLessThanOrEqual(7_400);
    expect(partOf(status, "ErrorInfo").metadata.requestId).toBe("req_1");
    expect(status.toStatus().message.length).toBeLessThan(600);
  });
});

describe("the table of codes", () => {
  it("knows every reason of the contract", () => {
    const codes: Readonly<Record<string, Code>> = reasonCodes;
    const reasons = Object.values(ErrorReason).filter((value) => typeof value === "string" && value !== "UNSPECIFIED");
    expect(reasons.length).toBeGreaterThan(30);
    for (const reason of reasons) expect(Code[codes[reason] ?? -1], String(reason)).toBeDefined();
    expect(Object.keys(codes)).toHaveLength(reasons.length);
  });

  it("follows Google's mapping but where HTTP has a status of its own", () => {
    expect(httpStatusOf("INVALID_REQUEST")).toBe(400);
    expect(httpStatusOf("KEY_MISSING")).toBe(401);
    expect(httpStatusOf("SCOPE_REQUIRED")).toBe(403);
    expect(httpStatusOf("ROUTE_NOT_FOUND")).toBe(404);
    expect(httpStatusOf("METHOD_NOT_ALLOWED")).toBe(405);
    expect(httpStatusOf("ALREADY_EXISTS")).toBe(409);
    expect(httpStatusOf("ETAG_MISMATCH")).toBe(409);
    expect(httpStatusOf("UNSUPPORTED_MEDIA_TYPE")).toBe(415);
    expect(httpStatusOf("MESSAGE_TOO_LARGE")).toBe(413);
    expect(httpStatusOf("CUSTOMER_QUOTA_EXCEEDED")).toBe(429);
    expect(httpStatusOf("CALL_CANCELLED")).toBe(499);
    expect(httpStatusOf("METHOD_NOT_IMPLEMENTED")).toBe(501);
    expect(httpStatusOf("OVERLOADED")).toBe(503);
    expect(httpStatusOf("STATEMENT_TIMEOUT")).toBe(504);
  });
});
