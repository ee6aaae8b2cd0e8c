import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import {
  type CustomField_Value,
  CustomField_ValueSchema,
} from "../../src/gen/proto/moego/business/setting/v1/custom_field_pb.js";
import type { FieldTypeName } from "./fixture-fields.js";

/** Values that each type takes, with the JSON they are read as where it differs from what was sent. */
export const acceptedValues: readonly (readonly [FieldTypeName, JsonObject, JsonObject?])[] = [
  ["SHORT_TEXT", { string: " Cafe\u0301 " }, { string: "Caf\u00e9" }],
  ["SHORT_TEXT", { string: "x".repeat(255) }],
  ["LONG_TEXT", { string: "a\nb\tc" }],
  ["LONG_TEXT", { string: "x".repeat(10_000) }],
  ["NUMBER", { int64: "9223372036854775807" }],
  ["NUMBER", { int64: "0" }],
  ["DATE", { timestampTime: "1984-05-17T00:00:00Z" }],
  ["BOOLEAN", { bool: false }],
  ["SELECT", { string: "green" }],
  ["MULTI_SELECT", { stringList: { values: ["blue", "red"] } }],
  ["MULTI_SELECT", { stringList: { values: [] } }],
  [
    "RELATION",
    { relation: { entity: "CUSTOMER", refId: "cus_a2" } },
    { relation: { entity: "CUSTOMER", refId: "cus_a2", id: "0" } },
  ],
  ["MONEY", { money: { currencyCode: "USD", units: "-12", nanos: -500_000_000 } }],
  ["TIME", { timeOfDay: { hours: 23, minutes: 59, seconds: 59, nanos: 0 } }],
  ["DATETIME", { timestampTime: "2024-02-15T10:00:00.250Z" }],
];

/** Values that each type refuses, and why. */
export const refusedValues: readonly (readonly [FieldTypeName, JsonObject, string])[] = [
  ["SHORT_TEXT", { int64: "1" }, "WRONG_TYPE"],
  ["SHORT_TEXT", { string: "a\nb" }, "INVALID_FORMAT"],
  ["SHORT_TEXT", { string: "x".repeat(256) }, "TOO_LONG"],
  ["SHORT_TEXT", { string: " " }, "REQUIRED"],
  ["LONG_TEXT", { string: "x".repeat(10_001) }, "TOO_LONG"],
  ["LONG_TEXT", { string: "\u0007" }, "INVALID_FORMAT"],
  ["NUMBER", { string: "1" }, "WRONG_TYPE"],
  ["NUMBER", { doubleValue: 1 }, "WRONG_TYPE"],
  ["DATE", { string: "1984-05-17" }, "WRONG_TYPE"],
  ["BOOLEAN", { string: "true" }, "WRONG_TYPE"],
  ["SELECT", { string: "yellow" }, "NOT_ALLOWED"],
  ["SELECT", { string: "Green" }, "NOT_ALLOWED"],
  ["SELECT", { stringList: { values: ["green"] } }, "WRONG_TYPE"],
  ["MULTI_SELECT", { stringList: { values: ["red", "yellow"] } }, "NOT_ALLOWED"],
  ["MULTI_SELECT", { stringList: { values: ["red", "red"] } }, "DUPLICATE_FIELD"],
  ["MULTI_SELECT", { string: "red" }, "WRONG_TYPE"],
  ["RELATION", { relation: { entity: "CUSTOMER", refId: "cus_c1" } }, "NOT_FOUND"],
  ["RELATION", { relation: { entity: "CUSTOMER", id: "999999999" } }, "NOT_FOUND"],
  ["RELATION", { relation: { entity: "LEAD", refId: "cus_a2" } }, "NOT_FOUND"],
  ["RELATION", { relation: { refId: "cus_a2" } }, "REQUIRED"],
  ["RELATION", { relation: { entity: "CUSTOMER" } }, "REQUIRED"],
  ["MONEY", { money: { currencyCode: "usd", units: "1" } }, "INVALID_FORMAT"],
  ["MONEY", { money: { currencyCode: "USD", units: "1", nanos: -1 } }, "CONFLICT"],
  ["MONEY", { money: { currencyCode: "USD", nanos: 1_000_000_000 } }, "OUT_OF_RANGE"],
  ["TIME", { timeOfDay: { hours: 24 } }, "OUT_OF_RANGE"],
  ["TIME", { timeOfDay: { minutes: 60 } }, "OUT_OF_RANGE"],
  ["TIME", { timeOfDay: { seconds: -1 } }, "OUT_OF_RANGE"],
  ["DATETIME", { int64: "1" }, "WRONG_TYPE"],
  ["GROUP", { string: "x" }, "NOT_ALLOWED"],
];

export function fieldValue(json: JsonObject): CustomField_Value {
  return fromJson(CustomField_ValueSchema, json);
}
