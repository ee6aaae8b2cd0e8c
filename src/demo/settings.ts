import { tagKey } from "../domain/tags.js";
import { demoCompanyIds } from "./directory.js";
import type { Row } from "./rows.js";

const { first, second } = demoCompanyIds;

/** tag_001 and tag_002 as document 000 prints them. */
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

/** ref_001 and ref_002 in the order in which document 000 prints them. */
export const referralSources: readonly Row[] = [
  source(first, "ref_001", "Google Search", 1),
  source(first, "ref_002", "Social Media", 2),
  source(second, "ref_001", "Word of Mouth", 1),
];

/** Numbers of moego.business.setting.v1.CustomField. */
const onCustomers = 1;
const types = { shortText: 1, number: 3, date: 4, boolean: 5, select: 6, multiSelect: 7, money: 9 } as const;

export const customFields: readonly Row[] = [
  field(first, "cf_001", "field_preferred_time", "Preferred time of day", types.select, 1, [
    "Morning",
    "Afternoon",
    "Evening",
  ]),
  field(first, "cf_002", "field_interests", "Interested in", types.multiSelect, 2, ["Grooming", "Boarding", "Daycare"]),
  field(first, "cf_003", "field_birthday", "Birthday", types.date, 3),
  field(first, "cf_004", "field_household_pets", "Pets in the household", types.number, 4),
  field(first, "cf_005", "field_newsletter", "Reads the newsletter", types.boolean, 5),
  field(first, "cf_006", "field_monthly_budget", "Monthly budget", types.money, 6),
  field(first, "cf_007", "field_parking", "Where to park", types.shortText, 7),
];

function tag(
  companyId: string,
  id: string,
  name: string,
  {
    group,
    order,
    by,
    at,
  }: { readonly group: string; readonly order: number; readonly by: string; readonly at: string },
): Row {
  return {
    company_id: companyId,
    id,
    name,
    name_key: tagKey(name),
    group_name: group,
    display_order: order,
    last_updated_by: by,
    last_updated_time: at,
  };
}

function source(companyId: string, id: string, name: string, order: number): Row {
  return {
    company_id: companyId,
    id,
    name,
    display_order: order,
    last_updated_by: "staff_001",
    last_updated_time: "2023-01-01T09:00:00Z",
  };
}

function field(
  companyId: string,
  id: string,
  code: string,
  label: string,
  type: number,
  order: number,
  options: readonly string[] = [],
): Row {
  return {
    company_id: companyId,
    id,
    association_type: onCustomers,
    code,
    label,
    type,
    options: options.map((text, index) => ({ value: { string: text }, label: text, sortOrder: index + 1 })),
    display_order: order,
    created_time: "2023-01-01T09:00:00Z",
    last_updated_time: "2023-01-01T09:00:00Z",
  };
}
