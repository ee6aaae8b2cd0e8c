import type { Sent } from "./shape.js";

const companyId = "cmp_a";
const page = { companyId, pagination: { pageSize: 20, pageToken: "1" } };

/** Lists as clients ask for them, with the ids that they get. */
export const lists: readonly (readonly [what: string, sent: Sent, rows: string, ids: readonly string[]])[] = [
  ["leads, businessIds", { to: "leads:list", body: { ...page, businessIds: ["biz_a2"] } }, "leads", ["lcus_a2"]],
  ["leads, no businessIds", { to: "leads:list", body: { ...page, businessIds: [] } }, "leads", leadIds()],
  ["leads, a businessId", { to: "leads:list", body: { ...page, business_ids: "biz_a2" } }, "leads", ["lcus_a2"]],
  [
    "leads, businessIds beside a filter",
    { to: "leads:list", body: { ...page, businessIds: ["biz_a2"], filter: { lifeCycleId: "lc_a2" } } },
    "leads",
    [],
  ],
  [
    "leads, businessIds that differ from the filter",
    { to: "leads:list", body: { ...page, businessIds: ["biz_a2"], filter: { preferredBusinessIds: ["biz_a1"] } } },
    "leads",
    [],
  ],
  [
    "customers, filter.ids",
    { to: "customers:list", body: { ...page, filter: { ids: ["cus_a1", "cus_c1", "cus_a9"] } } },
    "customers",
    ["cus_a1"],
  ],
  [
    "customers, filter.ids as text",
    { to: "customers:list", body: { ...page, filter: { ids: "cus_a1, cus_a2" } } },
    "customers",
    ["cus_a2", "cus_a1"],
  ],
  ["staffs", { to: "staffs:list", body: page }, "staffs", ["staff_a2", "staff_a1", "staff_a9"]],
  [
    "staffs, includeDeleted",
    { to: "staffs:list", body: { ...page, includeDeleted: true } },
    "staffs",
    ["staff_a2", "staff_a1", "staff_a9"],
  ],
  [
    "staffs, not includeDeleted",
    { to: "staffs:list", body: { ...page, includeDeleted: false } },
    "staffs",
    ["staff_a2", "staff_a1"],
  ],
  ...settingLists("pet/sizes", "petSizes", ["psz_a1", "psz_a2"]),
  ...settingLists("pet/types", "petTypes", ["pt_a2", "pt_a1"]),
  ...settingLists("pet/coat_types", "petCoatTypes", ["pct_a2", "pct_a1"]),
];

/** As the document of the settings lists asks for them, and page by page. */
function settingLists(list: string, rows: string, [first = "", second = ""]: readonly string[]): typeof lists {
  const to = `setting/companies/${companyId}/${list}:list`;
  return [
    [`${rows}, pagination`, { to, body: page }, rows, [first, second]],
    [`${rows}, a page`, { to, body: { pagination: { pageSize: 1 } } }, rows, [first]],
    [`${rows}, a page by number`, { to, body: { pagination: { pageSize: 1, pageToken: "2" } } }, rows, [second]],
  ];
}

function leadIds() {
  return ["lcus_both", "lcus_a3", "lcus_a2", "lcus_a1"];
}
