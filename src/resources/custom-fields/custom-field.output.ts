import { fromJson, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  CustomField_AssociationType,
  CustomField_Source,
  CustomField_Type,
  CustomField_ValueSchema,
  type CustomFieldSchema,
} from "../../gen/proto/moego/business/setting/v1/custom_field_pb.js";
import type { CustomField } from "./custom-field.model.js";
import { cloneJson } from "./custom-field-values.output.js";

export function toProtoCustomField(field: CustomField): MessageInitShape<typeof CustomFieldSchema> {
  const { defaultValue } = field;
  return {
    id: field.id,
    companyId: field.companyId,
    associationType: CustomField_AssociationType[field.association],
    code: field.code,
    label: field.label,
    type: CustomField_Type[field.type],
    isRequired: field.isRequired,
    ...(defaultValue ? { defaultValue: fromJson(CustomField_ValueSchema, cloneJson(defaultValue)) } : {}),
    options: field.options.map(({ value, label, sortOrder }) => ({
      value: { value: { case: "string", value } },
      label,
      sortOrder,
    })),
    source: CustomField_Source[field.source],
    displayOrder: field.displayOrder,
    helpText: field.helpText,
    createTime: timestampFromDate(field.createdTime),
    updateTime: timestampFromDate(field.lastUpdatedTime),
    archived: field.archived,
  };
}
