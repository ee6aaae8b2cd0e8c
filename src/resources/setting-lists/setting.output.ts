import { fromJson, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  CustomField_AssociationType,
  CustomField_Source,
  CustomField_Type,
  CustomField_ValueSchema,
  type CustomFieldSchema,
} from "../../gen/proto/moego/business/setting/v1/custom_field_pb.js";
import type { PetSizeSchema } from "../../gen/proto/moego/business/setting/v1/pet_pb.js";
import {
  ServiceItemType,
  type ServiceSchema,
  ServiceType,
} from "../../gen/proto/moego/business/setting/v1/service_pb.js";
import { Weight_Unit } from "../../gen/proto/moego/common/v1/weight_pb.js";
import type { CatalogService } from "../catalog/catalog.service.js";
import type { CustomField } from "../custom-fields/custom-field.model.js";
import { cloneJson } from "../customers/customer.output.js";
import type { PetSize } from "./setting.model.js";

export function toProtoPetSize({ weightLow, weightHigh, ...same }: PetSize): MessageInitShape<typeof PetSizeSchema> {
  return {
    ...same,
    ...(weightLow ? { weightLow: { value: weightLow.value, unit: Weight_Unit[weightLow.unit] } } : {}),
    ...(weightHigh ? { weightHigh: { value: weightHigh.value, unit: Weight_Unit[weightHigh.unit] } } : {}),
  };
}

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

export function toProtoService(service: CatalogService): MessageInitShape<typeof ServiceSchema> {
  return {
    id: service.id,
    name: service.name,
    serviceItemType: ServiceItemType[service.itemType],
    category: service.category,
    ...(service.price ? { price: service.price } : {}),
    serviceType: ServiceType[service.type],
    serviceTime: service.minutes,
    availableAllBusiness: service.atAllBusinesses,
    availableBusinessIds: [...service.businessIds],
    availableAllStaff: service.byAllStaff,
    availableStaffIds: [...service.staffIds],
    inactive: service.inactive,
  };
}
