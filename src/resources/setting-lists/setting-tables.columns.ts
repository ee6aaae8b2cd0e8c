import type { CompanyLimitName } from "../../core/company-limits.js";
import type { Changed } from "../../db/audit-log.js";
import { countedBy } from "../../db/growth.js";
import { Prisma } from "../../gen/prisma/client.js";
import type { ReferralSource } from "../customers/customer.model.js";
import type { ActionStatus, LifeCycle } from "../leads/lead-history.model.js";
import { exactWeight, type PetCode, type Weight, weightUnits } from "../pets/pet.model.js";
import type {
  ActionStatusContent,
  LifeCycleContent,
  NameContent,
  NamedEntry,
  PetCodeContent,
  PetSize,
  PetSizeContent,
  TagContent,
} from "./setting.model.js";
import type { SettingRow, SettingTable } from "./setting-list.repository.js";
import { type Tag, tagKey } from "./tag.model.js";

interface NamedRow extends SettingRow {
  readonly name: string;
}

interface TagRow extends NamedRow {
  readonly group_name: string;
}

interface LifeCycleRow extends NamedRow {
  readonly is_default: boolean;
}

interface ActionStatusRow extends NamedRow {
  readonly color: string;
}

interface PetCodeRow extends SettingRow {
  readonly abbreviation: string;
  readonly description: string;
  readonly color: string;
}

interface PetSizeRow extends NamedRow {
  readonly weight_low: bigint | string | null;
  readonly weight_unit: number;
  readonly weight_high: bigint | string | null;
  /** Null means `weight_unit`. */
  readonly weight_high_unit: number | null;
  readonly exact_weight_low: string | null;
  readonly exact_weight_high: string | null;
}

export const tagTable: SettingTable<TagRow, Tag, TagContent> = {
  kind: "tag",
  resource: "Tag",
  measures: [...countedBy("MAX_TAGS"), { limit: "MAX_TAG_GROUPS", amount: "count(DISTINCT nullif(group_name, ''))" }],
  unique: { tag_name_key: "name" },
  nameColumn: "name",
  columns: ({ name, group }) => ({ name, name_key: tagKey(name), group_name: group }),
  namesake: ({ name }) => ({ field: "name", where: Prisma.sql`name_key = ${tagKey(name)}` }),
  toEntry: (row) => ({
    ...toNamed(row),
    group: row.group_name,
    lastUpdatedBy: row.last_updated_by,
    lastUpdatedTime: row.last_updated_time,
  }),
};

export const referralSourceTable: SettingTable<NamedRow, ReferralSource, NameContent> = namesOf(
  "referral_source",
  "ReferralSource",
  "MAX_REFERRAL_SOURCES",
);
export const petTypeTable = namesOf("pet_type", "PetType", "MAX_PET_TYPES");
export const petCoatTypeTable = namesOf("pet_coat_type", "PetCoatType", "MAX_PET_COAT_TYPES");
export const vipLevelTable = namesOf("vip_level", "VipLevel", "MAX_VIP_LEVELS");

/** The first stage of a company becomes the default, unless it must not. */
export const lifeCycleTable: SettingTable<LifeCycleRow, LifeCycle, LifeCycleContent> = {
  kind: "life_cycle",
  resource: "LifeCycle",
  measures: countedBy("MAX_LIFE_CYCLES"),
  nameColumn: "name",
  columns: ({ name }) => ({ name }),
  created: (companyId, _, { mayBeDefault = true }) => ({
    is_default: mayBeDefault
      ? Prisma.sql`NOT EXISTS (SELECT 1 FROM life_cycle WHERE company_id = ${companyId} AND is_default)`
      : false,
  }),
  toEntry: (row) => ({ ...toNamed(row), isDefault: row.is_default }),
};

export const actionStatusTable: SettingTable<ActionStatusRow, ActionStatus, ActionStatusContent> = {
  kind: "action_status",
  resource: "ActionStatus",
  measures: countedBy("MAX_ACTION_STATUSES"),
  nameColumn: "name",
  columns: ({ name, color }) => ({ name, color }),
  toEntry: (row) => ({ ...toNamed(row), color: row.color }),
};

export const petCodeTable: SettingTable<PetCodeRow, PetCode, PetCodeContent> = {
  kind: "pet_code",
  resource: "PetCode",
  measures: countedBy("MAX_PET_CODES"),
  nameColumn: "abbreviation",
  columns: ({ abbreviation, description, color }) => ({ abbreviation, description, color }),
  toEntry: ({ id, abbreviation, description, color, archived_time: archivedTime }) => ({
    ...{ id, abbreviation, description, color },
    archived: archivedTime !== null,
  }),
};

export const petSizeTable: SettingTable<PetSizeRow, PetSize, PetSizeContent> = {
  kind: "pet_size",
  resource: "PetSize",
  measures: countedBy("MAX_PET_SIZES"),
  nameColumn: "name",
  columns: ({ name, weightLow, weightHigh }) => ({
    name,
    weight_low: weightLow?.value ?? null,
    weight_unit: unitNumber(weightLow),
    weight_high: weightHigh?.value ?? null,
    weight_high_unit: unitNumber(weightHigh),
    exact_weight_low: weightLow?.exact ?? null,
    exact_weight_high: weightHigh?.exact ?? null,
  }),
  toEntry: ({ weight_low: low, weight_unit: unit, weight_high: high, weight_high_unit: highUnit, ...row }) => ({
    ...toNamed(row),
    ...(low === null ? {} : { weightLow: toWeight(low, unit, row.exact_weight_low) }),
    ...(high === null ? {} : { weightHigh: toWeight(high, highUnit ?? unit, row.exact_weight_high) }),
  }),
};

function namesOf(
  kind: Changed["kind"],
  resource: string,
  limit: CompanyLimitName,
): SettingTable<NamedRow, NamedEntry, NameContent> {
  const measures = countedBy(limit);
  return { kind, resource, measures, nameColumn: "name", columns: ({ name }) => ({ name }), toEntry: toNamed };
}

function toNamed({
  id,
  name,
  archived_time: archivedTime,
}: Pick<NamedRow, "id" | "name" | "archived_time">): NamedEntry {
  return { id, name, archived: archivedTime !== null };
}

function unitNumber(weight: Weight | undefined): number {
  return weightUnits.numberOf(weight?.unit ?? "KILOGRAM");
}

function toWeight(stored: bigint | string, unit: number, exact: string | null): Weight {
  const value = Number(stored);
  return { value, unit: weightUnits.wordOf(unit) ?? "KILOGRAM", ...exactWeight(value, exact) };
}
