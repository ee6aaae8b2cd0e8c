import type { DescEnum, JsonObject } from "@bufbuild/protobuf";
import {
  BadRequest_FieldViolationSchema,
  BadRequestSchema,
  ErrorInfoSchema,
  QuotaFailureSchema,
  RetryInfoSchema,
} from "../gen/proto/google/rpc/error_details_pb.js";
import { StatusSchema } from "../gen/proto/google/rpc/status_pb.js";
import { ErrorReasonSchema } from "../gen/proto/moego/error/v1/error_reason_pb.js";
import { ViolationReasonSchema } from "../gen/proto/moego/error/v1/violation_reason_pb.js";
import type { Contract } from "./contract.js";
import { enumSchema, type SpecialSchemas } from "./schemas.js";

const stringSchema: JsonObject = { type: "string" };

/**
 * The error model of REST. Written by hand, because `Any` in a Status and texts that name a reason are any message and any
 * text by their descriptors.
 */
export function errorSchemas({ registry, commentOf }: Contract): SpecialSchemas {
  function reasons({ typeName }: DescEnum): JsonObject {
    const type = registry.getEnum(typeName);
    if (!type) throw new Error(`The contract has no ${typeName}.`);
    // The first value is never used. Errors have the names without their common prefix.
    const values = type.values.slice(1).map((value) => ({ name: value.localName, comment: commentOf(value) }));
    return enumSchema(type.name, commentOf(type), values);
  }

  return {
    [StatusSchema.typeName]: ({ messageRef }) => {
      const details = [ErrorInfoSchema, BadRequestSchema, QuotaFailureSchema, RetryInfoSchema].map((schema) =>
        messageRef(schema, "output"),
      );
      return {
        ...{ type: "object", title: "Status" },
        description:
          "An error. Its reason is in `details`, in the member `reason` of ErrorInfo, which is always present.",
        properties: {
          code: {
            type: "integer",
            format: "int32",
            description: "The number of the code, a value of `google.rpc.Code`.",
          },
          message: { ...stringSchema, description: "The error in English, for people. It may change." },
          details: { type: "array", items: { oneOf: details }, description: "All that is known of the error." },
        },
        required: ["code", "message", "details"],
      };
    },
    [ErrorInfoSchema.typeName]: ({ enumRef }) =>
      detailSchema(ErrorInfoSchema, "Why the request failed.", {
        reason: enumRef(ErrorReasonSchema),
        domain: { ...stringSchema, description: "Always `moego.api`." },
        metadata: {
          ...{ type: "object", additionalProperties: stringSchema },
          description: "The variable parts of the error. `requestId` is always present.",
        },
      }),
    [BadRequestSchema.typeName]: ({ messageRef }) =>
      detailSchema(BadRequestSchema, "What is wrong with the request.", {
        fieldViolations: { type: "array", items: messageRef(BadRequest_FieldViolationSchema, "output") },
      }),
    [BadRequest_FieldViolationSchema.typeName]: ({ enumRef }) => ({
      ...{ type: "object", title: "FieldViolation", description: "A field that is not valid." },
      properties: {
        field: {
          ...stringSchema,
          description: "The path of the field, with names as in the contract: `phones[0].number`.",
        },
        description: { ...stringSchema, description: "What the value must be. For people; it may change." },
        reason: enumRef(ViolationReasonSchema),
      },
      required: ["field", "description", "reason"],
    }),
    [QuotaFailureSchema.typeName]: () =>
      detailSchema(QuotaFailureSchema, "The limit that was reached.", {
        violations: {
          type: "array",
          items: {
            type: "object",
            properties: { subject: stringSchema, description: stringSchema },
            required: ["subject", "description"],
          },
        },
      }),
    [RetryInfoSchema.typeName]: () =>
      detailSchema(RetryInfoSchema, "The same request can be sent again after this delay.", {
        retryDelay: { ...stringSchema, description: "Seconds, such as `0.100s`." },
      }),
    [ErrorReasonSchema.typeName]: () => reasons(ErrorReasonSchema),
    [ViolationReasonSchema.typeName]: () => reasons(ViolationReasonSchema),
  };
}

function detailSchema(
  { typeName, name }: { readonly typeName: string; readonly name: string },
  description: string,
  properties: JsonObject,
): JsonObject {
  const type = { type: "string", enum: [`type.googleapis.com/${typeName}`] };
  return {
    ...{ type: "object", title: name, description },
    properties: { "@type": type, ...properties },
    required: ["@type", ...Object.keys(properties)],
  };
}
