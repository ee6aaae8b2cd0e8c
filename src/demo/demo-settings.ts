import {
  type FieldAssociation,
  type FieldType,
  fieldAssociations,
  fieldTypes,
} from "../resources/custom-fields/custom-field.model.js";
import { weightUnits } from "../resources/pets/pet.model.js";
import { tagKey } from "../resources/setting-lists/tag.model.js";
import { demoCompanyIds, type Row } from "./demo-directory.js";

const { first, second } = demoCompanyIds;

const written = { last_updated_by: "staff_001", last_updated_time: "2023-01-01T09:00:00Z" };

/** tag_001 and tag_002 as shown in the MoeGo API reference, "Setting". */
export const tags: readonly Row[] = [
  tag(first, "tag_001", "VIP Customer", { group: "Loyalty", order: 1, by: "staff_001", at: "2023-01-01T10:00:00Z" }),
  tag(first, "tag_002", "First-time Customer", {
    group: "Loyalty",
    order: 2,
    by: "staff_002",
    at: "2023-01-02T10:00:00Z",
  }),
  tag(second, "tag_001", "Long Stay", { group: "", order: 1, by: "staff_001", at: "2023-03-01T10:00:00Z" }),
];

/** ref_001 and ref_002 in the order shown in the MoeGo API reference, "Setting". */
export const referralSources: readonly Row[] = [
  named(first, "ref_001", "Google Search", 1),
  named(first, "ref_002", "Social Media", 2),
  named(second, "ref_001", "Word of Mouth", 1),
];

/**
 * The life cycle stages of a pet business; a new lead starts in the first. lc_001 as shown in the MoeGo API reference,
 * "Lead".
 */
export const lifeCycles: readonly Row[] = [
  stage(first, "lc_002", "New", 1, true),
  stage(first, "lc_001", "Qualified", 2),
  stage(first, "lc_003", "Trial booked", 3),
  stage(first, "lc_004", "Lost", 4),
  stage(second, "lc_001", "New", 1, true),
];

/** as_001 as shown in the MoeGo API reference, "Lead". */
export const actionStatuses: readonly Row[] = [
  status(first, "as_002", "To call", 1, "#FFAA00"),
  status(first, "as_001", "Contacted", 2, "#00FF00"),
  status(first, "as_003", "Waiting for an answer", 3, "#3366FF"),
  status(second, "as_001", "To call", 1, "#FFAA00"),
];

export const petCodes: readonly Row[] = [
  code(first, "pc_001", "B", "Bites", 1, "#CC0000"),
  code(first, "pc_002", "N", "Nervous with other dogs", 2, "#FF9900"),
  code(first, "pc_003", "M", "Takes medication", 3, "#0066CC"),
];

export const petSizes: readonly Row[] = [
  size("size_s", "Small", 1, [0, 20]),
  size("size_m", "Medium", 2, [21, 50]),
  size("size_l", "Large", 3, [51, 200]),
];

export const petTypes: readonly Row[] = ["Dog", "Cat", "Rabbit"].map((name, index) =>
  named(first, `ptype_${index + 1}`, name, index + 1),
);

export const petCoatTypes: readonly Row[] = ["Short", "Long", "Curly", "Wire"].map((name, index) =>
  named(first, `coat_${index + 1}`, name, index + 1),
);

/** Fields of every type for customers and for leads. Four have the codes shown in the MoeGo API reference, "Lead". */
export const customFields: readonly Row[] = [
  field("CUSTOMER", "cf_001", "field_preferred_time", "Preferred time of day", "SELECT", 1, [
    "Morning",
    "Afternoon",
    "Evening",
  ]),
  field("CUSTOMER", "cf_002", "field_interests", "Interested in", "MULTI_SELECT", 2, [
    "Grooming",
    "Boarding",
    "Daycare",
  ]),
  field("CUSTOMER", "cf_003", "field_birthday", "Birthday", "DATE", 3),
  field("CUSTOMER", "cf_004", "field_household_pets", "Pets in the household", "NUMBER", 4),
  field("CUSTOMER", "cf_005", "field_newsletter", "Reads the newsletter", "BOOLEAN", 5),
  field("CUSTOMER", "cf_006", "field_monthly_budget", "Monthly budget", "MONEY", 6),
  field("CUSTOMER", "cf_007", "field_parking", "Where to park", "SHORT_TEXT", 7),
  field("CUSTOMER", "cf_008", "field_house_rules", "House rules", "LONG_TEXT", 8),
  field("CUSTOMER", "cf_009", "field_recommended_by", "Recommended by", "RELATION", 9),
  field("CUSTOMER", "cf_010", "field_call_after", "Call after", "TIME", 10),
  field("CUSTOMER", "cf_011", "field_last_survey", "Last survey", "DATETIME", 11),
  field("CUSTOMER", "cf_012", "group_household", "Household", "GROUP", 12),
  field("LEAD", "cf_101", "field_lead_source_detail", "Source in detail", "SHORT_TEXT", 1),
  field("LEAD", "cf_102", "field_estimated_budget", "Estimated budget", "MONEY", 2),
  field("LEAD", "cf_103", "field_interested_services", "Interested in", "MULTI_SELECT", 3, [
    "Grooming",
    "Boarding",
    "Training",
  ]),
  field("LEAD", "cf_104", "field_follow_up_date", "Follow up on", "DATE", 4),
  field("LEAD", "cf_105", "field_first_talk", "First talk", "LONG_TEXT", 5),
  field("LEAD", "cf_106", "field_household_pets", "Pets in the household", "NUMBER", 6),
  field("LEAD", "cf_107", "field_newsletter", "Wants the newsletter", "BOOLEAN", 7),
  field("LEAD", "cf_108", "field_preferred_time", "Preferred time of day", "SELECT", 8, ["Morning", "Evening"]),
  field("LEAD", "cf_109", "field_recommended_by", "Recommended by", "RELATION", 9),
  field("LEAD", "cf_110", "field_call_after", "Call after", "TIME", 10),
  field("LEAD", "cf_111", "field_visit", "First visit", "DATETIME", 11),
  field("LEAD", "cf_112", "group_sales", "Sales", "GROUP", 12),
];

function stage(companyId: string, id: string, name: string, order: number, isDefault = false): Row {
  return { ...named(companyId, id, name, order), is_default: isDefault };
}

function status(companyId: string, id: string, name: string, order: number, color: string): Row {
  return { ...named(companyId, id, name, order), color };
}

function code(
  companyId: string,
  id: string,
  abbreviation: string,
  description: string,
  order: number,
  color: string,
): Row {
  return { company_id: companyId, id, abbreviation, description, color, display_order: order, ...written };
}

/** Weights in pounds. */
function size(id: string, name: string, order: number, [low, high]: readonly [number, number]): Row {
  return {
    ...named(first, id, name, order),
    weight_low: low,
    weight_high: high,
    weight_unit: weightUnits.numberOf("POUND"),
  };
}

function tag(
  companyId: string,
  id: string,
  name: string,
  {
    group,
    order,
    ...edit
  }: { readonly group: string; readonly order: number; readonly by: string; readonly at: string },
): Row {
  return {
    ...{ company_id: companyId, id, name, name_key: tagKey(name), group_name: group, display_order: order },
    ...{ last_updated_by: edit.by, last_updated_time: edit.at },
  };
}

function named(companyId: string, id: string, name: string, order: number): Row {
  return { company_id: companyId, id, name, display_order: order, ...written };
}

function field(
  association: FieldAssociation,
  id: string,
  code: string,
  label: string,
  type: FieldType,
  order: number,
  options: readonly string[] = [],
): Row {
  return {
    company_id: first,
    id,
    association_type: fieldAssociations.numberOf(association),
    code,
    label,
    type: fieldTypes.numberOf(type),
    options: options.map((text, index) => ({ value: { string: text }, label: text, sortOrder: index + 1 })),
    display_order: order,
    created_time: "2023-01-01T09:00:00Z",
    last_updated_time: "2023-01-01T09:00:00Z",
  };
}
