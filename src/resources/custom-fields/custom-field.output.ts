import { fromJson, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { protoEnum } from "../../api/proto-enum.js";
import {
  CustomField_SourceSchema,
  CustomField_ValueSchema,
  type CustomFieldSchema,
} from "../../gen/proto/moego/business/setting/v1/custom_field_pb.js";
import { fieldAssociation, fieldType } from "./custom-field.input.js";
import { type CustomField, fieldSources } from "./custom-field.model.js";
import { cloneJson } from "./custom-field-values.output.js";

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
    options: field.options.map(({ value, label, sortOrder }) => ({
      value: { value: { case: "string", value } },
      label,
      sortOrder,
    })),
    source: fieldSource.toProto(field.source),
    displayOrder: field.displayOrder,
    helpText: field.helpText,
    createTime: timestampFromDate(field.createdTime),
    updateTime: timestampFromDate(field.lastUpdatedTime),
    archived: field.archived,
  };
}
