import { fromJson, type MessageInitShape } from "@bufbuild/protobuf";
import { toTimestamp } from "../../api/google-types.js";
import { protoEnum } from "../../api/proto-enum.js";
import {
  CustomField_SourceSchema,
  CustomField_ValueSchema,
  type CustomFieldSchema,
} from "../../gen/proto/moego/business/setting/v1/custom_field_pb.js";
import { fieldAssociation, fieldType } from "./custom-field.input.js";
import { type CustomField, type FieldOption, type FieldValues, fieldSources, type Json } from "./custom-field.model.js";

const fieldSource = protoEnum(CustomField_SourceSchema, fieldSources);

export function toProtoCustomField(field: CustomField): MessageInitShape<typeof CustomFieldSchema> {
  const { defaultValue } = field;
  return {
    id: field.id,
    companyId: field.companyId,
    associationType: fieldAssociation.toProto(field.association),
    code: field.code,
    label: field.label,
    type: fieldType.toProto(field.type),
    isRequired: field.isRequired,
    ...(defaultValue ? { defaultValue: fromJson(CustomField_ValueSchema, cloneJson(defaultValue)) } : {}),
    // Read when the field is encoded, in the slice of its encoding.
    get options() {
      return field.options.map(toProtoOption);
    },
    source: fieldSource.toProto(field.source),
    displayOrder: field.displayOrder,
    helpText: field.helpText,
    createTime: toTimestamp(field.createdTime),
    updateTime: toTimestamp(field.lastUpdatedTime),
    archived: field.archived,
  };
}

function toProtoOption({ value, label, sortOrder }: FieldOption) {
  return { value: { value: { case: "string" as const, value } }, label, sortOrder };
}

type MutableJson = null | boolean | number | string | MutableJson[] | { [key: string]: MutableJson };

function isScalar(json: Json): json is null | boolean | number | string {
  return typeof json !== "object" || json === null;
}

/** A mutable copy, as protobuf-es requires. */
export function cloneJson(json: Json): MutableJson {
  if (Array.isArray(json)) return json.map(cloneJson);
  if (typeof json === "object" && json !== null) {
    return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, cloneJson(value)]));
  }
  return isScalar(json) ? json : null;
}

/** The values as messages, by code. */
export function toFieldMessages(values: FieldValues) {
  return Object.fromEntries(
    Object.entries(values).map(([code, value]) => [code, fromJson(CustomField_ValueSchema, cloneJson(value))]),
  );
}

/** The values as a `google.protobuf.Struct`, each in proto JSON. */
export function toStruct(values: FieldValues): { [key: string]: MutableJson } {
  return Object.fromEntries(Object.entries(values).map(([code, value]) => [code, cloneJson(value)]));
}
