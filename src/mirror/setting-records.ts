import { type DescMessage, type JsonObject, toJson } from "@bufbuild/protobuf";
import {
  CustomField_OptionSchema,
  CustomField_ValueSchema,
  CustomFieldSchema,
} from "../gen/proto/moego/business/setting/v1/custom_field_pb.js";
import { CustomerTagSchema, ReferralSourceSchema } from "../gen/proto/moego/business/setting/v1/customer_pb.js";
import { ActionStatusSchema, LifeCycleSchema } from "../gen/proto/moego/business/setting/v1/lead_pb.js";
import {
  PetCoatTypeSchema,
  PetCodeSchema,
  PetSizeSchema,
  PetTypeSchema,
} from "../gen/proto/moego/business/setting/v1/pet_pb.js";
import { ServiceSchema } from "../gen/proto/moego/business/setting/v1/service_pb.js";
import type { MirroredKind, MirroredRecord, MirroredRow } from "../resources/mirrors/mirror.model.js";
import { weightUnits } from "../resources/pets/pet.model.js";
import { tagKey } from "../resources/setting-lists/tag.model.js";
import { type Reading, type SourceRecord, storable, timeColumn, without } from "./mirror-context.js";
import { readMessage } from "./readable.js";

/** A list of settings of the published API. */
export interface SettingSource {
  readonly kind: MirroredKind;
  /** After `/v1/setting/companies/{company_id}`. */
  readonly path: string;
  readonly member: string;
  readonly isPaged: boolean;
  /** Columns of an entry. */
  columns(json: SourceRecord, reading: Reading): MirroredRow;
}

const named = (schema: typeof ReferralSourceSchema | typeof PetTypeSchema | typeof PetCoatTypeSchema) =>
  columnsOf(schema, ({ name }) => ({ name }));

export const settingSources: readonly SettingSource[] = [
  {
    ...{ kind: "tag", path: "/customer/tags:list", member: "tags", isPaged: false },
    columns: columnsOf(
      CustomerTagSchema,
      ({ name, group, lastUpdatedBy, lastUpdatedTime }) => {
        const updated = timeColumn(lastUpdatedTime);
        return {
          ...{ name, name_key: tagKey(name), group_name: group, last_updated_by: lastUpdatedBy },
          ...(updated ? { last_updated_time: updated } : {}),
        };
      },
      ["group_name"],
    ),
  },
  {
    ...{ kind: "referral_source", path: "/customer/referral_sources:list", member: "referralSources", isPaged: false },
    columns: named(ReferralSourceSchema),
  },
  {
    ...{ kind: "life_cycle", path: "/leads/life_cycles", member: "lifeCycles", isPaged: false },
    columns: columnsOf(LifeCycleSchema, ({ name, isDefault }) => ({ name, is_default: isDefault })),
  },
  {
    ...{ kind: "action_status", path: "/leads/action_status", member: "actionStatuses", isPaged: false },
    columns: columnsOf(ActionStatusSchema, ({ name, color }) => ({ name, color })),
  },
  {
    ...{ kind: "pet_code", path: "/pet/codes:list", member: "codes", isPaged: false },
    columns: columnsOf(PetCodeSchema, ({ abbreviation, description, color }) => ({ abbreviation, description, color })),
  },
  {
    ...{ kind: "pet_size", path: "/pet/sizes:list", member: "petSizes", isPaged: false },
    columns: columnsOf(PetSizeSchema, ({ name, weightLow: low, weightHigh: high }) => ({
      ...{ name, weight_low: low?.value ?? null, weight_high: high?.value ?? null },
      ...{ weight_unit: unitOf(low), weight_high_unit: unitOf(high) },
      ...{ exact_weight_low: low?.exactValue || null, exact_weight_high: high?.exactValue || null },
    })),
  },
  { kind: "pet_type", path: "/pet/types:list", member: "petTypes", isPaged: false, columns: named(PetTypeSchema) },
  {
    ...{ kind: "pet_coat_type", path: "/pet/coat_types:list", member: "petCoatTypes", isPaged: false },
    columns: named(PetCoatTypeSchema),
  },
  {
    ...{ kind: "custom_field", path: "/custom_fields", member: "customFields", isPaged: false },
    columns: columnsOf(CustomFieldSchema, (field) => {
      const created = timeColumn(field.createTime);
      const updated = timeColumn(field.updateTime);
      return {
        ...{ association_type: field.associationType, code: field.code, label: field.label, type: field.type },
        ...{ is_required: field.isRequired, help_text: field.helpText, display_order: field.displayOrder },
        default_value: field.defaultValue
          ? toJson(CustomField_ValueSchema, field.defaultValue, { alwaysEmitImplicit: true })
          : null,
        options: field.options.map((option) =>
          optionOf(toJson(CustomField_OptionSchema, option, { alwaysEmitImplicit: true })),
        ),
        source: field.source || 1,
        ...(created ? { created_time: created } : {}),
        ...(updated ? { last_updated_time: updated } : {}),
      };
    }),
  },
  {
    ...{ kind: "service", path: "/services:list", member: "services", isPaged: true },
    columns: columnsOf(
      ServiceSchema,
      (service) => ({
        ...{ name: service.name, category: service.category, service_minutes: service.serviceTime },
        ...{
          service_item_type: service.serviceItemType,
          service_type: service.serviceType,
          inactive: service.inactive,
        },
        ...{ price_currency: service.price?.currencyCode ?? "", price_units: String(service.price?.units ?? 0n) },
        ...{ price_nanos: service.price?.nanos ?? 0, available_all_business: service.availableAllBusiness },
        ...{ available_business_ids: service.availableBusinessIds, available_staff_ids: service.availableStaffIds },
        available_all_staff: service.availableAllStaff,
      }),
      ["inactive"],
    ),
  },
];

/** @param own columns that only this software tells */
function columnsOf<Desc extends DescMessage>(
  schema: Desc,
  read: (message: ReturnType<typeof readMessage<Desc>>["message"]) => MirroredRow,
  own: readonly string[] = [],
) {
  return (json: SourceRecord, { isExtended, remark }: Reading): MirroredRow => {
    const { message, unreadable } = readMessage(schema, json);
    for (const name of unreadable) remark(`${name} cannot be read, and was left out`);
    const row = read(message);
    return storable(isExtended ? row : without(row, own), remark);
  };
}

function unitOf(weight: { readonly unit: number } | undefined): number {
  return weight && weightUnits.wordOf(weight.unit) ? weight.unit : weightUnits.numberOf("KILOGRAM");
}

/** An option as the column has it: the text of its value, its label and its place. */
function optionOf(json: unknown): JsonObject {
  if (typeof json !== "object" || json === null) return {};
  const { value, label, sortOrder } = { value: undefined, label: "", sortOrder: 0, ...json };
  const text = typeof value === "object" && value !== null && "string" in value ? String(value["string"]) : "";
  return { value: { string: text }, label: String(label), sortOrder: Number(sortOrder) };
}

interface Place {
  /** Among the listed entries. Absent for one that only a record names. */
  readonly position?: number;
  readonly isArchived?: boolean;
}

/** An entry of a list of settings. */
export function settingRecord(
  { kind, columns }: SettingSource,
  json: SourceRecord,
  reading: Reading,
  { position, isArchived }: Place,
): MirroredRecord {
  const row = columns(json, reading);
  const present = reading.now().toISOString();
  const isOrdered = position !== undefined && kind !== "custom_field" && kind !== "service";
  const hasArchive = kind !== "service";
  return {
    ...{ kind, id: typeof json["id"] === "string" ? json["id"] : "" },
    row: {
      ...row,
      ...(isOrdered ? { display_order: position + 1 } : {}),
      ...(hasArchive && isArchived !== undefined ? { archived_time: isArchived ? present : null } : {}),
    },
    inserted: {
      last_updated_time: present,
      ...(kind === "custom_field" ? { created_time: present } : {}),
      // A list of the published API has only what is in use.
      ...(hasArchive && isArchived === undefined ? { archived_time: present } : {}),
    },
    parts: {},
  };
}
