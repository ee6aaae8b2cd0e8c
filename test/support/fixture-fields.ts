import type { Row } from "../../src/demo/demo-directory.js";

/** The custom fields of company A: one of each type, by the code that names it. */
export const fieldCodes = {
  SHORT_TEXT: "field_short",
  LONG_TEXT: "field_long",
  NUMBER: "field_number",
  DATE: "field_date",
  BOOLEAN: "field_boolean",
  SELECT: "field_select",
  MULTI_SELECT: "field_multi_select",
  RELATION: "field_relation",
  MONEY: "field_money",
  TIME: "field_time",
  DATETIME: "field_datetime",
  GROUP: "field_group",
} as const;

export type FieldTypeName = keyof typeof fieldCodes;

/** In the order of the contract's enum, which begins at 1. */
const typeNames = Object.keys(fieldCodes).filter((name): name is FieldTypeName => name in fieldCodes);
const onCustomers = 1;
const onLeads = 2;
const onPets = 1_000;

/**
 * Company A: every type for customers and for pets, an archived field and one of leads. Company B: a required field, a field with a default, and
 * one that has both.
 */
export const customFields: readonly Row[] = [
  ...typeNames.flatMap((type) => {
    const options = type === "SELECT" || type === "MULTI_SELECT" ? ["red", "green", "blue"].map(option) : [];
    const code = fieldCodes[type];
    const ofPets = { id: `cf_pet_${code.slice("field_".length)}`, association_type: onPets };
    return [field("cmp_a", code, type, { options }), field("cmp_a", code, type, { options, ...ofPets })];
  }),
  field("cmp_a", "field_archived", "SHORT_TEXT", { archived_time: "2024-01-01T00:00:00Z" }),
  field("cmp_a", "field_of_leads", "SHORT_TEXT", { association_type: onLeads }),
  field("cmp_b", "field_required", "SHORT_TEXT", { is_required: true }),
  field("cmp_b", "field_defaulted", "NUMBER", { default_value: { int64: "7" } }),
  field("cmp_b", "field_both", "BOOLEAN", { is_required: true, default_value: { bool: true } }),
];

function field(companyId: string, code: string, type: FieldTypeName, more: Row = {}): Row {
  return {
    ...{ company_id: companyId, id: `cf_${code.slice("field_".length)}`, association_type: onCustomers, code },
    ...{ label: code, type: typeNames.indexOf(type) + 1, is_required: false, default_value: null, options: [] },
    ...{ archived_time: null, created_time: "2023-01-01T00:00:00Z", last_updated_time: "2023-01-01T00:00:00Z" },
    ...more,
  };
}

function option(text: string) {
  return { value: { string: text }, label: text, sortOrder: 0 };
}
